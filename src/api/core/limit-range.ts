import { duplicate, forbidden, invalid, required, type FieldError } from '../field-error.ts';
import { qualifiedNameErrors } from '../names.ts';
import { compareQuantities, isQuantity, parseQuantity, quantityMilliValue, type Quantity } from '../quantity.ts';
import type { LimitRange, LimitRangeItem } from '../types.ts';
import { defineResource } from './define.ts';
import { nameIsDnsSubdomain, validateObjectMeta } from './object-meta.ts';
import { defaultResourceList } from './pod-spec/resource-defaults.ts';
import { mayOvercommit, validateContainerResourceName, validateResourceName } from './resource-names.ts';
import { mapShared } from './strategy-parts.ts';

/** Kubernetes: pkg/registry/core/limitrange. */
export const limitRanges = defineResource<LimitRange>({
  group: '', resource: 'limitranges', kind: 'LimitRange', namespaced: true, shortNames: ['limits'], schema: 'io.k8s.api.core.v1.LimitRange',
  strategy: {
    defaults(range) {
      const limits = mapShared(range.spec?.limits ?? [], defaultItem);
      return range.spec !== undefined && limits === range.spec.limits ? range : { ...range, spec: { ...range.spec, limits } };
    },
    prepareForCreate: (range) => range,
    prepareForUpdate: (next) => next,
    validateCreate: validateLimitRange,
    validateUpdate: (next) => validateLimitRange(next),
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: true,
  },
});

type ResourceList = Readonly<Record<string, string>>;

const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

/** Of containers, what is not said follows from what is: limits from the maximum, requests from limits or the minimum. Kubernetes: SetDefaults_LimitRangeItem. */
function defaultItem(item: LimitRangeItem): LimitRangeItem {
  const result: Record<string, unknown> = { ...item };
  if (item.type === 'Container') {
    const limits: ResourceList = { ...item.max, ...item.default };
    const requests: ResourceList = { ...item.min, ...limits, ...item.defaultRequest };
    if (Object.keys(limits).length > 0) result['default'] = sameKeys(limits, item.default);
    if (Object.keys(requests).length > 0) result['defaultRequest'] = sameKeys(requests, item.defaultRequest);
  }
  for (const name of lists) {
    const list = result[name] as ResourceList | undefined;
    if (list !== undefined) result[name] = defaultResourceList(list);
  }
  return lists.every((name) => result[name] === item[name]) ? item : result as unknown as LimitRangeItem;
}

/** Nothing is overwritten, so that a list with as many keys is the list that was there. */
function sameKeys(list: ResourceList, before: ResourceList | undefined): ResourceList {
  return before !== undefined && Object.keys(before).length === Object.keys(list).length ? before : list;
}

/** Kubernetes: core validation, ValidateLimitRange. */
function validateLimitRange(range: LimitRange): FieldError[] {
  const errors = validateObjectMeta(range.metadata, true, nameIsDnsSubdomain);
  const types = new Set<string>();
  range.spec.limits?.forEach((item, index) => {
    const path = `spec.limits[${index}]`;
    const type = item.type ?? '';
    validateType(type, `${path}.type`, errors);
    if (types.has(type)) errors.push(duplicate(`${path}.type`, type));
    types.add(type);
    validateItem(item, path, errors);
  });
  return errors;
}

function validateType(type: string, path: string, errors: FieldError[]): void {
  const texts = qualifiedNameErrors(type);
  for (const text of texts) errors.push(invalid(path, type, text));
  const isStandard = type === 'Pod' || type === 'Container' || type === 'PersistentVolumeClaim';
  if (texts.length === 0 && !type.includes('/') && !isStandard) errors.push(invalid(path, type, 'must be a standard limit type or fully qualified'));
}

function validateItem(item: LimitRangeItem, path: string, errors: FieldError[]): void {
  const validateName = item.type === 'Pod' || item.type === 'Container' ? validateContainerResourceName : validateResourceName;
  const names = new Set<string>();
  const read = (list: typeof lists[number]): ReadonlyMap<string, Quantity> => {
    const quantities = new Map<string, Quantity>();
    for (const [name, text] of Object.entries(item[list] ?? {})) {
      validateName(name, `${path}.${list}[${name}]`, errors);
      names.add(name);
      if (isQuantity(text)) quantities.set(name, parseQuantity(text));
    }
    return quantities;
  };
  const none: ReadonlyMap<string, Quantity> = new Map();
  const isPod = item.type === 'Pod';
  const max = read('max');
  const min = read('min');
  if (isPod) {
    for (const list of ['default', 'defaultRequest'] as const) {
      if (Object.keys(item[list] ?? {}).length > 0) errors.push(forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"));
    }
  }
  const limits = isPod ? none : read('default');
  const requests = isPod ? none : read('defaultRequest');
  if (item.type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined) {
    errors.push(required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided'));
  }
  const ratios = read('maxLimitRequestRatio');
  for (const name of names) {
    validateOrder({ name, item, min: min.get(name), max: max.get(name), limit: limits.get(name), request: requests.get(name), ratio: ratios.get(name) }, path, errors);
  }
}

interface Bounds {
  readonly name: string;
  readonly item: LimitRangeItem;
  readonly min: Quantity | undefined;
  readonly max: Quantity | undefined;
  readonly limit: Quantity | undefined;
  readonly request: Quantity | undefined;
  readonly ratio: Quantity | undefined;
}

function validateOrder({ name, item, min, max, limit, request, ratio }: Bounds, path: string, errors: FieldError[]): void {
  const text = (list: typeof lists[number]): string => item[list]?.[name] ?? '0';
  const isAbove = (a: Quantity | undefined, b: Quantity | undefined): boolean => a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
  const refuse = (list: typeof lists[number], value: string, detail: string) => errors.push(invalid(`${path}.${list}[${name}]`, value, detail));
  if (isAbove(min, max)) refuse('min', text('min'), `min value ${text('min')} is greater than max value ${text('max')}`);
  if (isAbove(min, request)) refuse('defaultRequest', text('defaultRequest'), `min value ${text('min')} is greater than default request value ${text('defaultRequest')}`);
  if (isAbove(request, max)) refuse('defaultRequest', text('defaultRequest'), `default request value ${text('defaultRequest')} is greater than max value ${text('max')}`);
  if (isAbove(request, limit)) refuse('defaultRequest', text('defaultRequest'), `default request value ${text('defaultRequest')} is greater than default limit value ${text('default')}`);
  if (isAbove(min, limit)) refuse('default', text('min'), `min value ${text('min')} is greater than default value ${text('default')}`);
  if (isAbove(limit, max)) refuse('default', text('max'), `default value ${text('default')} is greater than max value ${text('max')}`);
  if (ratio !== undefined && ratio.nanos < 1_000_000_000n) refuse('maxLimitRequestRatio', text('maxLimitRequestRatio'), `ratio ${text('maxLimitRequestRatio')} is less than 1`);
  if (ratio !== undefined && min !== undefined && max !== undefined) {
    const highest = quantityMilliValue(text('max')) / quantityMilliValue(text('min'));
    if (quantityMilliValue(text('maxLimitRequestRatio')) / 1000 > highest) {
      refuse('maxLimitRequestRatio', text('maxLimitRequestRatio'), `ratio ${text('maxLimitRequestRatio')} is greater than max/min = ${formatRatio(highest)}`);
    }
  }
  if (!mayOvercommit(name) && limit !== undefined && request !== undefined && compareQuantities(limit, request) !== 0) {
    refuse('defaultRequest', text('defaultRequest'), `default value ${text('default')} must equal to defaultRequest value ${text('defaultRequest')} in ${name}`);
  }
}

/** As Go's %f has it. */
function formatRatio(ratio: number): string {
  if (Number.isNaN(ratio)) return 'NaN';
  return Number.isFinite(ratio) ? ratio.toFixed(6) : '+Inf';
}
