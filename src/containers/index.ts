export * from './cri.ts';
export { type RuntimeOptions, type RuntimeSpec, createRuntime } from './runtime.ts';
export { type Image, type ImageConfig, type ImageSpec, type Layer, type LayerEntry, buildImage } from './images/image.ts';
export { type ImageRegistry, createRegistry } from './images/registry.ts';
export { type ImageStore, createImageStore } from './images/node-images.ts';
export { catalog as imageCatalog } from './images/catalog/catalog.ts';
export { type ImageReference, parseImageReference } from './images/reference.ts';
