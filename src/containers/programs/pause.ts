import type { Program } from '../process/process.ts';

/** registry.k8s.io/pause: holds the pod's namespaces and waits for a signal. Ends with 0 on TERM and INT, as the original. */
export const pause: Program = (process) => {
  process.handle('TERM', () => process.finish(0));
  process.handle('INT', () => process.finish(0));
  return 'resident';
};

/** What stands in for an image that the lab does not have. Its log says so. */
export const placeholder: Program = (process) => {
  const image = process.variable('DRYDOCK_PLACEHOLDER_IMAGE') ?? 'this image';
  process.post(1, `This is a placeholder. The lab's registry does not have ${image}, so nothing of it runs here: the container only waits to be stopped.\n`);
  process.handle('TERM', () => process.finish(0));
  process.handle('INT', () => process.finish(0));
  return 'resident';
};
