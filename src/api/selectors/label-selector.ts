import { newStatusError } from '../meta.ts';
import type { LabelSelector } from '../types.ts';
import { parseRequirements } from './parse.ts';
import { formatRequirement, type LabelOperator, type LabelRequirement, type Labels, meetsRequirement, newRequirement } from './requirement.ts';

/** A compiled label selector. */
export interface Selector {
  readonly requirements: readonly LabelRequirement[];
  /** True where it selects everything. */
  readonly empty: boolean;
  matches(labels: Labels): boolean;
  /** The text form, e.g. `app=web,tier in (a,b)`. */
  toString(): string;
}

/** Selects every object. */
const EVERYTHING: Selector = Object.freeze(compileSelector([]));

/** Selects no object; what an absent (not an empty) selector means. */
const NOTHING: Selector = Object.freeze({ requirements: [], empty: false, matches: () => false, toString: () => '' });

/** Parses a selector's text, e.g. `a=b,c!=d,e in (x,y),!f`. Throws a BadRequest StatusError with upstream's text. */
export function parseLabelSelector(text: string): Selector {
  return text === '' ? EVERYTHING : compileSelector(parseRequirements(text));
}

/** A selector of requirements, all of which have to be met. */
export function compileSelector(requirements: readonly LabelRequirement[]): Selector {
  return {
    requirements,
    empty: requirements.length === 0,
    matches: compileMatch(requirements),
    toString: () => requirements.map(formatRequirement).join(','),
  };
}

function compileMatch(requirements: readonly LabelRequirement[]): (labels: Labels) => boolean {
  const exact = requirements.every(({ operator }) => operator === '=' || operator === '==');
  if (!exact) return (labels) => requirements.every((requirement) => meetsRequirement(requirement, labels));
  const keys = requirements.map(({ key }) => key);
  const values = requirements.map((requirement) => requirement.values[0]);
  const [key, value] = [keys[0], values[0]];
  if (key === undefined) return () => true;
  if (keys.length === 1) return (labels) => labels !== undefined && labels[key] === value;
  return (labels) => {
    if (labels === undefined) return false;
    for (let index = 0; index < keys.length; index++) if (labels[keys[index] as string] !== values[index]) return false;
    return true;
  };
}

const ofObjects = new WeakMap<object, Selector>();

/**
 * The selector of a LabelSelector object; compiled once for each frozen object. Absent: nothing; empty: everything.
 * Throws a BadRequest StatusError where it is not valid (validated objects are). Kubernetes: metav1.LabelSelectorAsSelector.
 */
export function selectorOf(selector: LabelSelector | null | undefined): Selector {
  if (selector === undefined || selector === null) return NOTHING;
  let compiled = ofObjects.get(selector);
  if (compiled === undefined) {
    compiled = compileSelector(requirementsOf(selector));
    ofObjects.set(selector, compiled);
  }
  return compiled;
}

/** The selector of a map, as in a Service's spec.selector; compiled once for each frozen map. Absent: everything. */
export function selectorOfMap(map: Readonly<Record<string, string>> | null | undefined): Selector {
  if (map === undefined || map === null) return EVERYTHING;
  let compiled = ofObjects.get(map);
  if (compiled === undefined) {
    compiled = compileSelector(sortByKey(exactRequirements(map)));
    ofObjects.set(map, compiled);
  }
  return compiled;
}

const OPERATORS: Readonly<Record<string, LabelOperator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

function requirementsOf(selector: LabelSelector): readonly LabelRequirement[] {
  const requirements = exactRequirements(selector.matchLabels ?? {});
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const sign = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    if (sign === undefined) throw newStatusError(400, 'BadRequest', `${JSON.stringify(operator)} is not a valid label selector operator`);
    requirements.push(newRequirement(key, sign, values ?? []));
  }
  return sortByKey(requirements);
}

function exactRequirements(map: Readonly<Record<string, string>>): LabelRequirement[] {
  return Object.entries(map).map(([key, value]) => ({ key, operator: '=', values: [value] }));
}

function sortByKey(requirements: LabelRequirement[]): LabelRequirement[] {
  return requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** A LabelSelector object as kubectl prints it; `<none>` where absent or empty. Kubernetes: metav1.FormatLabelSelector. */
export function formatLabelSelector(selector: LabelSelector | null | undefined): string {
  if (selector === undefined || selector === null) return '<none>';
  const text = selectorOf(selector).toString();
  return text === '' ? '<none>' : text;
}

/** Labels as kubectl prints them, sorted: `a=b,c=d`; `<none>` where there are none. Kubernetes: labels.FormatLabels. */
export function formatLabels(labels: Labels): string {
  const entries = Object.entries(labels ?? {});
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${value}`).sort().join(',');
}
