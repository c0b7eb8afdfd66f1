import { type CertificateSigningRequest, sameValue } from '../../../api/index.ts';
import { mayUseSigner } from '../../authorization/index.ts';
import { newForbidden } from '../../errors.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../../server.ts';
import type { AdmissionPlugin } from '../chain.ts';

/** Only who may sign for a signer writes the certificates of its requests. Kubernetes: plugin/pkg/admission/certificates/signing. */
export function certificateSigningPlugin(authorize: (user: UserInfo, attributes: AuthorizationAttributes) => AuthorizationDecision): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    handles: ({ group, resource }, operation, subresource) =>
      group === 'certificates.k8s.io' && resource === 'certificatesigningrequests' && operation === 'UPDATE' && subresource === 'status',
    validate({ user, definition, name }, object, old) {
      const next = (object as CertificateSigningRequest).status;
      const { status, spec: { signerName } } = old as CertificateSigningRequest;
      if ((next?.certificate ?? '') === (status?.certificate ?? '') && sameValue(next?.conditions, status?.conditions)) return;
      if (mayUseSigner(authorize, user, 'sign', signerName)) return;
      throw newForbidden(definition, name, `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`);
    },
  };
}
