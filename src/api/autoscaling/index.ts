export * from './horizontal-pod-autoscaler-v1.ts';
export { horizontalPodAutoscalers } from './horizontal-pod-autoscaler.ts';
export * from './scale.ts';
