import type { Pod } from '../../api/index.ts';
import type { Clock } from '../../world/index.ts';
import type { UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import type { TokenClaims, TokenSigner } from './token-signer.ts';

/** What the claim kubernetes.io holds. */
export interface PrivateClaims {
  readonly namespace: string;
  readonly serviceaccount: { readonly name: string; readonly uid: string };
  readonly pod?: { readonly name: string; readonly uid: string };
  readonly secret?: { readonly name: string; readonly uid: string };
  readonly node?: { readonly name: string; readonly uid: string };
  readonly warnafter?: number;
}

/** Verified tokens kept, so that a signature is checked once. */
const TOKENS_MAX = 1000;

/** Gives the users of service account tokens, as long as account and bound object exist. Kubernetes: pkg/serviceaccount, jwtTokenAuthenticator. */
export class ServiceAccountAuthenticator {
  private readonly signer: TokenSigner;
  private readonly clock: Clock;
  private readonly serviceAccounts: ResourceCache;
  private readonly pods: ResourceCache;
  private readonly audiences: readonly string[];
  private readonly verified = new Map<string, { readonly claims: TokenClaims; readonly user: UserInfo }>();

  constructor(signer: TokenSigner, clock: Clock, serviceAccounts: ResourceCache, pods: ResourceCache, audiences: readonly string[]) {
    this.signer = signer;
    this.clock = clock;
    this.serviceAccounts = serviceAccounts;
    this.pods = pods;
    this.audiences = audiences;
  }

  /** undefined where the token is not ours, has expired, or what it stands for is gone. */
  async authenticate(token: string, audiences: readonly string[] = this.audiences): Promise<UserInfo | undefined> {
    let known = this.verified.get(token);
    if (known === undefined) {
      const claims = await this.signer.verify(token);
      const user = claims === undefined ? undefined : userOf(claims);
      if (claims === undefined || user === undefined) return undefined;
      known = { claims, user };
      if (this.verified.size >= TOKENS_MAX) this.verified.clear();
      this.verified.set(token, known);
    }
    return this.isValid(known.claims, audiences) ? known.user : undefined;
  }

  private isValid(claims: TokenClaims, audiences: readonly string[]): boolean {
    const nowSeconds = this.clock.nowMs() / 1000;
    if (claims['iss'] !== this.signer.issuer || !(Number(claims['exp']) > nowSeconds) || Number(claims['nbf'] ?? 0) > nowSeconds + 1) return false;
    const given = claims['aud'] as readonly string[] | string;
    const list = Array.isArray(given) ? given : [given];
    if (!audiences.some((audience) => list.includes(audience))) return false;
    const { namespace, serviceaccount, pod } = claims['kubernetes.io'] as PrivateClaims;
    const account = this.serviceAccounts.objects.get(namespace, serviceaccount.name)?.object;
    if (account === undefined || account.metadata.uid !== serviceaccount.uid) return false;
    if (pod === undefined) return true;
    const bound = this.pods.objects.get(namespace, pod.name)?.object as Pod | undefined;
    return bound !== undefined && bound.metadata.uid === pod.uid;
  }
}

/** The claims say who it is; Kubernetes: serviceaccount.ServiceAccountInfo.UserInfo. */
function userOf(claims: TokenClaims): UserInfo | undefined {
  const own = claims['kubernetes.io'] as PrivateClaims | undefined;
  if (typeof own !== 'object' || own === null || typeof own.serviceaccount?.name !== 'string' || typeof own.namespace !== 'string') return undefined;
  const { namespace, serviceaccount, pod, node } = own;
  const name = `system:serviceaccount:${namespace}:${serviceaccount.name}`;
  if (claims['sub'] !== name) return undefined;
  const extra: Record<string, readonly string[]> = {};
  if (typeof claims['jti'] === 'string') extra['authentication.kubernetes.io/credential-id'] = [`JTI=${claims['jti']}`];
  if (node !== undefined) {
    extra['authentication.kubernetes.io/node-name'] = [node.name];
    extra['authentication.kubernetes.io/node-uid'] = [node.uid];
  }
  if (pod !== undefined) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name];
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid];
  }
  return { name, uid: serviceaccount.uid, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'], extra };
}
