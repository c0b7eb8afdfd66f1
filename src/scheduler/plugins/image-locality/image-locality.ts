import type { Node, Pod } from '../../../api/index.ts';
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
    const holders = images.map((image) => table.rows.filter((row) => imageBytes(table.node(row), image) > 0).length);
    if (holders.every((count) => count === 0 || count === table.rows.length) && sameEverywhere(rows.map((row) => table.node(row)), images)) return undefined;
    const thresholdBytesMax = thresholdBytesMaxOfContainer * images.length;
    const score = (row: number) => {
      let sum = 0;
      for (const [index, image] of images.entries()) sum += Math.floor((imageBytes(table.node(row), image) * (holders[index] ?? 0)) / table.rows.length);
      const clamped = Math.min(Math.max(sum, thresholdBytesMin), thresholdBytesMax);
      return Math.floor((maxNodeScore * (clamped - thresholdBytesMin)) / (thresholdBytesMax - thresholdBytesMin));
    };
    return (nodes) => nodes.map(score);
  },
};

const imagesOf = (pod: Pod) => [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((container) => normalizedName(container.image ?? ''));

/** Without a tag or digest, :latest is meant. */
function normalizedName(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}

const sizes = new WeakMap<object, ReadonlyMap<string, number>>();

function imageBytes(node: Node, image: string): number {
  const images = node.status?.images;
  if (images === undefined || images.length === 0) return 0;
  let byName = sizes.get(images);
  if (byName === undefined) {
    byName = new Map(images.flatMap((item) => (item.names ?? []).map((name) => [name, item.sizeBytes ?? 0] as const)));
    sizes.set(images, byName);
  }
  return byName.get(image) ?? 0;
}

function sameEverywhere(nodes: readonly Node[], images: readonly string[]): boolean {
  return images.every((image) => {
    const first = nodes[0] === undefined ? 0 : imageBytes(nodes[0], image);
    return nodes.every((node) => imageBytes(node, image) === first);
  });
}
