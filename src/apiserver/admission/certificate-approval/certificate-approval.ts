import type { CertificateSigningRequest } from '../../../api/index.ts';
import { mayUseSigner } from '../../authorization/index.ts';
import { newForbidden } from '../../errors.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../../server.ts';
import type { AdmissionPlugin } from '../chain.ts';

/** Only who may approve for a signer says yes or no to its requests. Kubernetes: plugin/pkg/admission/certificates/approval. */
export function certificateApprovalPlugin(authorize: (user: UserInfo, attributes: AuthorizationAttributes) => AuthorizationDecision): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    handles: ({ group, resource }, operation, subresource) =>
      group === 'certificates.k8s.io' && resource === 'certificatesigningrequests' && operation === 'UPDATE' && subresource === 'approval',
    validate({ user, definition, name }, _object, old) {
      const { signerName } = (old as CertificateSigningRequest).spec; // the old one: nobody changes the signer on the way
      if (mayUseSigner(authorize, user, 'approve', signerName)) return;
      throw newForbidden(definition, name, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`);
    },
  };
}
