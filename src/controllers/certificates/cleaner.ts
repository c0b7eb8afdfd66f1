import { certificateNotAfterMs, type CertificateSigningRequest, certificateSigningRequests, parseOptionalTime } from '../../api/index.ts';
import { type Disposable, DisposableStore } from '../../base/index.ts';
import type { StartController } from '../shared/context.ts';
import { unlessGone } from '../shared/retry.ts';

const hourMs = 60 * 60 * 1000;
/** Kubernetes: pollingInterval, approvedExpiration, deniedExpiration, pendingExpiration. */
const checkMs = hourMs;
const settledMs = hourMs;
const pendingMs = 24 * hourMs;

/** Deletes requests that are done with or that nobody answers. Kubernetes: pkg/controller/certificates/cleaner. */
export const startCertificateCleaner: StartController = ({ client, clock, informers, onError }) => {
  const disposables = new DisposableStore();
  const informer = informers.informer(certificateSigningRequests);
  const resource = client.resource(certificateSigningRequests);
  let timer: Disposable | undefined;
  disposables.add({ dispose: () => timer?.dispose() });
  void informer.waitForSync().then(clean);
  return disposables;

  async function clean(): Promise<void> {
    for (const request of [...informer.lister.list()]) {
      if (disposables.isDisposed) return;
      if (!isDone(request, clock.nowMs())) continue;
      await unlessGone(resource.delete(request.metadata)).catch((error: unknown) => onError(request.metadata.name, error));
    }
    if (!disposables.isDisposed) timer = clock.schedule(checkMs, () => void clean());
  }
};

/** Whether a request has been issued, denied or failed for an hour, or pending for a day, or its certificate has expired. */
function isDone({ metadata, status }: CertificateSigningRequest, nowMs: number): boolean {
  const isOlder = (time: string | undefined, ageMs: number) => {
    const sinceMs = parseOptionalTime(time);
    return sinceMs !== undefined && nowMs - sinceMs > ageMs;
  };
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) return isOlder(metadata.creationTimestamp, pendingMs);
  const certificate = status?.certificate ?? '';
  return conditions.some(({ type, lastUpdateTime }) => {
    if (type === 'Denied' || type === 'Failed') return isOlder(lastUpdateTime, settledMs);
    if (type !== 'Approved') return false;
    if (certificate === '') return isOlder(lastUpdateTime, pendingMs);
    return isOlder(lastUpdateTime, settledMs) || (certificateNotAfterMs(certificate) ?? Number.POSITIVE_INFINITY) < nowMs;
  });
}
