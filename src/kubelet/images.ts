import { messageOf } from '../base/index.ts';
import type { Container, Pod } from '../api/index.ts';
import { ImageError, type ImageService, type ImageState } from '../containers/index.ts';
import type { Clock } from '../world/index.ts';
import { type Backoff, backoffEndMs, nextBackoff } from './pod/backoff.ts';

export type ImageOutcome =
  | { readonly type: 'present'; readonly image: ImageState }
  | { readonly type: 'failed'; readonly reason: string; readonly message: string; readonly retryAtMs: number };

export type TellEvent = (type: 'Normal' | 'Warning', reason: string, message: string) => void;

/** Gets images onto the node by the container's pull policy, with a back-off for each pod and image. Kubernetes: kubelet/images, imageManager. */
export interface ImageManager {
  /** Never rejects. Tells the events of the pull. */
  ensure(pod: Pod, container: Container, tell: TellEvent): Promise<ImageOutcome>;
  /** The pod is gone. */
  forget(uid: string): void;
}

/** How long ErrImagePull is shown before the next look at it makes ImagePullBackOff of it. */
const relistMs = 1_000;
/** A container without an image waits for somebody to put it onto the node. Kubernetes: kubelet's backOffPeriod. */
const syncBackoffMs = 10_000;

interface Failure {
  readonly backoff: Backoff;
  readonly reason: string;
  readonly message: string;
}

/** The image manager of one node. */
export function createImageManager({ images, clock }: { readonly images: ImageService; readonly clock: Clock }): ImageManager {
  const failures = new Map<string, Map<string, Failure>>();

  const fail = (tell: TellEvent, reason: string, message: string, retryAtMs: number): ImageOutcome => {
    tell('Warning', 'Failed', `Error: ${reason}`);
    return { type: 'failed', reason, message, retryAtMs };
  };
  const pull = async (pod: Pod, image: string, tell: TellEvent): Promise<ImageOutcome> => {
    const { uid } = pod.metadata;
    const old = failures.get(uid)?.get(image);
    const nowMs = clock.nowMs();
    const endMs = old === undefined ? undefined : backoffEndMs(old.backoff, old.backoff.lastUpdateMs);
    if (old !== undefined && endMs !== undefined && nowMs < endMs) {
      tell('Normal', 'BackOff', `Back-off pulling image "${image}"`);
      return fail(tell, 'ImagePullBackOff', `Back-off pulling image "${image}": ${old.reason}: ${old.message}`, endMs);
    }
    tell('Normal', 'Pulling', `Pulling image "${image}"`);
    try {
      const state = await images.pullImage(image);
      failures.get(uid)?.delete(image);
      const took = formatDuration(clock.nowMs() - nowMs);
      tell('Normal', 'Pulled', `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${state.sizeBytes} bytes.`);
      return { type: 'present', image: state };
    } catch (error) {
      const message = messageOf(error);
      if (error instanceof ImageError && error.code === 'InvalidName') return invalidName(image, message, tell);
      const failedMs = clock.nowMs();
      const backoff = nextBackoff(old?.backoff, failedMs, failedMs);
      let ofPod = failures.get(uid);
      if (ofPod === undefined) failures.set(uid, ofPod = new Map());
      ofPod.set(image, { backoff, reason: 'ErrImagePull', message });
      tell('Warning', 'Failed', `Failed to pull image "${image}": ${message}`);
      return fail(tell, 'ErrImagePull', message, failedMs + relistMs);
    }
  };
  const invalidName = (image: string, detail: string, tell: TellEvent): ImageOutcome => {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${detail}`;
    tell('Warning', 'InspectFailed', message);
    return fail(tell, 'InvalidImageName', message, clock.nowMs() + syncBackoffMs);
  };
  return {
    async ensure(pod, container, tell) {
      const image = container.image ?? '';
      let present: ImageState | undefined;
      try {
        present = images.imageStatus(image);
      } catch (error) {
        return invalidName(image, messageOf(error), tell);
      }
      const policy = container.imagePullPolicy ?? (/(^|\/)[^:@]+(:latest)?$/.test(image) ? 'Always' : 'IfNotPresent');
      if (policy !== 'Always' && present !== undefined) {
        tell('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`);
        return { type: 'present', image: present };
      }
      if (policy === 'Never') {
        const message = `Container image "${image}" is not present with pull policy of Never`;
        tell('Warning', 'ErrImageNeverPull', message);
        return fail(tell, 'ErrImageNeverPull', message, clock.nowMs() + syncBackoffMs);
      }
      return pull(pod, image, tell);
    },
    forget: (uid) => void failures.delete(uid),
  };
}

/** Go's text of a duration in milliseconds, as the events have it: 0s, 7ms, 1.234s, 1m2.5s. */
export function formatDuration(durationMs: number): string {
  const ms = Math.round(durationMs);
  if (ms <= 0) return '0s';
  if (ms < 1_000) return `${ms}ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}m${Math.round((seconds % 60) * 1_000) / 1_000}s`;
}
