import { type FieldSet, MEMBER, recursiveDifference } from './field-set.ts';

/** Fields that nobody owns. Kubernetes: fieldmanager, stripMeta. */
const STRIPPED: FieldSet = Object.freeze({
  'f:apiVersion': MEMBER,
  'f:kind': MEMBER,
  'f:metadata': Object.freeze(Object.fromEntries(
    ['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion'].map((name) => [`f:${name}`, MEMBER]),
  )),
});

/** Fields that a write through the subresource does not change. Kubernetes: rest.ResetFieldsStrategy, as most kinds have it. */
export function defaultResetFields(subresource: string): readonly (readonly string[])[] {
  if (subresource === 'status') return RESET_BY_STATUS;
  return subresource === '' ? RESET_BY_MAIN : RESET_NOTHING;
}

const RESET_BY_STATUS = [['spec']] as const;
const RESET_BY_MAIN = [['status']] as const;
const RESET_NOTHING = [] as const;

/** Lists of reset fields are few, and belong to resources. */
const strippedSets = new WeakMap<readonly (readonly string[])[], FieldSet>();

/** The set that is never owned by a write through the subresource. */
export function strippedSet(resetFields: readonly (readonly string[])[]): FieldSet {
  const known = strippedSets.get(resetFields);
  if (known !== undefined) return known;
  let set: FieldSet = STRIPPED;
  for (const path of resetFields) set = insert(set, path);
  strippedSets.set(resetFields, set);
  return set;
}

function insert(set: FieldSet, [name, ...rest]: readonly string[]): FieldSet {
  if (name === undefined) return MEMBER;
  const key = `f:${name}`;
  const before = set[key];
  if (rest.length === 0) return { ...set, [key]: MEMBER };
  return { ...set, [key]: insert(before ?? {}, rest) };
}

/** The set without what nobody owns; a `metadata` claimed by itself goes too. */
export function stripSet(set: FieldSet, stripped: FieldSet): FieldSet {
  const rest = recursiveDifference(set, stripped);
  const metadata = rest['f:metadata'];
  if (metadata === undefined || !('.' in metadata || Object.keys(metadata).length === 0)) return rest;
  const { '.': _, ...children } = metadata;
  const { 'f:metadata': __, ...others } = rest;
  return Object.keys(children).length === 0 ? others : { ...others, 'f:metadata': children };
}
