import { jsonEqual } from '../../base/index.ts';
import { conditionOf, type CustomResourceDefinition, type CustomResourceDefinitionNames, isConditionTrue, withCondition } from '../../api/index.ts';

type Names = { -readonly [Key in keyof CustomResourceDefinitionNames]: CustomResourceDefinitionNames[Key] };

/**
 * The definition with the names that no other of its group has, and the conditions that say so; the same definition
 * where nothing is to be told. Kubernetes: apiextensions-apiserver/pkg/controller/status, NamingConditionController.
 */
export function withAcceptedNames(definition: CustomResourceDefinition, all: readonly CustomResourceDefinition[], now: string): CustomResourceDefinition {
  const wanted = definition.spec.names;
  const accepted = definition.status?.acceptedNames ?? { plural: '', kind: '' };
  if (sameNames(wanted, accepted)) return definition;
  const inGroup = all.filter(({ spec }) => spec.group === definition.spec.group).map(({ status }) => status?.acceptedNames);
  const resources = new Set(inGroup.flatMap((names) => (names === undefined ? [] : [names.plural, names.singular ?? '', ...names.shortNames ?? []])));
  const kinds = new Set(inGroup.flatMap((names) => (names === undefined ? [] : [names.kind, names.listKind ?? ''])));
  const names: Names = { ...accepted };
  let conflict: { readonly reason: string; readonly message: string } | undefined;

  const claim = (field: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<string>, reason: string): void => {
    const name = wanted[field] ?? '';
    if (name !== (accepted[field] ?? '') && used.has(name)) conflict = { reason, message: inUse(name) };
    else if (name !== '') names[field] = name;
  };
  claim('plural', resources, 'PluralConflict');
  claim('singular', resources, 'SingularConflict');
  const ownShortNames = new Set(accepted.shortNames ?? []);
  const taken = (wanted.shortNames ?? []).filter((name) => !ownShortNames.has(name) && name !== '' && resources.has(name));
  if (taken.length > 0) {
    const texts = [...new Set(taken.map(inUse))];
    conflict = { reason: 'ShortNamesConflict', message: texts.length === 1 ? texts[0] ?? '' : `[${texts.join(', ')}]` };
  } else if (wanted.shortNames === undefined) delete names.shortNames;
  else names.shortNames = wanted.shortNames;
  claim('kind', kinds, 'KindConflict');
  claim('listKind', kinds, 'ListKindConflict');
  if (wanted.categories === undefined) delete names.categories;
  else names.categories = wanted.categories;

  const accepts = conflict === undefined
    ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
    : { type: 'NamesAccepted', status: 'False', ...conflict };
  const old = conditionOf(definition, 'NamesAccepted');
  const told = old !== undefined && old.status === accepts.status && old.reason === accepts.reason && old.message === accepts.message;
  if (told && jsonEqual(names, accepted)) return definition;
  const named = withCondition({ ...definition, status: { ...definition.status, acceptedNames: names } }, accepts, now);
  return withEstablishing(named, now);
}

function inUse(name: string): string {
  return `${JSON.stringify(name)} is already in use`;
}

/** The condition Established, until the resource is served. */
function withEstablishing(definition: CustomResourceDefinition, now: string): CustomResourceDefinition {
  if (isConditionTrue(definition, 'Established')) return definition;
  if (isConditionTrue(definition, 'NamesAccepted')) {
    return withCondition(definition, { type: 'Established', status: 'False', reason: 'Installing', message: 'the initial names have been accepted' }, now);
  }
  if (conditionOf(definition, 'Established') !== undefined) return definition;
  return withCondition(definition, { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }, now);
}

function sameNames(a: CustomResourceDefinitionNames, b: CustomResourceDefinitionNames): boolean {
  const complete = (names: CustomResourceDefinitionNames) => [names.plural, names.singular ?? '', names.shortNames ?? [], names.kind, names.listKind ?? '', names.categories ?? []];
  return jsonEqual(complete(a), complete(b));
}
