import { ImageError } from '../cri.ts';
import { type Image, type ImageSpec, buildImage } from './image.ts';
import { parseImageReference } from './reference.ts';

/** The lab's image registry, one for the whole cluster: what docker.io and the others are to a real one. */
export interface ImageRegistry {
  /** Adds an image, or moves its names to a new one (docker push). Returns it. Throws ImageError InvalidName. */
  add(spec: ImageSpec): Image;
  /** Moves more names to an image that is there (docker tag). */
  tag(image: Image, names: readonly string[]): void;
  /** The image behind a name or digest. Rejects by throwing ImageError NotFound, with what there is. */
  resolve(name: string): Image;
  /** All names, sorted. */
  list(): readonly string[];
}

/** A registry that holds the given images. Images are built when they are first asked for. */
export function createRegistry(specs: readonly ImageSpec[]): ImageRegistry {
  const byName = new Map<string, () => Image>();
  const byDigest = new Map<string, Image>();

  const remember = (repository: string, image: Image) => byDigest.set(`${repository}@${image.digest}`, image);
  const addNames = (names: readonly string[], get: () => Image) => {
    for (const name of names) byName.set(parseImageReference(name).name, get);
  };
  for (const spec of specs) {
    let image: Image | undefined;
    addNames(spec.names, () => (image ??= buildImage(spec)));
  }
  return {
    add(spec) {
      const image = buildImage(spec);
      this.tag(image, spec.names);
      return image;
    },
    tag(image, names) {
      addNames(names, () => image);
      for (const name of names) remember(parseImageReference(name).repository, image);
    },
    resolve(name) {
      const reference = parseImageReference(name);
      if (reference.digest !== undefined) {
        for (const [known, get] of byName) if (known.startsWith(`${reference.repository}:`)) remember(reference.repository, get());
        const image = byDigest.get(reference.name);
        if (image !== undefined) return image;
      } else {
        const get = byName.get(reference.name);
        if (get !== undefined) {
          const image = get();
          remember(reference.repository, image);
          return image;
        }
      }
      throw notFound(reference.name, reference.repository, [...byName.keys()]);
    },
    list() {
      return [...byName.keys()].sort();
    },
  };
}

/** containerd's text, then what this registry has: the tags of this repository, or else the repositories. */
function notFound(name: string, repository: string, known: readonly string[]): ImageError {
  const tags = known.filter((candidate) => candidate.startsWith(`${repository}:`)).map(familiarName);
  const has = tags.length > 0 ? tags : [...new Set(known.map((candidate) => familiarName(candidate.slice(0, candidate.lastIndexOf(':')))))];
  return new ImageError(
    'NotFound',
    `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found; this lab's registry has: ${has.sort().join(', ')}`,
  );
}

function familiarName(name: string): string {
  return name.replace(/^docker\.io\/(?:library\/)?/, '');
}
