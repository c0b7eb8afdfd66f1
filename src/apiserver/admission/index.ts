export * from './chain.ts';
export { defaultTolerationSeconds } from './default-toleration-seconds/default-toleration-seconds.ts';
export { namespaceLifecycle } from './namespace-lifecycle/namespace-lifecycle.ts';
export { priority } from './priority/priority.ts';
export { serviceAccount } from './service-account/service-account.ts';
export { taintNodesByCondition } from './taint-nodes-by-condition/taint-nodes-by-condition.ts';
