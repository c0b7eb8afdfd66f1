import { dns1123LabelErrors, dns1123SubdomainErrors, type StatusError } from '../../api/index.ts';
import { newUnauthorizedRequest } from '../authorization/index.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../server.ts';

/** Whom a request is made as, and by which right. */
export interface Impersonated {
  readonly user: UserInfo;
  /** The verb that allowed it in a constrained mode, e.g. impersonate:user-info; undefined: impersonate alone. */
  readonly constraint: string | undefined;
}

type Authorize = (user: UserInfo, attributes: AuthorizationAttributes) => AuthorizationDecision;
type Outcome = Impersonated | StatusError | undefined;

const AUTHENTICATION = 'authentication.k8s.io';
const NODE_PREFIX = 'system:node:';
const NODE_NAME = 'authentication.kubernetes.io/node-name';
const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';
/** From here on all at once is asked first. Kubernetes: manyAuthorizationChecksInLoop. */
const MANY = 4;
/** Users whose last mode is remembered. Kubernetes: newModeIndexCache. */
const USERS_MAX = 10_000;

interface Mode {
  /** '' is the old way, where whoever may impersonate may do all that the other may. */
  readonly name: string;
  applies(wanted: UserInfo, requestor: UserInfo): boolean;
}

/** The most constrained first. Kubernetes: allImpersonationModes. */
const MODES: readonly Mode[] = [
  { name: 'associated-node', applies: (wanted, requestor) => onlyName(wanted) && isAssociatedNode(requestor, wanted.name) },
  { name: 'arbitrary-node', applies: (wanted) => onlyName(wanted) && nodeOf(wanted.name) !== undefined },
  { name: 'serviceaccount', applies: (wanted) => onlyName(wanted) && accountOf(wanted.name) !== undefined },
  { name: 'user-info', applies: (wanted) => nodeOf(wanted.name) === undefined && accountOf(wanted.name) === undefined },
  { name: '', applies: () => true },
];

/** Decides who may act as whom. Kubernetes: apiserver/pkg/endpoints/filters/impersonation, WithConstrainedImpersonation. */
export class Impersonator {
  private readonly authorize: Authorize;
  /** The mode that worked last, which is tried first, and whose refusal is told. */
  private readonly lastMode = new Map<string, Mode>();

  constructor(authorize: Authorize) {
    this.authorize = authorize;
  }

  /** wanted: as the request names it; attributes: what the request is about. Throws Forbidden. */
  impersonate(requestor: UserInfo, wanted: UserInfo, attributes: AuthorizationAttributes): Impersonated {
    const last = this.lastMode.get(requestor.name);
    let refusal: StatusError | undefined;
    for (const mode of last === undefined ? MODES : [last, ...MODES.filter((each) => each !== last)]) {
      const outcome = mode.applies(wanted, requestor) ? this.tryMode(mode, requestor, wanted, attributes) : undefined;
      if (outcome === undefined) continue;
      if (outcome instanceof Error) {
        refusal ??= outcome;
        continue;
      }
      if (mode !== last) {
        if (this.lastMode.size >= USERS_MAX) this.lastMode.clear();
        this.lastMode.set(requestor.name, mode);
      }
      return outcome;
    }
    throw refusal as StatusError; // the last mode applies to everybody
  }

  private tryMode(mode: Mode, requestor: UserInfo, wanted: UserInfo, attributes: AuthorizationAttributes): Outcome {
    const constrained = mode.name !== '';
    const verb = constrained ? `impersonate:${mode.name}` : 'impersonate';
    // Whoever is bound to a node by its token is asked for all nodes, whatever else its token says.
    const asker: UserInfo = mode.name === 'associated-node' ? { ...requestor, extra: { 'authentication.kubernetes.io/associated-node-keys': Object.keys(requestor.extra ?? {}).sort() } } : requestor;
    const check = (asked: AuthorizationAttributes): StatusError | undefined => {
      const decision = this.authorize(asker, asked);
      return decision.allowed ? undefined : newUnauthorizedRequest(asker, asked, decision.reason);
    };
    const on = constrained ? check({ ...attributes, verb: `impersonate-on:${mode.name}:${attributes.verb}` }) : undefined;
    if (on !== undefined) return on;
    const { name, asked, groups } = subjectOf(wanted, verb, mode.name);
    const refusal = check(asked)
      ?? (wanted.uid === undefined ? undefined : check({ verb, group: AUTHENTICATION, resource: 'uids', name: wanted.uid }))
      ?? checkGroups(wanted.groups, { verb, group: constrained ? AUTHENTICATION : '', resource: 'groups' }, constrained, asker, check)
      ?? checkExtra(wanted.extra ?? {}, { verb, group: AUTHENTICATION, resource: 'userextras' }, constrained, asker, check);
    if (refusal !== undefined) return refusal;
    return { user: { ...wanted, name, groups: withBasicGroup(name, groups) }, constraint: constrained ? verb : undefined };
  }
}

type Check = (asked: AuthorizationAttributes) => StatusError | undefined;

/** The right that naming this user takes, and the groups that come with the name. */
function subjectOf(wanted: UserInfo, verb: string, mode: string): { readonly name: string; readonly asked: AuthorizationAttributes; readonly groups: readonly string[] } {
  const { name, groups } = wanted;
  const group = mode === '' ? '' : AUTHENTICATION;
  const account = accountOf(name);
  if (account !== undefined) {
    const [namespace, accountName] = account;
    return { name, asked: { verb, group, resource: 'serviceaccounts', namespace, name: accountName }, groups: groups.length > 0 ? groups : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] };
  }
  const node = mode === '' ? undefined : nodeOf(name);
  if (node !== undefined) return { name, asked: { verb, group, resource: 'nodes', name: mode === 'associated-node' ? '*' : node }, groups: ['system:nodes'] };
  return { name, asked: { verb, group, resource: 'users', name }, groups };
}

function checkGroups(groups: readonly string[], asked: AuthorizationAttributes, constrained: boolean, asker: UserInfo, check: Check): StatusError | undefined {
  if (constrained && groups.includes('')) return newUnauthorizedRequest(asker, asked, 'impersonating the empty string group is not allowed');
  if (constrained && groups.includes('system:masters')) return newUnauthorizedRequest(asker, { ...asked, name: 'system:masters' }, 'impersonating the system:masters group is not allowed');
  if (constrained && groups.length >= MANY && check({ ...asked, name: '*' }) === undefined) return undefined;
  for (const name of groups) {
    const refusal = check({ ...asked, name });
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function checkExtra(extra: Readonly<Record<string, readonly string[]>>, asked: AuthorizationAttributes, constrained: boolean, asker: UserInfo, check: Check): StatusError | undefined {
  const entries = Object.entries(extra);
  if (constrained) {
    const problem = entries.map(([key, values]) => extraProblem(key, values)).find((each) => each !== undefined);
    if (problem !== undefined) return newUnauthorizedRequest(asker, asked, problem);
    const isLarge = entries.length >= MANY || entries.reduce((sum, [, values]) => sum + values.length, 0) >= MANY;
    if (isLarge && check({ ...asked, subresource: '*', name: '*' }) === undefined) return undefined;
  }
  for (const [subresource, values] of entries) {
    for (const name of values) {
      const refusal = check({ ...asked, subresource, name });
      if (refusal !== undefined) return refusal;
    }
  }
  return undefined;
}

/** Kubernetes: validateExtra. */
function extraProblem(key: string, values: readonly string[]): string | undefined {
  if (key === '') return 'impersonating the empty string key in extra is not allowed';
  const invalid = (value: string, why: string) => `extra.key: Invalid value: ${JSON.stringify(value)}: ${why}`;
  const wrongKey = (problems: readonly string[]) => `impersonating an invalid key in extra is not allowed: ${problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`}`;
  const [host = '', ...rest] = key.split('/');
  const path = rest.join('/');
  if (host === '' || path === '') return wrongKey([invalid(key, 'must be a domain-prefixed path (such as "acme.io/foo")')]);
  const problems = dns1123SubdomainErrors(host).map((why) => invalid(host, why));
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path)) problems.push(invalid(path, `Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`));
  if (problems.length > 0) return wrongKey(problems);
  if (key !== key.toLowerCase()) return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`;
  if (values.length === 0) return 'impersonating empty values in extra is not allowed';
  return values.includes('') ? 'impersonating the empty string value in extra is not allowed' : undefined;
}

function withBasicGroup(name: string, groups: readonly string[]): readonly string[] {
  const basic = name === 'system:anonymous' ? UNAUTHENTICATED : AUTHENTICATED;
  return groups.includes(basic) || groups.includes(UNAUTHENTICATED) ? groups : [...groups, basic];
}

function onlyName({ uid, groups, extra = {} }: UserInfo): boolean {
  return uid === undefined && groups.length === 0 && Object.keys(extra).length === 0;
}

function nodeOf(userName: string): string | undefined {
  const name = userName.startsWith(NODE_PREFIX) ? userName.slice(NODE_PREFIX.length) : '';
  return dns1123SubdomainErrors(name).length === 0 ? name : undefined;
}

function isAssociatedNode({ name, extra }: UserInfo, wanted: string): boolean {
  const node = nodeOf(wanted);
  const known = extra?.[NODE_NAME];
  return node !== undefined && accountOf(name) !== undefined && known?.length === 1 && known[0] === node;
}

/** Namespace and name of a service account's user. Kubernetes: serviceaccount.SplitUsername. */
function accountOf(userName: string): readonly [namespace: string, name: string] | undefined {
  const [system, kind, namespace, name, ...more] = userName.split(':');
  if (system !== 'system' || kind !== 'serviceaccount' || more.length > 0 || namespace === undefined || name === undefined) return undefined;
  return dns1123LabelErrors(namespace).length === 0 && dns1123SubdomainErrors(name).length === 0 ? [namespace, name] : undefined;
}
