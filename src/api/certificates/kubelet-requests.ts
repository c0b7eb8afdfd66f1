import type { CertificateRequest } from './certificate-request.ts';

type Problem = string | undefined;

/** Why a request is not one for a kubelet's client certificate. Kubernetes: pkg/apis/certificates, ValidateKubeletClientCSR. */
export function kubeletClientProblem(request: CertificateRequest, usages: readonly string[]): Problem {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes';
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed';
  if (!request.commonName.startsWith('system:node:')) return 'subject common name does not begin with system:node:';
  return usagesProblem(usages, 'client auth');
}

/** Why a request is not one for a kubelet's serving certificate. Kubernetes: pkg/apis/certificates, ValidateKubeletServingCSR. */
export function kubeletServingProblem(request: CertificateRequest, usages: readonly string[]): Problem {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes';
  if (request.dnsNames.length === 0 && request.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required';
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed';
  const problem = usagesProblem(usages, 'server auth');
  if (problem !== undefined) return problem;
  return request.commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:';
}

function isOfNodes({ organization }: CertificateRequest): boolean {
  return organization.length === 1 && organization[0] === 'system:nodes';
}

/** Keys that are not RSA need no key encipherment. */
function usagesProblem(usages: readonly string[], purpose: string): Problem {
  const named = new Set(usages);
  const needed = named.has('digital signature') && named.has(purpose);
  if (needed && named.size === (named.has('key encipherment') ? 3 : 2)) return undefined;
  return `usages did not match [${['digital signature', 'key encipherment', purpose].sort().join(' ')}]`;
}
