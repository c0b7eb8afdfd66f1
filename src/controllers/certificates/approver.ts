import {
  approvalOf, type CertificateRequest, type CertificateSigningRequest, certificateSigningRequests, kubeletClientProblem, parseCertificateRequest,
  signerNames, type SubjectAccessReview, subjectAccessReviews,
} from '../../api/index.ts';
import type { ControllerContext, StartController } from '../shared/context.ts';
import { IgnorableError, startRequestController } from './request-controller.ts';

interface Recognizer {
  recognizes(request: CertificateSigningRequest, parsed: CertificateRequest): boolean;
  /** Who asks has to be allowed to create this subresource of certificatesigningrequests. */
  readonly permission: string;
  readonly message: string;
}

const recognizers: readonly Recognizer[] = [
  {
    recognizes: (request, parsed) => request.spec.username === parsed.commonName && isNodeClient(request, parsed),
    permission: 'selfnodeclient', message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  },
  { recognizes: isNodeClient, permission: 'nodeclient', message: 'Auto approving kubelet client certificate after SubjectAccessReview.' },
];

function isNodeClient({ spec }: CertificateSigningRequest, parsed: CertificateRequest): boolean {
  return spec.signerName === signerNames.apiServerClientKubelet && kubeletClientProblem(parsed, spec.usages ?? []) === undefined;
}

/** Approves the client certificates of kubelets, where who asks may have them. Kubernetes: pkg/controller/certificates/approver. */
export const startCertificateApprover: StartController = (context) => startRequestController(context, (request) => approve(context, request));

async function approve({ client }: ControllerContext, request: CertificateSigningRequest): Promise<void> {
  const { approved, denied } = approvalOf(request);
  if (approved || denied) return;
  const { name } = request.metadata;
  const parsed = parseCertificateRequest(request.spec.request);
  if ('problem' in parsed) throw new Error(`unable to parse csr ${JSON.stringify(name)}: ${parsed.problem}`);
  const tried: string[] = [];
  for (const { recognizes, permission, message } of recognizers) {
    if (!recognizes(request, parsed.request)) continue;
    tried.push(permission);
    if (!(await mayCreate(client, request, permission))) continue;
    const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message };
    const status = { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] };
    await client.resource(certificateSigningRequests).updateSubresource({ ...request, status }, 'approval');
    return;
  }
  if (tried.length > 0) throw new IgnorableError(`recognized csr ${JSON.stringify(name)} as [${tried.join(' ')}] but subject access review was not approved`);
}

async function mayCreate(client: ControllerContext['client'], { spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
  const { username = '', uid, groups, extra } = spec;
  const review = await client.resource(subjectAccessReviews).create({
    metadata: {},
    spec: {
      user: username, ...(uid === undefined ? {} : { uid }), ...(groups === undefined ? {} : { groups }), ...(extra === undefined ? {} : { extra }),
      resourceAttributes: { group: 'certificates.k8s.io', version: '*', resource: 'certificatesigningrequests', subresource, verb: 'create' },
    },
  });
  return (review as SubjectAccessReview).status?.allowed === true;
}
