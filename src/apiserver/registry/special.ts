import type { ExplanationSources, RbacAuthorizer } from '../authorization/index.ts';
import { newUnknownResource } from '../errors.ts';
import type { Call, RegistryDeps } from './call.ts';
import { type AskComponents, componentStatusesOf } from './component-statuses.ts';
import type { ComputedResource } from './computed.ts';
import type { Endpoint } from './endpoint.ts';
import type { RequestHandler, SpecialHandlers, SubresourceHandler } from './registry.ts';
import { accessExplanation } from './reviews/access-explanation.ts';
import { type Authorize, selfSubjectAccessReview, subjectAccessReview } from './reviews/access-review.ts';
import { type Authenticate, selfSubjectReview, tokenReview } from './reviews/identity-review.ts';
import { selfSubjectRulesReview } from './reviews/rules-review.ts';
import { podBinding } from './subresources/binding.ts';
import { certificateApproval, certificateStatus } from './subresources/certificate-signing-request.ts';
import { podEphemeralContainers } from './subresources/ephemeral-containers.ts';
import type { DisruptionBudgetSources } from './subresources/disruption-budgets.ts';
import { podEviction } from './subresources/eviction.ts';
import { namespaceFinalize } from './subresources/finalize.ts';
import { podResize } from './subresources/resize.ts';
import { scale } from './subresources/scale.ts';
import { serviceAccountToken, type TokenSources } from './subresources/token.ts';

export interface SpecialOptions {
  readonly authorize: Authorize;
  readonly authenticate: Authenticate;
  readonly audiences: readonly string[];
  readonly rbac: RbacAuthorizer;
  readonly explanations: ExplanationSources;
  readonly pods: Endpoint | undefined;
  /** undefined: service accounts get no tokens. */
  readonly tokens: TokenSources | undefined;
  readonly disruptionBudgets: DisruptionBudgetSources;
  readonly traces: ComputedResource;
  readonly askComponents: AskComponents;
}

/** Everything that is more than storing an object. */
export function specialHandlers(options: SpecialOptions): SpecialHandlers {
  const { authorize, authenticate, rbac, tokens, pods } = options;
  const subresources = new Map<string, SubresourceHandler>([
    ['pods./binding', podBinding],
    ['pods./ephemeralcontainers', podEphemeralContainers],
    ['pods./resize', podResize],
    ['pods./eviction', podEviction(options.disruptionBudgets)],
    ['namespaces./finalize', namespaceFinalize],
    ['certificatesigningrequests.certificates.k8s.io/approval', certificateApproval],
    ['certificatesigningrequests.certificates.k8s.io/status', certificateStatus],
    ['deployments.apps/scale', scale],
    ['replicasets.apps/scale', scale],
    ['statefulsets.apps/scale', scale],
    ['replicationcontrollers./scale', scale],
  ]);
  if (tokens !== undefined) subresources.set('serviceaccounts./token', serviceAccountToken(tokens));
  const requests = new Map<string, RequestHandler>([
    ['selfsubjectaccessreviews.authorization.k8s.io', selfSubjectAccessReview(authorize)],
    ['subjectaccessreviews.authorization.k8s.io', subjectAccessReview(authorize)],
    ['localsubjectaccessreviews.authorization.k8s.io', subjectAccessReview(authorize)],
    ['selfsubjectrulesreviews.authorization.k8s.io', selfSubjectRulesReview(rbac)],
    ['selfsubjectreviews.authentication.k8s.io', selfSubjectReview],
    ['tokenreviews.authentication.k8s.io', tokenReview(authenticate, options.audiences)],
    ['accessexplanations.lab.drydock.dev', accessExplanation(options.explanations)],
    ['bindings.', bindingOf(pods)],
  ]);
  return { subresources, requests, computed: new Map([['requesttraces.lab.drydock.dev', options.traces], ['componentstatuses.', componentStatusesOf(options.askComponents)]]) };
}

/** POST bindings is the old form of POST pods/…/binding. */
function bindingOf(pods: Endpoint | undefined): RequestHandler {
  return (deps: RegistryDeps, call: Call, body) => {
    if (pods === undefined || podBinding.create === undefined) throw newUnknownResource();
    return podBinding.create(deps, { ...call, endpoint: pods, request: { ...call.request, subresource: 'binding' } }, body.metadata.name);
  };
}
