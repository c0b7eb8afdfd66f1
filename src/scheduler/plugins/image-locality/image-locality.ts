import type { Pod } from '../../../api/index.ts';
import { maxNodeScore, type SchedulerPlugin } from '../../framework/interface.ts';

const mebibyte = 1024 * 1024;
/** Images smaller than this in all don't matter; beyond the other they matter no more. Kubernetes: plugins/imagelocality. */
const thresholdBytesMin = 23 * mebibyte;
const thresholdBytesMaxOfContainer = 1000 * mebibyte;

/** Likes nodes that have the pod's images already. */
export const imageLocality: SchedulerPlugin = {
  name: 'ImageLocality',
  retryOn: [],
  prepareScore(info, table, rows) {
    const images = imagesOf(info.pod);
    const nodeCount = table.rows.length;
    const sums = new Array<number>(rows.length).fill(0);
    for (const image of images) {
      const bytes = table.imageColumn(image);
      if (bytes === undefined) continue;
      let holders = 0;
      for (const row of table.rows) if ((bytes[row] as number) > 0) holders++;
      // An image that many nodes have counts more, so that a new one does not draw every pod to the same node.
      for (let index = 0; index < rows.length; index++) sums[index] = (sums[index] as number) + Math.floor(((bytes[rows[index] as number] as number) * holders) / nodeCount);
    }
    if (sums.every((sum) => sum <= thresholdBytesMin)) return undefined;
    const thresholdBytesMax = thresholdBytesMaxOfContainer * images.length;
    return () => sums.map((sum) => Math.floor((maxNodeScore * (Math.min(Math.max(sum, thresholdBytesMin), thresholdBytesMax) - thresholdBytesMin)) / (thresholdBytesMax - thresholdBytesMin)));
  },
};

const imagesOf = (pod: Pod) => [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((container) => normalizedName(container.image ?? ''));

/** Without a tag or digest, :latest is meant. */
function normalizedName(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}
