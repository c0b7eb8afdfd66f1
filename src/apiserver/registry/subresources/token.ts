import {
  type AuthenticationV1TokenRequest, type BoundObjectReference, defaultTokenRequest, formatTime, invalid, type KubernetesObject, newInvalidError, type Pod, validateTokenRequest,
} from '../../../api/index.ts';
import type { ObjectClaim, PrivateClaims, TokenClaims, TokenSigner } from '../../authentication/index.ts';
import { newBadRequest, newConflict, newNotFound } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import { admitted, validated } from '../admit.ts';
import { bodyOfKind, checkNamespace } from '../body.ts';
import type { Call, RegistryDeps } from '../call.ts';
import type { SubresourceHandler } from '../registry.ts';
import { getNow, whenReadable } from '../read.ts';

/** What the projected volumes of pods ask for. Such tokens live on for a year, for clients that never read them again. Kubernetes: WarnOnlyBoundTokenExpirationPeriod. */
const POD_VOLUME_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;
const GROUP = 'authentication.k8s.io';
const KIND = 'TokenRequest';

/** What tokens are made from. */
export interface TokenSources {
  readonly signer: TokenSigner;
  readonly pods: ResourceCache;
  readonly secrets: ResourceCache;
  readonly nodes: ResourceCache;
  readonly audiences: readonly string[];
}

/** POST serviceaccounts/…/token. Kubernetes: pkg/registry/core/serviceaccount/storage, TokenREST. */
export function serviceAccountToken(sources: TokenSources): SubresourceHandler {
  return { create: (deps, call, name) => createToken(sources, deps, call, name) };
}

function createToken(sources: TokenSources, deps: RegistryDeps, call: Call, name: string): Promise<object> | object {
  const waiting = whenReadable(deps, call);
  return waiting === undefined ? newToken(sources, deps, call, name) : waiting.then(() => newToken(sources, deps, call, name));
}

function newToken(sources: TokenSources, deps: RegistryDeps, call: Call, name: string): object {
  const body = defaultTokenRequest(bodyOfKind<AuthenticationV1TokenRequest>(call, 'io.k8s.api.authentication.v1.TokenRequest'));
  checkNamespace(call, body as KubernetesObject);
  const asked = admitted(deps, call, 'CREATE', name, body as KubernetesObject, undefined);
  const sign = (request: AuthenticationV1TokenRequest) => signedToken(sources, deps, call, name, request);
  return asked instanceof Promise ? asked.then((late) => sign(late as AuthenticationV1TokenRequest)) : sign(asked as AuthenticationV1TokenRequest);
}

function signedToken(sources: TokenSources, deps: RegistryDeps, call: Call, name: string, request: AuthenticationV1TokenRequest): object {
  const { metadata: given } = request;
  if (given?.name && given.name !== name) throw newInvalidError(GROUP, KIND, name, [invalid('metadata.name', given.name, 'must match the service account name if specified')]);
  const { uid } = getNow(call, name).metadata;
  if (given?.uid && given.uid !== uid) {
    throw newConflict({ group: GROUP, resource: KIND }, name, `the UID in the token request (${given.uid}) does not match the UID of the service account (${uid})`);
  }
  const errors = validateTokenRequest(request);
  if (errors.length > 0) throw newInvalidError(GROUP, KIND, '', errors);
  const audiences = (request.spec.audiences ?? []).length > 0 ? request.spec.audiences : sources.audiences;
  const nowMs = deps.clock.nowMs();
  const whole = { ...request, metadata: { ...given, name, namespace: call.namespace, uid, creationTimestamp: formatTime(nowMs) }, spec: { ...request.spec, audiences } };
  const waiting = validated(deps, call, 'CREATE', name, whole as KubernetesObject, undefined);
  const answer = () => tokenAnswer(sources, deps, call, whole, Math.floor(nowMs / 1000));
  return waiting === undefined ? answer() : waiting.then(answer);
}

type WholeRequest = AuthenticationV1TokenRequest & { readonly metadata: { readonly name: string; readonly uid: string } };

function tokenAnswer(sources: TokenSources, deps: RegistryDeps, call: Call, { metadata, spec }: WholeRequest, nowSeconds: number): object {
  const { name, uid } = metadata;
  const seconds = spec.expirationSeconds as number; // defaulted
  const { audiences } = spec;
  const bound = spec.boundObjectRef === undefined ? {} : boundClaims(sources, call.namespace, name, spec.boundObjectRef);
  const extended = seconds === POD_VOLUME_SECONDS && bound.pod !== undefined && audiences.every((audience) => sources.audiences.includes(audience));
  const own: PrivateClaims = { namespace: call.namespace, ...bound, serviceaccount: { name, uid }, ...(extended ? { warnafter: nowSeconds + seconds } : {}) };
  const jti = deps.random.uuid();
  const claims = {
    aud: audiences, exp: nowSeconds + (extended ? EXTENDED_SECONDS : seconds), iat: nowSeconds, iss: sources.signer.issuer, jti,
    'kubernetes.io': own, nbf: nowSeconds, sub: `system:serviceaccount:${call.namespace}:${name}`,
  };
  call.auditAnnotations?.set('authentication.kubernetes.io/issued-credential-id', `JTI=${jti}`);
  call.code = 201;
  return {
    kind: KIND, apiVersion: `${GROUP}/v1`, metadata,
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: signedStatus(sources.signer, claims, formatTime((nowSeconds + seconds) * 1000)),
  };
}

/** Signed at the first look: every pod gets a token, few ever read theirs, and the signature is most of what it costs. */
function signedStatus(signer: TokenSigner, claims: TokenClaims, expirationTimestamp: string) {
  let token: string | undefined;
  return {
    get token() {
      return token ??= signer.sign(claims);
    },
    expirationTimestamp,
  };
}

function boundClaims(sources: TokenSources, namespace: string, account: string, reference: BoundObjectReference): Pick<PrivateClaims, 'pod' | 'secret' | 'node'> {
  const { kind = '', name = '', uid = '' } = reference;
  const { group, version } = groupVersionOf(reference.apiVersion ?? '');
  const claimOf = ({ metadata }: KubernetesObject): ObjectClaim => {
    if (uid !== '' && uid !== metadata.uid) {
      throw newConflict({ group, resource: kind }, name, `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`);
    }
    return { name, uid: metadata.uid };
  };
  if (group === '' && kind === 'Pod') {
    const pod = find(sources.pods, namespace, 'pods', name) as Pod;
    if (pod.spec.serviceAccountName !== account) throw newBadRequest(`cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`);
    const { nodeName } = pod.spec;
    // Of a node that is gone the token still names where the pod was.
    const node = nodeName === undefined ? undefined : sources.nodes.objects.get('', nodeName)?.object.metadata ?? { name: nodeName, uid: undefined };
    return { ...(node === undefined ? {} : { node: { name: node.name, ...(node.uid === undefined ? {} : { uid: node.uid }) } }), pod: claimOf(pod) };
  }
  if (group === '' && kind === 'Node') return { node: claimOf(find(sources.nodes, '', 'nodes', name)) };
  if (group === '' && kind === 'Secret') return { secret: claimOf(find(sources.secrets, namespace, 'secrets', name)) };
  throw newBadRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
}

/** Kubernetes: schema.FromAPIVersionAndKind, for which what can't be read is nothing. */
function groupVersionOf(apiVersion: string): { readonly group: string; readonly version: string } {
  const parts = apiVersion.split('/');
  if (parts.length > 2 || apiVersion === '/') return { group: '', version: '' };
  return parts.length === 2 ? { group: parts[0] ?? '', version: parts[1] ?? '' } : { group: '', version: apiVersion };
}

function find(cache: ResourceCache, namespace: string, resource: string, name: string): KubernetesObject {
  const object = cache.objects.get(namespace, name)?.object;
  if (object === undefined) throw newNotFound({ group: '', resource }, name);
  return object;
}
