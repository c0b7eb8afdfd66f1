/** The files of one volume by path. Some are made when a program first reads them: most programs never look at their token. */
export class VolumeFiles extends Map<string, Uint8Array> {
  private lazy: Map<string, () => Uint8Array> | undefined;

  /** The file's bytes are asked for at the first read, and then kept. */
  setLazily(path: string, make: () => Uint8Array): void {
    super.set(path, NOT_YET);
    (this.lazy ??= new Map()).set(path, make);
  }

  /** Takes over another volume's file as it is, made or not. Gives back whether it was another one. */
  take(path: string, from: VolumeFiles): boolean {
    const make = from.lazy?.get(path);
    if (make !== undefined) {
      this.setLazily(path, make);
      return true;
    }
    const bytes = from.get(path);
    if (bytes === undefined || this.get(path) === bytes) return false;
    this.set(path, bytes);
    return true;
  }

  override get(path: string): Uint8Array | undefined {
    const bytes = super.get(path);
    const make = bytes === NOT_YET ? this.lazy?.get(path) : undefined;
    if (make === undefined) return bytes;
    const made = make();
    this.set(path, made);
    return made;
  }

  override set(path: string, bytes: Uint8Array): this {
    this.lazy?.delete(path);
    return super.set(path, bytes);
  }

  override delete(path: string): boolean {
    this.lazy?.delete(path);
    return super.delete(path);
  }

  override *entries(): MapIterator<[string, Uint8Array]> {
    for (const path of super.keys()) yield [path, this.get(path) as Uint8Array];
  }

  override *values(): MapIterator<Uint8Array> {
    for (const path of super.keys()) yield this.get(path) as Uint8Array;
  }

  override [Symbol.iterator](): MapIterator<[string, Uint8Array]> {
    return this.entries();
  }

  override forEach(look: (bytes: Uint8Array, path: string, files: Map<string, Uint8Array>) => void): void {
    for (const [path, bytes] of this.entries()) look(bytes, path, this);
  }
}

/** Stands for bytes that are not made yet, so that a path keeps its place in the order of its folder. */
const NOT_YET = new Uint8Array(0);
