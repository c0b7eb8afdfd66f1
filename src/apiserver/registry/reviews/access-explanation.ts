import type { SubjectAccessReviewSpec } from '../../../api/index.ts';
import { type AccessExplanation, explainAccess, type ExplainedGrant, type ExplanationSources, newUnauthorizedRequest } from '../../authorization/index.ts';
import type { AuthorizationAttributes, UserInfo } from '../../server.ts';
import type { RequestHandler } from '../registry.ts';
import { reviewedAttributes, subjectOf } from './access-review.ts';
import { specOf, withAnswer } from './answer.ts';

/** What who asks about others has to be allowed. */
const ASK_ABOUT_OTHERS: AuthorizationAttributes = { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' };

/** POST accessexplanations: why may they, or why not? Anybody may ask about themselves. */
export function accessExplanation(sources: ExplanationSources): RequestHandler {
  return (_deps, { user: asker }, body) => {
    const spec = specOf<Partial<SubjectAccessReviewSpec>>(body);
    const isOwn = !spec.user && (spec.groups ?? []).length === 0;
    if (!isOwn) {
      const decision = sources.authorize(asker, ASK_ABOUT_OTHERS);
      if (!decision.allowed) throw newUnauthorizedRequest(asker, ASK_ABOUT_OTHERS, decision.reason);
    }
    const user = isOwn ? asker : subjectOf(spec);
    const { attributes, error } = reviewedAttributes(spec);
    const explanation = explainAccess(sources, user, attributes);
    const { decision: { allowed, reason }, decidedBy, reasonCode, allowedBy, near, helpfulRoles } = explanation;
    return withAnswer(body, {
      allowed, ...(reason === '' ? {} : { reason }), ...(error === '' ? {} : { evaluationError: error }), ...(decidedBy === undefined ? {} : { decidedBy }),
      reasonCode, message: sentence(user, attributes, explanation),
      ...(allowedBy.length === 0 ? {} : { allowedBy }), ...(near.length === 0 ? {} : { near }), ...(helpfulRoles.length === 0 ? {} : { helpfulRoles }),
    });
  };
}

/** For beginners. */
function sentence({ name }: UserInfo, attributes: AuthorizationAttributes, { reasonCode, allowedBy: [first], near: [nearest], decision }: AccessExplanation): string {
  const what = describe(attributes);
  const who = JSON.stringify(name);
  switch (reasonCode) {
    case 'SuperUser':
      return `${who} may ${what}, because the group system:masters may do everything.`;
    case 'NodeAuthorizer':
      return `${who} may ${what}, because a kubelet may do so for its own node and pods.`;
    case 'RuleAllows':
      return first === undefined ? `${who} may ${what}.` : `${who} may ${what}, because ${bindingText(first)} gives ${first.subject.kind} ${JSON.stringify(first.subject.name)} the ${roleText(first)}.`;
    case 'NodeRefuses':
      return `${who} may not ${what}: ${decision.reason.split('\n')[0] ?? ''}.`;
    case 'RoleMissing':
      return `${who} may not ${what}: ${nearest === undefined ? 'a binding' : `${bindingText(nearest)} leads to the ${roleText(nearest)}, which`} does not exist.`;
    case 'Near':
      return `${who} may not ${what}: ${nearest === undefined ? '' : `the ${roleText(nearest)} comes near, but is ${DIFFERENCES[nearest.differs ?? ''] ?? 'for something else'}`}.`;
    case 'NoRule':
      return `${who} may not ${what}: no rule of the roles that are bound to ${who} here says so.`;
    case 'NoBinding':
      return `${who} may not ${what}: no role is bound to ${who} here, and what no role allows is forbidden.`;
  }
}

const DIFFERENCES: Readonly<Record<string, string>> = {
  OtherVerb: 'for other verbs', OtherNamespace: 'bound in another namespace', OtherGroup: 'for another API group', OtherResource: 'for other resources',
  OtherSubresource: 'for another part of the resource', OtherName: 'for other names',
};

function describe({ verb, group, resource, subresource, namespace, name, path }: AuthorizationAttributes): string {
  if (path !== undefined) return `${verb} ${path}`;
  const whole = `${resource ?? ''}${subresource === undefined ? '' : `/${subresource}`}${group === undefined || group === '' ? '' : `.${group}`}`;
  return `${verb} ${whole}${name === undefined ? '' : ` ${JSON.stringify(name)}`}${namespace === undefined ? ' in the whole cluster' : ` in the namespace ${JSON.stringify(namespace)}`}`;
}

function bindingText({ binding: { kind, name, namespace } }: ExplainedGrant): string {
  return `${kind} ${JSON.stringify(namespace === undefined ? name : `${namespace}/${name}`)}`;
}

function roleText({ role: { kind, name } }: ExplainedGrant): string {
  return `${kind} ${JSON.stringify(name)}`;
}
