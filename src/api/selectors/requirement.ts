import { newStatusError } from '../meta.ts';
import { labelValueErrors, qualifiedNameErrors } from '../names.ts';

/** Labels of an object; undefined where it has none. */
export type Labels = Readonly<Record<string, string>> | undefined;

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One condition of a label selector. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** Makes a requirement after upstream's checks; throws a BadRequest StatusError with upstream's text. Kubernetes: labels.NewRequirement. */
export function newRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  checkKey(key);
  switch (operator) {
    case 'in':
    case 'notin':
      if (values.length === 0) fail(`values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty`);
      break;
    case '=':
    case '==':
    case '!=':
      if (values.length !== 1) fail(`values: Invalid value: ${goList(values)}: exact-match compatibility requires one single value`);
      break;
    case 'exists':
    case '!':
      if (values.length !== 0) fail(`values: Invalid value: ${goList(values)}: values set must be empty for exists and does not exist`);
      break;
    case 'gt':
    case 'lt':
      if (values.length !== 1) fail(`values: Invalid value: ${goList(values)}: for 'Gt', 'Lt' operators, exactly one value is required`);
      if (!/^[+-]?\d+$/.test(values[0] ?? '')) {
        fail(`values[0]: Invalid value: ${JSON.stringify(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer`);
      }
      break;
  }
  values.forEach((value, index) => {
    const errors = labelValueErrors(value);
    if (errors.length > 0) fail(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${errors.join('; ')}`);
  });
  return { key, operator, values };
}

/** Throws where key is no label key. "<nil>" is what upstream prints for a field path that is not there. */
export function checkKey(key: string): void {
  const errors = qualifiedNameErrors(key);
  if (errors.length > 0) fail(`<nil>: Invalid value: ${JSON.stringify(key)}: ${errors.join('; ')}`);
}

function fail(message: string): never {
  throw newStatusError(400, 'BadRequest', message);
}

function goList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(',')}]`;
}

/** True where labels meet the requirement. */
export function meetsRequirement(requirement: LabelRequirement, labels: Labels): boolean {
  const value = labels?.[requirement.key];
  // A key such as "constructor" finds a function on any object; only a string is a label.
  const has = typeof value === 'string';
  switch (requirement.operator) {
    case '=':
    case '==':
      return has && value === requirement.values[0];
    case 'in':
      return has && requirement.values.includes(value);
    case '!=':
      return !has || value !== requirement.values[0];
    case 'notin':
      return !has || !requirement.values.includes(value);
    case 'exists':
      return has;
    case '!':
      return !has;
    case 'gt':
    case 'lt': {
      if (!has || !/^[+-]?\d+$/.test(value)) return false;
      const difference = Number(value) - Number(requirement.values[0]);
      return requirement.operator === 'gt' ? difference > 0 : difference < 0;
    }
  }
}

/** The requirement as it is written in a selector. Kubernetes: labels.Requirement.String. */
export function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.toSorted().join(',')})`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}
