import { type CertificateSigningRequest, parseCertificateRequest, signerNames } from '../../../api/index.ts';
import { newForbidden } from '../../errors.ts';
import type { AdmissionPlugin } from '../chain.ts';

/** Nobody becomes a member of system:masters by a certificate. Kubernetes: plugin/pkg/admission/certificates/subjectrestriction. */
export function certificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: 'CertificateSubjectRestriction',
    handles: ({ group, resource }, operation, subresource) =>
      group === 'certificates.k8s.io' && resource === 'certificatesigningrequests' && operation === 'CREATE' && subresource === undefined,
    validate({ definition, name }, object) {
      const { request, signerName } = (object as CertificateSigningRequest).spec;
      if (signerName !== signerNames.apiServerClient) return;
      const parsed = parseCertificateRequest(request);
      if ('problem' in parsed) throw newForbidden(definition, name, `failed to parse CSR: ${parsed.problem}`);
      if (!parsed.request.organization.includes('system:masters')) return;
      throw newForbidden(definition, name, `use of ${signerNames.apiServerClient} signer with system:masters group is not allowed`);
    },
  };
}
