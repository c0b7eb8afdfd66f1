import type { KubernetesObject } from '../meta.ts';

const prefix = 'autoscaling.alpha.kubernetes.io/';

/** Where autoscaling/v1 keeps what it has no fields for. Kubernetes: pkg/apis/autoscaling, annotations.go. */
export const metricsAnnotation = `${prefix}metrics`;
export const currentMetricsAnnotation = `${prefix}current-metrics`;
export const conditionsAnnotation = `${prefix}conditions`;
export const behaviorAnnotation = `${prefix}behavior`;

const names = [metricsAnnotation, currentMetricsAnnotation, conditionsAnnotation, behaviorAnnotation, `${prefix}scale-down-tolerance`, `${prefix}scale-up-tolerance`];

/** The object without these annotations: they only ever say what the object itself says. Kubernetes: DropRoundTripHorizontalPodAutoscalerAnnotations. */
export function withoutV1Annotations<T extends KubernetesObject>(object: T): T {
  const { annotations } = object.metadata;
  if (annotations === undefined || !names.some((name) => annotations[name] !== undefined)) return object;
  const kept = Object.fromEntries(Object.entries(annotations).filter(([name]) => !names.includes(name)));
  if (Object.keys(kept).length > 0) return { ...object, metadata: { ...object.metadata, annotations: kept } };
  const { annotations: _annotations, ...metadata } = object.metadata;
  return { ...object, metadata };
}
