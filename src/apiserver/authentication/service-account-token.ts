import { decodeBase64, decodeText } from '../../base/index.ts';
import { type KubernetesObject, parseTime, type Secret, type ServiceAccount } from '../../api/index.ts';
import type { Clock } from '../../world/index.ts';
import type { UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import type { NotAuthenticated, TokenAuthenticator, TokenVerdict } from './authenticator.ts';
import { sameText } from './same-text.ts';
import type { TokenClaims, TokenSigner } from './token-signer.ts';

/** What a claim says of an object. */
export interface ObjectClaim {
  readonly name: string;
  /** Absent: a node that was gone when the token was made. */
  readonly uid?: string;
}

/** What the claim kubernetes.io holds. */
export interface PrivateClaims {
  readonly namespace: string;
  readonly serviceaccount: ObjectClaim;
  readonly pod?: ObjectClaim;
  readonly secret?: ObjectClaim;
  readonly node?: ObjectClaim;
  /** Seconds since 1970. */
  readonly warnafter?: number;
}

/** The issuer of tokens in Secrets, which never end. Kubernetes: pkg/serviceaccount, LegacyIssuer. */
export const LEGACY_ISSUER = 'kubernetes/serviceaccount';
/** Set on a Secret whose token is to be used no more. */
const INVALID_SINCE_LABEL = 'kubernetes.io/legacy-token-invalid-since';

/** Where service account tokens are checked. */
export interface ServiceAccountSources {
  readonly signer: TokenSigner;
  readonly clock: Clock;
  readonly serviceAccounts: ResourceCache;
  readonly pods: ResourceCache;
  readonly secrets: ResourceCache;
  readonly nodes: ResourceCache;
  /** The API server's own audiences. */
  readonly audiences: readonly string[];
  /** Called with a Secret whose token has just been used. */
  readonly onLegacyUse: (secret: Secret) => void;
}

/** Verified tokens kept, so that a signature is checked once. */
const TOKENS_MAX = 1000;
/** What clocks may differ by. go-jose: jwt.DefaultLeeway. */
const LEEWAY_SECONDS = 60;
const INVALIDATED = 'service account token has been invalidated';

/** Gives the users of service account tokens, as long as account and bound object exist. Kubernetes: pkg/serviceaccount, jwtTokenAuthenticator. */
export class ServiceAccountAuthenticator implements TokenAuthenticator {
  private readonly sources: ServiceAccountSources;
  private readonly verified = new Map<string, { readonly claims: TokenClaims; user: UserInfo | undefined }>();

  constructor(sources: ServiceAccountSources) {
    this.sources = sources;
  }

  authenticate(token: string, audiences: readonly string[]): TokenVerdict {
    let known = this.verified.get(token);
    if (known === undefined) {
      const verdict = this.sources.signer.verify(token);
      if (verdict?.done !== true) return verdict;
      known = { claims: verdict.claims, user: undefined };
      if (this.verified.size >= TOKENS_MAX) this.verified.clear();
      this.verified.set(token, known);
    }
    const { claims } = known;
    const isLegacy = claims['iss'] === LEGACY_ISSUER;
    const given = claims['aud'] === undefined ? this.sources.audiences : Array.isArray(claims['aud']) ? claims['aud'].map(String) : [String(claims['aud'])];
    const shared = audiences.filter((audience) => given.includes(audience));
    if (shared.length === 0) return refuse(`token audiences ${goList(given)} is invalid for the target audiences ${goList(audiences)}`);
    const legacyNote = claims['aud'] === undefined ? { 'authentication.k8s.io/legacy-token': String(claims['sub'] ?? '') } : {};
    const found = isLegacy ? this.checkLegacy(token, claims) : this.check(claims);
    if ('done' in found) return found;
    const user = known.user ??= isLegacy ? legacyUser(claims) : userOf(claims);
    const annotations = { ...legacyNote, ...found.annotations };
    return { done: true, user, audiences: shared, ...(found.warning === undefined ? {} : { warning: found.warning }), ...(Object.keys(annotations).length === 0 ? {} : { annotations }) };
  }

  /** Kubernetes: validator.Validate. */
  private check(claims: TokenClaims): Notes | NotAuthenticated {
    const nowSeconds = Math.floor(this.sources.clock.nowMs() / 1000);
    const problem = timeProblem(claims, nowSeconds);
    if (problem !== undefined) return refuse(`service account token ${problem}`);
    const own = claims['kubernetes.io'];
    if (!isPrivateClaims(own)) return refuse(INVALIDATED);
    const { namespace, serviceaccount, pod, secret, node, warnafter } = own;
    const account = find(this.sources.serviceAccounts, namespace, serviceaccount.name);
    if (account === undefined) return refuse(`serviceaccounts ${JSON.stringify(serviceaccount.name)} not found`);
    if (account.metadata.uid !== serviceaccount.uid) return refuse(`service account UID (${account.metadata.uid}) does not match claim (${serviceaccount.uid ?? ''})`);
    if (isLongGone(account, nowSeconds)) return refuse(`service account ${namespace}/${serviceaccount.name} has been deleted`);
    const bound = (secret === undefined ? undefined : boundProblem(find(this.sources.secrets, namespace, secret.name), secret, 'secret', nowSeconds))
      ?? (pod === undefined ? undefined : boundProblem(find(this.sources.pods, namespace, pod.name), pod, 'pod', nowSeconds))
      ?? (node === undefined || pod !== undefined ? undefined : boundProblem(find(this.sources.nodes, '', node.name), node, 'node', nowSeconds));
    if (bound !== undefined) return bound;
    if (warnafter === undefined || warnafter === 0 || nowSeconds <= warnafter) return {};
    return { annotations: { 'authentication.k8s.io/stale-token': `subject: ${String(claims['sub'])}, seconds after warning threshold: ${nowSeconds - warnafter}` } };
  }

  /** Kubernetes: legacyValidator.Validate. */
  private checkLegacy(token: string, claims: TokenClaims): Notes | NotAuthenticated {
    const text = (key: string): string => (typeof claims[key] === 'string' ? claims[key] : '');
    const [namespace, secretName, accountName, uid] = ['namespace', 'secret.name', 'service-account.name', 'service-account.uid'].map((key) => text(`kubernetes.io/serviceaccount/${key}`)) as [string, string, string, string];
    if (text('sub') === '') return refuse('sub claim is missing');
    if (namespace === '') return refuse('namespace claim is missing');
    if (secretName === '') return refuse('secretName claim is missing');
    if (accountName === '') return refuse('serviceAccountName claim is missing');
    if (uid === '') return refuse('serviceAccountUID claim is missing');
    if (text('sub') !== `system:serviceaccount:${namespace}:${accountName}`) return refuse('sub claim is invalid');
    const secret = find(this.sources.secrets, namespace, secretName) as Secret | undefined;
    if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return refuse('Token has been invalidated');
    const stored = decodeBase64(secret.data?.['token'] ?? '');
    if (stored === undefined || !sameText(decodeText(stored), token)) return refuse('Token does not match server\'s copy');
    const account = find(this.sources.serviceAccounts, namespace, accountName) as ServiceAccount | undefined;
    if (account === undefined) return refuse(`serviceaccounts ${JSON.stringify(accountName)} not found`);
    if (account.metadata.deletionTimestamp !== undefined) return refuse(`ServiceAccount ${namespace}/${accountName} has been deleted`);
    if (account.metadata.uid !== uid) return refuse(`ServiceAccount UID (${account.metadata.uid}) does not match claim (${uid})`);
    this.sources.onLegacyUse(secret);
    if (secret.metadata.labels?.[INVALID_SINCE_LABEL]) {
      return {
        done: false, annotations: { 'authentication.k8s.io/legacy-token-invalidated': `${secretName}/${namespace}` },
        message: `the token in secret ${namespace}/${secretName} for service account ${namespace}/${accountName} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${INVALID_SINCE_LABEL}' label from the secret to temporarily allow use of this token`,
      };
    }
    if (account.secrets?.some(({ name }) => name === secretName) !== true) return { annotations: { 'authentication.k8s.io/legacy-token-manual-secret': secretName } };
    return {
      annotations: { 'authentication.k8s.io/legacy-token-autogenerated-secret': secretName },
      warning: 'Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.',
    };
  }
}

interface Notes {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly warning?: string;
}

function refuse(message: string): NotAuthenticated {
  return { done: false, message };
}

function find(cache: ResourceCache, namespace: string, name: string): KubernetesObject | undefined {
  return cache.objects.get(namespace, name)?.object;
}

/** Deleted a while ago; who has been deleted this minute may still say goodbye. */
function isLongGone({ metadata: { deletionTimestamp } }: KubernetesObject, nowSeconds: number): boolean {
  return deletionTimestamp !== undefined && parseTime(deletionTimestamp) / 1000 < nowSeconds - LEEWAY_SECONDS;
}

function boundProblem(object: KubernetesObject | undefined, { uid = '' }: ObjectClaim, kind: 'secret' | 'pod' | 'node', nowSeconds: number): NotAuthenticated | undefined {
  if (object === undefined) return refuse(INVALIDATED);
  if (object.metadata.uid !== uid) return refuse(`${kind} UID (${object.metadata.uid}) does not match service account ${kind} ref claim (${uid})`);
  return isLongGone(object, nowSeconds) ? refuse(INVALIDATED) : undefined;
}

/** go-jose: jwt.Claims.Validate. */
function timeProblem(claims: TokenClaims, nowSeconds: number): string | undefined {
  const { nbf, exp, iat } = claims;
  if (typeof nbf === 'number' && nowSeconds + LEEWAY_SECONDS < nbf) return 'is not valid yet';
  if (typeof exp === 'number' && nowSeconds - LEEWAY_SECONDS > exp) return 'has expired';
  return typeof iat === 'number' && nowSeconds + LEEWAY_SECONDS < iat ? 'is issued in the future' : undefined;
}

function isPrivateClaims(value: unknown): value is PrivateClaims {
  if (typeof value !== 'object' || value === null) return false;
  const { namespace, serviceaccount, pod, secret, node } = value as Partial<PrivateClaims>;
  return typeof namespace === 'string' && isObjectClaim(serviceaccount) && [pod, secret, node].every((claim) => claim === undefined || isObjectClaim(claim));
}

function isObjectClaim(value: unknown): value is ObjectClaim {
  if (typeof value !== 'object' || value === null) return false;
  const { name, uid } = value as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && (uid === undefined || typeof uid === 'string');
}

/** Kubernetes: serviceaccount.ServiceAccountInfo.UserInfo. */
function userOf(claims: TokenClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io'] as PrivateClaims;
  const extra: Record<string, readonly string[]> = {};
  if (typeof claims['jti'] === 'string' && claims['jti'] !== '') extra['authentication.kubernetes.io/credential-id'] = [`JTI=${claims['jti']}`];
  if (node !== undefined) {
    extra['authentication.kubernetes.io/node-name'] = [node.name];
    if (node.uid) extra['authentication.kubernetes.io/node-uid'] = [node.uid];
  }
  if (pod?.uid) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name];
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid];
  }
  return { ...accountUser(namespace, serviceaccount.name, serviceaccount.uid ?? ''), ...(Object.keys(extra).length === 0 ? {} : { extra }) };
}

function legacyUser(claims: TokenClaims): UserInfo {
  const text = (key: string) => String(claims[`kubernetes.io/serviceaccount/${key}`]);
  return accountUser(text('namespace'), text('service-account.name'), text('service-account.uid'));
}

function accountUser(namespace: string, name: string, uid: string): UserInfo {
  return { name: `system:serviceaccount:${namespace}:${name}`, uid, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'] };
}

/** A list as Go's %q prints it. */
function goList(items: readonly string[]): string {
  return `[${items.map((item) => JSON.stringify(item)).join(' ')}]`;
}
