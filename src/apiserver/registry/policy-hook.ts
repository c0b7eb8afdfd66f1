import { type FieldError, forbidden, type KubernetesObject, newInvalidError, type ParamKind, type ParamRef, type ResourceDefinition } from '../../api/index.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import type { Call } from './call.ts';
import type { WriteHook } from './write-hooks.ts';

export interface PolicyHookSources {
  readonly authorize: (user: UserInfo, attributes: AuthorizationAttributes) => AuthorizationDecision;
  /** All that is served now. */
  readonly resources: () => readonly ResourceDefinition[];
}

type Policy = KubernetesObject & { readonly spec?: { readonly paramKind?: ParamKind } };
type Binding = KubernetesObject & { readonly spec?: { readonly policyName?: string; readonly paramRef?: ParamRef } };
type Check = (object: KubernetesObject, call: Call) => FieldError | undefined;

/** Nobody makes a policy read parameters that they may not read themselves. Kubernetes: pkg/registry/admissionregistration, authz.go of policies. */
export function policyHook(sources: PolicyHookSources): WriteHook {
  const check: Check = (object, call) => {
    const { paramKind } = (object as Policy).spec ?? {};
    if (paramKind === undefined) return undefined;
    const { group = '*', resource = '*' } = resolve(paramKind, sources) ?? groupVersionOf(paramKind) ?? {};
    if (sources.authorize(call.user, { verb: 'get', group, resource, namespace: '*', name: '*' }).allowed) return undefined;
    return forbidden('spec.paramKind', `user ${userText(call.user)} must have "get" permission on all objects of the referenced paramKind (kind=${paramKind.kind ?? ''}, apiVersion=${paramKind.apiVersion ?? ''})`);
  };
  return hookOf(check, (next, old) => sameParamKind((next as Policy).spec?.paramKind, (old as Policy).spec?.paramKind));
}

/** Nobody binds a policy to parameters that they may not read themselves. swapsWords: as upstream's text for mutating policies has it. */
export function policyBindingHook(sources: PolicyHookSources, policies: ResourceCache, swapsWords: boolean): WriteHook {
  const check: Check = (object, call) => {
    const { policyName = '', paramRef } = (object as Binding).spec ?? {};
    if (paramRef === undefined) return undefined;
    const policy = policies.objects.get('', policyName)?.object as Policy | undefined;
    const paramKind = policy?.spec?.paramKind;
    const resolved = paramKind && resolve(paramKind, sources);
    const { group = '*', resource = '*' } = resolved ?? (paramKind && groupVersionOf(paramKind)) ?? {};
    const { name = '', namespace = '' } = paramRef;
    const verb = name === '' ? 'list' : 'get';
    if (sources.authorize(call.user, { verb, group, resource, namespace, name }).allowed) return undefined;
    const user = userText(call.user);
    const everything = `to determine minimum required permissions and user ${user} does not have "${verb}" permission for all groups, versions and resources`;
    if (policy === undefined) return forbidden('spec.paramRef', `unable to get policy ${policyName} ${everything}`);
    if (paramKind !== undefined && resolved === undefined) {
      return forbidden('spec.paramRef', `unable to resolve paramKind &{${paramKind.apiVersion ?? ''} ${paramKind.kind ?? ''}} ${everything}`);
    }
    const [who, what] = swapsWords ? [verb, user] : [user, verb];
    return forbidden('spec.paramRef', `user ${who} does not have "${what}" permission on the object referenced by paramRef`);
  };
  return hookOf(check, () => false);
}

/** Looks only at what is valid otherwise, and never at members of system:masters. */
function hookOf(check: Check, isUnchanged: (next: KubernetesObject, old: KubernetesObject) => boolean): WriteHook {
  const refuseUnlessAllowed = (object: KubernetesObject, call: Call, errors: () => readonly FieldError[]) => {
    if (call.user.groups.includes('system:masters')) return;
    const error = check(object, call);
    if (error === undefined || errors().length > 0) return; // what is not valid, validation refuses
    throw newInvalidError(call.endpoint.definition.group, call.endpoint.definition.kind, object.metadata.name, [error]);
  };
  return {
    create(object, call) {
      refuseUnlessAllowed(object, call, () => call.endpoint.definition.strategy.validateCreate(object));
      return { object };
    },
    update(next, old, call) {
      if (!isUnchanged(next, old)) refuseUnlessAllowed(next, call, () => call.endpoint.definition.strategy.validateUpdate(next, old));
      return { object: next };
    },
  };
}

function sameParamKind(next: ParamKind | undefined, old: ParamKind | undefined): boolean {
  return next?.apiVersion === old?.apiVersion && next?.kind === old?.kind;
}

function groupVersionOf({ apiVersion = '' }: ParamKind): { readonly group: string; readonly version: string; readonly resource?: string } | undefined {
  const [version = '', group = '', ...more] = apiVersion.split('/').reverse();
  return more.length > 0 ? undefined : { group, version };
}

function resolve(paramKind: ParamKind, { resources }: PolicyHookSources): { readonly group: string; readonly resource: string } | undefined {
  const wanted = groupVersionOf(paramKind);
  return wanted && resources().find(({ group, version, kind }) => group === wanted.group && version === wanted.version && kind === paramKind.kind);
}

/** A user as Go prints the struct. */
function userText({ name, uid = '', groups, extra = {} }: UserInfo): string {
  const pairs = Object.keys(extra).sort().map((key) => `${key}:[${(extra[key] ?? []).join(' ')}]`);
  return `&{${name} ${uid} [${groups.join(' ')}] map[${pairs.join(' ')}]}`;
}
