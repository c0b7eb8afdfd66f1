import { defineResource, statusSubresource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { withAnnotation } from '../core/strategy-parts.ts';
import type { ColumnDefinition } from '../definition.ts';
import type {
  AutoscalingV1HorizontalPodAutoscaler, HorizontalPodAutoscaler, HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerCondition, HorizontalPodAutoscalerSpec,
  HorizontalPodAutoscalerStatus, HPAScalingRules, MetricSpec, MetricStatus,
} from '../types.ts';
import { defaultMetrics, horizontalPodAutoscalers } from './horizontal-pod-autoscaler.ts';
import { behaviorAnnotation, conditionsAnnotation, currentMetricsAnnotation, metricsAnnotation, withoutV1Annotations } from './v1-annotations.ts';
import { integer, items, metricsFromV1, metricToV1, part, quantity, read, statusesFromV1, statusToV1, string } from './v1-metrics.ts';

type V1 = AutoscalingV1HorizontalPodAutoscaler;
const { strategy } = horizontalPodAutoscalers;

/** The version with fields for CPU only; all else is in annotations. Stored as autoscaling/v2, whose rules hold. Kubernetes: pkg/apis/autoscaling/v1. */
export const horizontalPodAutoscalersV1 = defineResource<V1>({
  group: 'autoscaling', version: 'v1', resource: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', namespaced: true, shortNames: ['hpa'],
  categories: ['all'], schema: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
  subresources: [statusSubresource('HorizontalPodAutoscaler')],
  conversion: { toStorage: toV2, fromStorage: (stored) => toV1(stored as HorizontalPodAutoscaler) },
  columns: horizontalPodAutoscalers.columns.map((column): ColumnDefinition<V1> => ({ ...column, cell: (autoscaler, nowMs) => column.cell(toV2(autoscaler), nowMs) })),
  strategy: {
    defaults: defaultAutoscaler,
    prepareForCreate: (autoscaler) => toV1(strategy.prepareForCreate(toV2(autoscaler))),
    prepareForUpdate: (next, old) => toV1(strategy.prepareForUpdate(toV2(next), toV2(old))),
    validateCreate: (autoscaler) => strategy.validateCreate(toV2(autoscaler)),
    validateUpdate: (next, old) => strategy.validateUpdate(toV2(next), toV2(old)),
    prepareForStatusUpdate: (next, old) => toV1(strategy.prepareForStatusUpdate?.(toV2(next), toV2(old)) ?? toV2(next)),
    validateStatusUpdate: (next, old) => strategy.validateStatusUpdate?.(toV2(next), toV2(old)) ?? [],
    allowUnconditionalUpdate: strategy.allowUnconditionalUpdate,
    allowCreateOnUpdate: strategy.allowCreateOnUpdate,
  },
});

/** The object as it is after having been stored, for much of the defaults is in the conversion. Kubernetes: pkg/apis/autoscaling/v1, defaults.go. */
function defaultAutoscaler(autoscaler: V1): V1 {
  const spec: V1['spec'] = autoscaler.spec?.minReplicas === undefined ? { ...autoscaler.spec, minReplicas: 1 } : autoscaler.spec;
  const stored = toV1(toV2(spec === autoscaler.spec ? autoscaler : { ...autoscaler, spec }));
  return sameValue(stored, autoscaler) ? autoscaler : stored;
}

function isCpuUtilization(metric: MetricSpec): boolean {
  return metric.type === 'Resource' && metric.resource?.name === 'cpu' && metric.resource.target?.averageUtilization !== undefined;
}

/** Kubernetes: Convert_autoscaling_HorizontalPodAutoscaler_To_v1_HorizontalPodAutoscaler. */
function toV1(autoscaler: HorizontalPodAutoscaler): V1 {
  const { spec, status } = autoscaler;
  const others = (spec.metrics ?? []).filter((metric) => !isCpuUtilization(metric));
  // of several the last one counts
  const cpu = (spec.metrics ?? []).filter(isCpuUtilization).at(-1)?.resource?.target.averageUtilization;
  const { metrics: _metrics, behavior, ...kept } = spec;
  let result: V1 = {
    ...withoutV1Annotations(autoscaler), apiVersion: 'autoscaling/v1',
    spec: { ...kept, ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: cpu }) },
    ...(status === undefined ? {} : { status: statusToV1Fields(status) }),
  } as V1;
  const write = (name: string, value: unknown) => {
    result = withAnnotation(result, name, goJson(value));
  };
  if (others.length > 0) write(metricsAnnotation, others.map(metricToV1));
  if (status?.currentMetrics?.length) write(currentMetricsAnnotation, status.currentMetrics.map(statusToV1));
  if (behavior) write(behaviorAnnotation, behaviorToJson(behavior));
  if (status?.conditions?.length) write(conditionsAnnotation, status.conditions.map(conditionToJson));
  return result;
}

function statusToV1Fields(status: HorizontalPodAutoscalerStatus): V1['status'] {
  const { currentMetrics = [], conditions: _conditions, currentReplicas = 0, ...kept } = status;
  const cpu = currentMetrics.filter(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu' && resource.current?.averageUtilization !== undefined).at(-1);
  const utilization = cpu?.resource?.current.averageUtilization;
  return { ...kept, currentReplicas, ...(utilization === undefined ? {} : { currentCPUUtilizationPercentage: utilization }) };
}

/** As Go's json.Marshal writes it, which keeps text safe for HTML. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The behavior is written under Go's own names, and with what is not set. */
function behaviorToJson({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): unknown {
  return { ScaleUp: rulesToJson(scaleUp), ScaleDown: rulesToJson(scaleDown) };
}

function rulesToJson(rules: HPAScalingRules | undefined): unknown {
  if (!rules) return null;
  const policies = rules.policies?.map(({ type, value, periodSeconds }) => ({ Type: type ?? '', Value: value ?? 0, PeriodSeconds: periodSeconds ?? 0 })) ?? null;
  return {
    StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null, SelectPolicy: rules.selectPolicy ?? null, Policies: policies, Tolerance: rules.tolerance ?? null,
  };
}

function conditionToJson({ type, status, lastTransitionTime, reason, message }: HorizontalPodAutoscalerCondition): unknown {
  return { type: type ?? '', status: status ?? '', lastTransitionTime: lastTransitionTime ?? null, ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
}

const converted = new WeakMap<V1, HorizontalPodAutoscaler>();

/** Kubernetes: Convert_v1_HorizontalPodAutoscaler_To_autoscaling_HorizontalPodAutoscaler. */
function toV2(autoscaler: V1): HorizontalPodAutoscaler {
  let result = converted.get(autoscaler);
  if (result === undefined) {
    result = convertToV2(autoscaler);
    converted.set(autoscaler, result);
  }
  return result;
}

function convertToV2(autoscaler: V1): HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage: cpu, ...kept } = autoscaler.spec ?? {};
  const annotations = autoscaler.metadata.annotations ?? {};
  const readAnnotation = <T>(name: string, reader: (text: string) => T | undefined): T | undefined => {
    const text = annotations[name];
    return text === undefined ? undefined : reader(text);
  };
  const cpuMetrics: readonly MetricSpec[] = cpu === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } }];
  const metrics = [...readAnnotation(metricsAnnotation, metricsFromV1) ?? [], ...cpuMetrics];
  const behavior = readAnnotation(behaviorAnnotation, behaviorFromJson);
  const spec = { ...kept, metrics: metrics.length > 0 ? metrics : defaultMetrics, ...(behavior === undefined ? {} : { behavior }) } as HorizontalPodAutoscalerSpec;
  const status = statusToV2(autoscaler.status, readAnnotation(currentMetricsAnnotation, statusesFromV1), readAnnotation(conditionsAnnotation, conditionsFromJson));
  const { status: _status, ...rest } = withoutV1Annotations(autoscaler);
  return { ...rest, apiVersion: 'autoscaling/v2', spec, ...(status === undefined ? {} : { status }) };
}

function statusToV2(
  status: V1['status'], measured: readonly MetricStatus[] | undefined, conditions: readonly HorizontalPodAutoscalerCondition[] | undefined,
): HorizontalPodAutoscalerStatus | undefined {
  if (status === undefined && measured === undefined && conditions === undefined) return undefined;
  const { currentCPUUtilizationPercentage: cpu, currentReplicas = 0, ...kept } = status ?? { desiredReplicas: 0 } as NonNullable<V1['status']>;
  const cpuMetrics: readonly MetricStatus[] = cpu === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: cpu } } }];
  return {
    ...kept, ...(currentReplicas === 0 ? {} : { currentReplicas }), currentMetrics: measured ?? cpuMetrics, ...(conditions === undefined ? {} : { conditions }),
  };
}

function behaviorFromJson(text: string): HorizontalPodAutoscalerBehavior | undefined {
  const behavior = read(`[${text}]`, (fields) => ({ ...part(fields, 'scaleUp', rulesFromJson), ...part(fields, 'scaleDown', rulesFromJson) }))?.[0];
  return behavior === undefined || Object.keys(behavior).length === 0 ? undefined : behavior;
}

function rulesFromJson(fields: Readonly<Record<string, unknown>>): HPAScalingRules {
  const stabilizationWindowSeconds = integer(fields, 'stabilizationWindowSeconds');
  const selectPolicy = string(fields, 'selectPolicy');
  const tolerance = quantity(fields, 'tolerance');
  const policies = items(fields, 'policies', (item) => ({
    type: string(item, 'type'), value: integer(item, 'value') ?? 0, periodSeconds: integer(item, 'periodSeconds') ?? 0,
  }));
  return {
    ...(stabilizationWindowSeconds === undefined ? {} : { stabilizationWindowSeconds }), ...(selectPolicy === '' ? {} : { selectPolicy }),
    ...(policies === undefined ? {} : { policies }), ...(tolerance === undefined ? {} : { tolerance }),
  };
}

function conditionsFromJson(text: string): readonly HorizontalPodAutoscalerCondition[] | undefined {
  return read(text, (fields): HorizontalPodAutoscalerCondition => {
    const [lastTransitionTime, reason, message] = [string(fields, 'lastTransitionTime'), string(fields, 'reason'), string(fields, 'message')];
    return {
      type: string(fields, 'type'), status: string(fields, 'status'), ...(lastTransitionTime === '' ? {} : { lastTransitionTime }),
      ...(reason === '' ? {} : { reason }), ...(message === '' ? {} : { message }),
    };
  });
}
