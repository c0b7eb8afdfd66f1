import {
  type AuthenticationV1TokenRequest, type BoundObjectReference, defaultTokenRequest, formatTime, type KubernetesObject, newInvalidError, type Pod, validateTokenRequest,
} from '../../../api/index.ts';
import type { PrivateClaims, TokenClaims, TokenSigner } from '../../authentication/index.ts';
import { newBadRequest, newConflict, newNotFound } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import { admitted, validated } from '../admit.ts';
import { bodyOfKind } from '../body.ts';
import type { Call, RegistryDeps } from '../call.ts';
import type { SubresourceHandler } from '../registry.ts';
import { getNow, whenReadable } from '../read.ts';

/** What the projected volumes of pods ask for. Such tokens live on for a year, for clients that never read them again. Kubernetes: WarnOnlyBoundTokenExpirationPeriod. */
const POD_VOLUME_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

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
  const account = getNow(call, name);
  const body = defaultTokenRequest(bodyOfKind<AuthenticationV1TokenRequest>(call, 'io.k8s.api.authentication.v1.TokenRequest'));
  const asked = admitted(deps, call, 'CREATE', name, body as KubernetesObject, undefined);
  const sign = (request: AuthenticationV1TokenRequest) => signedToken(sources, deps, call, name, account.metadata.uid, request);
  return asked instanceof Promise ? asked.then((late) => sign(late as AuthenticationV1TokenRequest)) : sign(asked as AuthenticationV1TokenRequest);
}

function signedToken(sources: TokenSources, deps: RegistryDeps, call: Call, name: string, accountUid: string, request: AuthenticationV1TokenRequest): object {
  if (request.metadata?.name && request.metadata.name !== name) throw newBadRequest('name on the URL does not match name in TokenRequest object');
  const errors = validateTokenRequest(request);
  if (errors.length > 0) throw newInvalidError('authentication.k8s.io', 'TokenRequest', '', errors);
  const waiting = validated(deps, call, 'CREATE', name, request as KubernetesObject, undefined);
  const answer = () => tokenAnswer(sources, deps, call, name, accountUid, request);
  return waiting === undefined ? answer() : waiting.then(answer);
}

function tokenAnswer(sources: TokenSources, deps: RegistryDeps, call: Call, name: string, accountUid: string, { spec }: AuthenticationV1TokenRequest): object {
  const seconds = spec.expirationSeconds as number; // defaulted
  const audiences = (spec.audiences ?? []).length > 0 ? spec.audiences : sources.audiences;
  const bound = spec.boundObjectRef === undefined ? {} : boundClaims(sources, call.namespace, name, spec.boundObjectRef);
  const nowSeconds = Math.floor(deps.clock.nowMs() / 1000);
  const extended = seconds === POD_VOLUME_SECONDS && bound.pod !== undefined && audiences.some((audience) => sources.audiences.includes(audience));
  const own: PrivateClaims = {
    namespace: call.namespace, ...bound, serviceaccount: { name, uid: accountUid }, ...(extended ? { warnafter: nowSeconds + seconds } : {}),
  };
  const claims = {
    aud: audiences, exp: nowSeconds + (extended ? EXTENDED_SECONDS : seconds), iat: nowSeconds, iss: sources.signer.issuer, jti: deps.random.uuid(),
    'kubernetes.io': own, nbf: nowSeconds, sub: `system:serviceaccount:${call.namespace}:${name}`,
  };
  const expirationTimestamp = formatTime((nowSeconds + seconds) * 1000);
  const status = call.dryRun ? { token: '', expirationTimestamp } : signedStatus(sources.signer, claims, expirationTimestamp);
  call.code = 201;
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace: call.namespace, creationTimestamp: formatTime(nowSeconds * 1000) },
    spec: { audiences, expirationSeconds: seconds, ...(spec.boundObjectRef === undefined ? {} : { boundObjectRef: spec.boundObjectRef }) },
    status,
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
  const { kind, apiVersion, name = '', uid } = reference;
  if (kind === 'Pod' && apiVersion === 'v1') {
    const pod = find(sources.pods, namespace, 'pods', name, uid) as Pod;
    if (pod.spec.serviceAccountName !== account) throw newBadRequest(`cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`);
    const node = pod.spec.nodeName === undefined ? undefined : sources.nodes.objects.get('', pod.spec.nodeName)?.object;
    return {
      ...(node === undefined ? {} : { node: { name: node.metadata.name, uid: node.metadata.uid } }),
      pod: { name, uid: pod.metadata.uid },
    };
  }
  if (kind === 'Secret' && apiVersion === 'v1') return { secret: { name, uid: find(sources.secrets, namespace, 'secrets', name, uid).metadata.uid } };
  if (kind === 'Node' && apiVersion === 'v1') return { node: { name, uid: find(sources.nodes, '', 'nodes', name, uid).metadata.uid } };
  throw newBadRequest(`cannot bind token to object of type ${apiVersion ?? ''}, Kind=${kind ?? ''}`);
}

function find(cache: ResourceCache, namespace: string, resource: string, name: string, uid: string | undefined) {
  const object = cache.objects.get(namespace, name)?.object;
  if (object === undefined) throw newNotFound({ group: '', resource }, name);
  if (uid !== undefined && uid !== '' && uid !== object.metadata.uid) {
    throw newConflict({ group: '', resource }, name, `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`);
  }
  return object;
}
