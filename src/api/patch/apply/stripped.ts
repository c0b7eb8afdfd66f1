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
  if (subresource === 'status') return [['spec']];
  return subresource === '' ? [['status']] : [];
}

/** The set that is never owned by a write through the subresource. */
export function strippedSet(resetFields: readonly (readonly string[])[]): FieldSet {
  let set: FieldSet = STRIPPED;
  for (const path of resetFields) set = insert(set, path);
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
