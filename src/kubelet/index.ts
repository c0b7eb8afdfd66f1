export * from './kubelet.ts';
export type { StaticPod } from './node/static-pods.ts';
export { kubeletVersion, type NodeSettings } from './node/node-status.ts';
