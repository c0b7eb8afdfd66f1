export { certificateNotAfterMs } from './certificate.ts';
export { parseCertificateRequest, type CertificateRequest } from './certificate-request.ts';
export { certificateSigningRequests, prepareForApproval } from './certificate-signing-request.ts';
export { approvalOf, withConditionTimes } from './conditions.ts';
export { kubeletClientProblem, kubeletServingProblem } from './kubelet-requests.ts';
export { signerNames } from './usages.ts';
export { validateApproval } from './validation.ts';
