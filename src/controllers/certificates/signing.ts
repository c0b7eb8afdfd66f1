import { encodeBase64, encodeText } from '../../base/index.ts';
import {
  type CertificateRequest, type CertificateSigningRequest, certificateSigningRequests, formatTime, kubeletClientProblem, kubeletServingProblem,
  parseCertificateRequest, signerNames,
} from '../../api/index.ts';
import type { ControllerContext, StartController } from '../shared/context.ts';
import { isApproved, startRequestController } from './request-controller.ts';
import type { CertificateSigner } from './signer.ts';

/** Kubernetes: --cluster-signing-duration. */
const durationMsDefault = 365 * 24 * 60 * 60 * 1000;
/** Twice what a certificate is backdated. */
const durationMsMin = 10 * 60 * 1000;

type Check = (request: CertificateRequest, usages: readonly string[]) => string | undefined;

/** What each of Kubernetes' signers wants of a request. */
const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  [signerNames.apiServerClient, (_request, usages) => clientUsagesProblem(usages)],
  [signerNames.apiServerClientKubelet, kubeletClientProblem],
  [signerNames.kubeletServing, kubeletServingProblem],
  [signerNames.legacyUnknown, () => undefined],
]);

/** Signs approved requests for Kubernetes' own signers. Kubernetes: pkg/controller/certificates/signer, one controller a signer. */
export function certificateSigning(signer: CertificateSigner): StartController {
  return (context) => startRequestController(context, (request) => sign(context, signer, request));
}

async function sign({ client, clock }: ControllerContext, signer: CertificateSigner, request: CertificateSigningRequest): Promise<void> {
  const check = checks.get(request.spec.signerName);
  if (check === undefined || !isApproved(request) || hasFailed(request)) return;
  const parsed = parseCertificateRequest(request.spec.request);
  if ('problem' in parsed) throw new Error(`unable to parse csr ${JSON.stringify(request.metadata.name)}: ${parsed.problem}`);
  const usages = request.spec.usages ?? [];
  const resource = client.resource(certificateSigningRequests);
  const message = check(parsed.request, usages);
  if (message !== undefined) {
    const condition = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message, lastUpdateTime: formatTime(clock.nowMs()) };
    await resource.updateStatus({ ...request, status: { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] } });
    return;
  }
  const pem = await signer.sign(parsed.request, usages, durationMs(request.spec.expirationSeconds));
  await resource.updateStatus({ ...request, status: { ...request.status, certificate: encodeBase64(encodeText(pem)) } });
}

function hasFailed({ status }: CertificateSigningRequest): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Failed' && (!condition.status || condition.status === 'True')) === true;
}

/** A wish is granted up to the cluster's own duration. */
function durationMs(wantedSeconds: number | undefined): number {
  return wantedSeconds === undefined ? durationMsDefault : Math.min(Math.max(wantedSeconds * 1000, durationMsMin), durationMsDefault);
}

/** Kubernetes: validAPIServerClientUsages. */
function clientUsagesProblem(usages: readonly string[]): string | undefined {
  const other = usages.find((usage) => usage !== 'digital signature' && usage !== 'key encipherment' && usage !== 'client auth');
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}
