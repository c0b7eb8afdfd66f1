import { defineResource, statusSubresource } from '../core/define.ts';
import { withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { formatAge } from '../duration.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { CertificateSigningRequest, CertificateSigningRequestSpec } from '../types.ts';
import { approvalOf, conditionsOf } from './conditions.ts';
import { validateRequestCreate, validateRequestUpdate, validateStatus } from './validation.ts';

/** Kubernetes: pkg/registry/certificates/certificates. Who asks, and the times of conditions, are filled in by the server. */
export const certificateSigningRequests = defineResource<CertificateSigningRequest>({
  group: 'certificates.k8s.io', resource: 'certificatesigningrequests', kind: 'CertificateSigningRequest', namespaced: false, shortNames: ['csr'],
  schema: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  subresources: [{ ...statusSubresource('CertificateSigningRequest'), name: 'approval' }, statusSubresource('CertificateSigningRequest')],
  resetFields: { '': [['spec'], ['status']], approval: [['spec'], ['status', 'certificate']], status: [['spec'], ['status', 'conditions']] },
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName },
  columns: [
    nameColumn,
    ageColumn,
    column('SignerName', 'string', 'Who is asked to sign.', ({ spec }) => spec.signerName || '<none>'),
    column('Requestor', 'string', 'Who asks.', ({ spec }) => spec.username ?? ''),
    column('RequestedDuration', 'string', 'How long the certificate is wanted.', ({ spec }) => (spec.expirationSeconds === undefined ? '<none>' : formatAge(spec.expirationSeconds * 1000))),
    column('Condition', 'string', 'What has become of the request.', conditionText),
  ],
  strategy: {
    defaults: (request) => request,
    prepareForCreate: (request) => ({ ...request, spec: withoutRequester(request.spec), status: {} }),
    prepareForUpdate: (next, old) => withStatusOf(withSpecOf(next, old), old),
    validateCreate: validateRequestCreate,
    validateUpdate: validateRequestUpdate,
    prepareForStatusUpdate: (next, old) => preserveConditions(preserveConditions(withSpecOf(next, old), old, 'Approved'), old, 'Denied'),
    validateStatusUpdate: validateStatus,
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** A write to the approval subresource: only conditions change. Kubernetes: csrApprovalStrategy. */
export function prepareForApproval(next: CertificateSigningRequest, old: CertificateSigningRequest): CertificateSigningRequest {
  const { conditions: _conditions, ...status } = old.status ?? {};
  const conditions = next.status?.conditions;
  return { ...withSpecOf(next, old), status: { ...status, ...(conditions && { conditions }) } };
}

function withoutRequester(spec: CertificateSigningRequestSpec): CertificateSigningRequestSpec {
  const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...rest } = spec;
  return rest;
}

/** Signers may not touch the verdict: as many conditions as before are those from before. Kubernetes: preserveConditionInstances. */
function preserveConditions(next: CertificateSigningRequest, old: CertificateSigningRequest, type: string): CertificateSigningRequest {
  const before = conditionsOf(old, type);
  if (before.length === 0 || before.length !== conditionsOf(next, type).length) return next;
  let index = 0;
  return { ...next, status: { ...next.status, conditions: next.status?.conditions?.map((condition) => (condition.type === type ? before[index++] ?? condition : condition)) ?? [] } };
}

/** Kubernetes: printers, extractCSRStatus. */
function conditionText(request: CertificateSigningRequest): string {
  const { approved, denied } = approvalOf(request);
  const verdict = denied ? 'Denied' : approved ? 'Approved' : 'Pending';
  return `${verdict}${conditionsOf(request, 'Failed').length > 0 ? ',Failed' : ''}${request.status?.certificate ? ',Issued' : ''}`;
}
