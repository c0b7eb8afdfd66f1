export { startNodeLifecycleController } from './lifecycle.ts';
export { startTaintEvictionController } from './taint-eviction.ts';
