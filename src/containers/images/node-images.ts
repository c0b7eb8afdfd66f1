import type { Clock } from '../../world/index.ts';
import { type ImageService, type ImageState, ImageError } from '../cri.ts';
import { type Image, buildImage } from './image.ts';
import type { ImageRegistry } from './registry.ts';
import { type ImageReference, parseImageReference } from './reference.ts';

/** The images that one node has pulled; survives the runtime's restart. */
export interface ImageStore {
  /** By long name. Both names of one image may be in it. */
  readonly byName: Map<string, StoredImage>;
}

export interface StoredImage {
  readonly image: Image;
  readonly state: ImageState;
  /** Set where the lab has nothing to run for this name. */
  readonly isPlaceholder: boolean;
}

/** A node's store with no image in it. */
export function createImageStore(): ImageStore {
  return { byName: new Map() };
}

/** Pulls from the lab's registry into a node's store. */
export function createImageService(options: {
  readonly clock: Clock;
  readonly registry: ImageRegistry;
  readonly store: ImageStore;
  readonly unknownImages: 'error' | 'placeholder';
  /** How long a pull of an image that the node lacks takes, in lab time. */
  readonly pullDelayMs: number;
}): ImageService {
  const { clock, registry, store } = options;
  return {
    async pullImage(name) {
      const reference = parseImageReference(name);
      const { image, isPlaceholder } = resolve(reference);
      const present = store.byName.get(reference.name);
      if (present?.image.digest === image.digest) return present.state;
      if (options.pullDelayMs > 0) await clock.sleep(options.pullDelayMs);
      const stored = toStored(reference, image, isPlaceholder);
      store.byName.set(reference.name, stored);
      return stored.state;
    },
    imageStatus(name) {
      try {
        return findStoredImage(store, name)?.state;
      } catch {
        return undefined;
      }
    },
    listImages() {
      return [...store.byName.values()].map((stored) => stored.state);
    },
  };

  function resolve(reference: ImageReference): { image: Image; isPlaceholder: boolean } {
    try {
      return { image: registry.resolve(reference.name), isPlaceholder: false };
    } catch (error) {
      if (options.unknownImages === 'error' || !(error instanceof ImageError) || error.code !== 'NotFound') throw error;
      return { image: placeholderImage(reference.name), isPlaceholder: true };
    }
  }
}

/** An image in a node's store, by any form of its name. Throws ImageError InvalidName. */
export function findStoredImage(store: ImageStore, name: string): StoredImage | undefined {
  return store.byName.get(name) ?? store.byName.get(parseImageReference(name).name);
}

const placeholders = new Map<string, Image>();

/** Nothing but a program that says in its log that it is a placeholder. */
function placeholderImage(name: string): Image {
  let image = placeholders.get(name);
  if (image === undefined) {
    image = buildImage({
      config: { entrypoint: ['/placeholder'], environment: { DRYDOCK_PLACEHOLDER_IMAGE: name } },
      layers: [{ '/placeholder': { program: 'placeholder' } }],
    });
    placeholders.set(name, image);
  }
  return image;
}

function toStored(reference: ImageReference, image: Image, isPlaceholder: boolean): StoredImage {
  return {
    image, isPlaceholder,
    state: Object.freeze({
      id: `${reference.repository}@${image.digest}`,
      tags: Object.freeze(reference.tag === undefined ? [] : [`${reference.repository}:${reference.tag}`]),
      sizeBytes: image.sizeBytes,
    }),
  };
}
