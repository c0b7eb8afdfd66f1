import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../server.ts';

/** Whether the user may approve or sign for a signer, or for all of its domain. Kubernetes: pkg/registry/…/certificates/authorization, IsAuthorizedForSignerName. */
export function mayUseSigner(
  authorize: (user: UserInfo, attributes: AuthorizationAttributes) => AuthorizationDecision, user: UserInfo, verb: 'approve' | 'sign', signerName: string,
): boolean {
  const allowed = (name: string) => authorize(user, { verb, group: 'certificates.k8s.io', resource: 'signers', name }).allowed;
  return allowed(signerName) || allowed(`${signerName.split('/')[0] ?? ''}/*`);
}
