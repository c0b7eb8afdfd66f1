// Metrics as autoscaling/v1 writes them into annotations, and back. Kubernetes: pkg/apis/autoscaling/v1, conversion.go.
import { isQuantity, canonicalQuantity, parseQuantity } from '../quantity.ts';
import type { CrossVersionObjectReference, LabelSelector, MetricIdentifier, MetricSpec, MetricStatus, MetricTarget } from '../types.ts';

type Fields = Readonly<Record<string, unknown>>;
type Json = Record<string, unknown>;

/** What an annotation holds is not what it should be: upstream passes over all of it. */
class AnnotationError extends Error {}

/** In the order in which Go writes fields. */
export function metricToV1(metric: MetricSpec): Json {
  const { object, pods, resource, containerResource, external } = metric;
  return definedOnly({
    type: metric.type,
    object: object && {
      target: referenceOf(object.describedObject), metricName: object.metric?.name ?? '', targetValue: object.target?.value ?? '0',
      selector: object.metric?.selector, averageValue: object.target?.averageValue,
    },
    pods: pods && { metricName: pods.metric?.name ?? '', targetAverageValue: pods.target?.averageValue ?? '0', selector: pods.metric?.selector },
    resource: resource && { name: resource.name ?? '', targetAverageUtilization: resource.target?.averageUtilization, targetAverageValue: resource.target?.averageValue },
    containerResource: containerResource && {
      name: containerResource.name ?? '', targetAverageUtilization: containerResource.target?.averageUtilization,
      targetAverageValue: containerResource.target?.averageValue, container: containerResource.container ?? '',
    },
    external: external && {
      metricName: external.metric?.name ?? '', metricSelector: external.metric?.selector, targetValue: external.target?.value, targetAverageValue: external.target?.averageValue,
    },
  });
}

/** In the order in which Go writes fields. */
export function statusToV1(status: MetricStatus): Json {
  const { object, pods, resource, containerResource, external } = status;
  return definedOnly({
    type: status.type,
    object: object && {
      target: referenceOf(object.describedObject), metricName: object.metric?.name ?? '', currentValue: object.current?.value ?? '0',
      selector: object.metric?.selector, averageValue: object.current?.averageValue,
    },
    pods: pods && { metricName: pods.metric?.name ?? '', currentAverageValue: pods.current?.averageValue ?? '0', selector: pods.metric?.selector },
    resource: resource && {
      name: resource.name ?? '', currentAverageUtilization: resource.current?.averageUtilization, currentAverageValue: resource.current?.averageValue ?? '0',
    },
    containerResource: containerResource && {
      name: containerResource.name ?? '', currentAverageUtilization: containerResource.current?.averageUtilization,
      currentAverageValue: containerResource.current?.averageValue ?? '0', container: containerResource.container ?? '',
    },
    external: external && {
      metricName: external.metric?.name ?? '', metricSelector: external.metric?.selector, currentValue: external.current?.value ?? '0', currentAverageValue: external.current?.averageValue,
    },
  });
}

function referenceOf(reference: CrossVersionObjectReference | undefined): Json {
  return { kind: reference?.kind ?? '', name: reference?.name ?? '', apiVersion: reference?.apiVersion || undefined };
}

/** JSON leaves undefined fields of nested objects away by itself; here they must not be keys. */
function definedOnly(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A list of metrics from an annotation; undefined where it can't be read. */
export function metricsFromV1(text: string): readonly MetricSpec[] | undefined {
  return read(text, (item): MetricSpec => ({
    type: string(item, 'type'),
    ...part(item, 'object', (source) => {
      const averageValue = quantity(source, 'averageValue');
      const value = quantity(source, 'targetValue') ?? '0';
      // v1 can't leave the value out: a zero beside an average means none
      const keepsValue = averageValue === undefined || parseQuantity(value).nanos !== 0n;
      return {
        describedObject: reference(source, 'target'), metric: identifier(source, 'selector'),
        target: target(averageValue === undefined ? 'Value' : 'AverageValue', keepsValue ? value : undefined, averageValue, undefined),
      };
    }),
    ...part(item, 'pods', (source) => ({
      metric: identifier(source, 'selector'), target: target('AverageValue', undefined, quantity(source, 'targetAverageValue') ?? '0', undefined),
    })),
    ...part(item, 'resource', (source) => ({ name: string(source, 'name'), target: resourceTarget(source) })),
    ...part(item, 'containerResource', (source) => ({ name: string(source, 'name'), container: string(source, 'container'), target: resourceTarget(source) })),
    ...part(item, 'external', (source) => {
      const value = quantity(source, 'targetValue');
      return { metric: identifier(source, 'metricSelector'), target: target(value === undefined ? 'AverageValue' : 'Value', value, quantity(source, 'targetAverageValue'), undefined) };
    }),
  }));
}

/** A list of measured metrics from an annotation; undefined where it can't be read. */
export function statusesFromV1(text: string): readonly MetricStatus[] | undefined {
  return read(text, (item): MetricStatus => ({
    type: string(item, 'type'),
    ...part(item, 'object', (source) => ({
      describedObject: reference(source, 'target'), metric: identifier(source, 'selector'), current: current(quantity(source, 'currentValue') ?? '0', quantity(source, 'averageValue'), undefined),
    })),
    ...part(item, 'pods', (source) => ({ metric: identifier(source, 'selector'), current: current(undefined, quantity(source, 'currentAverageValue') ?? '0', undefined) })),
    ...part(item, 'resource', (source) => ({ name: string(source, 'name'), current: resourceCurrent(source) })),
    ...part(item, 'containerResource', (source) => ({ name: string(source, 'name'), container: string(source, 'container'), current: resourceCurrent(source) })),
    ...part(item, 'external', (source) => ({
      metric: identifier(source, 'metricSelector'), current: current(quantity(source, 'currentValue') ?? '0', quantity(source, 'currentAverageValue'), undefined),
    })),
  }));
}

/** Reads a JSON list with one reader an item; undefined where anything in it is of the wrong type. */
export function read<T>(text: string, item: (fields: Fields) => T): readonly T[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    if (list === null) return [];
    if (!Array.isArray(list)) return undefined;
    return list.map((each) => item(fieldsOf(each) ?? {}));
  } catch (error) {
    if (error instanceof AnnotationError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw new AnnotationError();
  return value as Fields;
}

/** A field by its name, whatever the case, as Go reads JSON. */
function field(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name] ?? undefined;
  const key = Object.keys(fields).find((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : fields[key] ?? undefined;
}

/** A text; '' where it is missing. */
export function string(fields: Fields, name: string): string {
  const value = field(fields, name) ?? '';
  if (typeof value !== 'string') throw new AnnotationError();
  return value;
}

/** A whole number of 32 bits. */
export function integer(fields: Fields, name: string): number | undefined {
  const value = field(fields, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || (value | 0) !== value) throw new AnnotationError();
  return value;
}

/** A quantity in its canonical form. */
export function quantity(fields: Fields, name: string): string | undefined {
  const value = field(fields, name);
  if (value === undefined) return undefined;
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !isQuantity(text)) throw new AnnotationError();
  return canonicalQuantity(text);
}

/** { [name]: what build makes of that object }, or nothing where it is missing. */
export function part<Name extends string, T>(fields: Fields, name: Name, build: (source: Fields) => T): { readonly [key in Name]?: T } {
  const source = fieldsOf(field(fields, name));
  return (source === undefined ? {} : { [name]: build(source) }) as { readonly [key in Name]?: T };
}

/** A list of objects. */
export function items<T>(fields: Fields, name: string, build: (item: Fields) => T): readonly T[] | undefined {
  const list = field(fields, name);
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) throw new AnnotationError();
  return list.map((each) => build(fieldsOf(each) ?? {}));
}

function reference(source: Fields, name: string): CrossVersionObjectReference {
  const fields = fieldsOf(field(source, name)) ?? {};
  const apiVersion = string(fields, 'apiVersion');
  return { kind: string(fields, 'kind'), name: string(fields, 'name'), ...(apiVersion === '' ? {} : { apiVersion }) };
}

function identifier(source: Fields, selectorName: string): MetricIdentifier {
  const selector = fieldsOf(field(source, selectorName)) as LabelSelector | undefined;
  return { name: string(source, 'metricName'), ...(selector === undefined ? {} : { selector }) };
}

function target(type: string, value: string | undefined, averageValue: string | undefined, averageUtilization: number | undefined): MetricTarget {
  return { type, ...current(value, averageValue, averageUtilization) };
}

function current(value: string | undefined, averageValue: string | undefined, averageUtilization: number | undefined) {
  return {
    ...(value === undefined ? {} : { value }), ...(averageValue === undefined ? {} : { averageValue }), ...(averageUtilization === undefined ? {} : { averageUtilization }),
  };
}

function resourceTarget(source: Fields): MetricTarget {
  const utilization = integer(source, 'targetAverageUtilization');
  return target(utilization === undefined ? 'AverageValue' : 'Utilization', undefined, quantity(source, 'targetAverageValue'), utilization);
}

function resourceCurrent(source: Fields) {
  return current(undefined, quantity(source, 'currentAverageValue') ?? '0', integer(source, 'currentAverageUtilization'));
}
