import { approvalOf, type CertificateSigningRequest, certificateSigningRequests } from '../../api/index.ts';
import { type Disposable, DisposableStore } from '../../base/index.ts';
import { RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { ControllerContext } from '../shared/context.ts';

/** Kubernetes: NewCertificateController's rate limiter. */
const rateLimits = { baseDelayMs: 200, maxDelayMs: 1_000_000, tokensPerSecond: 10, burst: 100 };

/** Something that is tried again and that nobody needs to read of: a user's mistake as a rule. Kubernetes: certificates.IgnorableError. */
export class IgnorableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'IgnorableError';
  }
}

/** Gives every request that has no certificate yet to handle, and again where that fails. Kubernetes: pkg/controller/certificates, CertificateController. */
export function startRequestController(
  { clock, informers, onError }: ControllerContext, handle: (request: CertificateSigningRequest) => Promise<void>,
): Disposable {
  const disposables = new DisposableStore();
  const queue = new RateLimitedQueue<string>(clock, rateLimits);
  const informer = informers.informer(certificateSigningRequests);
  disposables.add(informer.addEventHandler({
    onAdd: ({ metadata }) => queue.add(metadata.name),
    onUpdate: (_old, { metadata }) => queue.add(metadata.name),
  }));
  disposables.add(runWorkers({
    clock, queue, concurrency: 1, reconcile,
    onError: (key, error) => {
      if (!(error instanceof IgnorableError)) onError(key, error);
    },
  }));
  return disposables;

  async function reconcile(name: string): Promise<ReconcileResult> {
    const request = informer.lister.getByKey(name);
    if (request !== undefined && !request.status?.certificate) await handle(request);
    return reconciled;
  }
}

/** True where somebody has approved the request and nobody has denied it. */
export function isApproved(request: CertificateSigningRequest): boolean {
  const { approved, denied } = approvalOf(request);
  return approved && !denied;
}
