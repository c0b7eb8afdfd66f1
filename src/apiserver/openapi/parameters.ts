import { type Schema, schemaOfKind } from '../../api/index.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly type: 'string' | 'boolean' | 'integer';
  readonly description: string;
}

const query = (name: string, type: Parameter['type'], description: string): Parameter => ({ name, in: 'query', type, description });

export const PRETTY = query('pretty', 'string', "If 'true', then the output is pretty printed.");
export const FORCE = query('force', 'boolean', 'Takes over fields that other managers own. Only for apply patch requests.');
const DRY_RUN = query('dryRun', 'string', 'When present, indicates that modifications should not be persisted. Valid values are: All.');
/** Of reads of a custom resource. */
export const GET: readonly Parameter[] = [query('resourceVersion', 'string', 'Constrains which resource versions the answer may be of.')];
/** Of everything that writes an object. */
export const WRITE: readonly Parameter[] = [
  DRY_RUN,
  query('fieldManager', 'string', 'The name of the actor or entity that is making these changes.'),
  query('fieldValidation', 'string', 'What the server does with unknown or duplicate fields: Ignore, Warn or Strict.'),
];
const SELECT: readonly Parameter[] = [
  query('continue', 'string', 'The continue token of a list that was answered in part.'),
  query('fieldSelector', 'string', 'Restricts the objects by their fields.'),
  query('labelSelector', 'string', 'Restricts the objects by their labels.'),
  query('limit', 'integer', 'The maximum number of objects in one answer.'),
  query('resourceVersion', 'string', 'Constrains which resource versions the answer may be of.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is applied to a list.'),
  query('sendInitialEvents', 'boolean', 'Starts a watch with events for the objects that are there.'),
  query('shardSelector', 'string', 'Restricts a list to one shard.'),
  query('timeoutSeconds', 'integer', 'Ends the list or watch after this time.'),
];
export const LIST: readonly Parameter[] = [
  query('allowWatchBookmarks', 'boolean', 'Asks for watch events of type BOOKMARK.'),
  ...SELECT,
  query('watch', 'boolean', 'Watches for changes instead of listing.'),
];
export const DELETE: readonly Parameter[] = [
  DRY_RUN,
  query('gracePeriodSeconds', 'integer', 'The time that the object gets before it is deleted; 0 deletes at once.'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean', 'Deletes objects that cannot be read.'),
  query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.'),
  query('propagationPolicy', 'string', "What happens to dependents: 'Orphan', 'Background' or 'Foreground'."),
];
export const DELETE_COLLECTION: readonly Parameter[] = [...DELETE, ...SELECT];

export const NAME: Parameter = { name: 'name', in: 'path', type: 'string', description: 'The name of the object.' };
export const NAMESPACE: Parameter = { name: 'namespace', in: 'path', type: 'string', description: 'The namespace of the object.' };
/** What comes after …/proxy/. */
export const REST: Parameter = { name: 'path', in: 'path', type: 'string', description: 'The path that is asked of the other side.' };

/** The query of a connection: the fields of its options, e.g. PodExecOptions. */
export function optionsParameters(kind: string): readonly Parameter[] {
  const schema = schemaOfKind('', 'v1', kind);
  return [...schema?.fields.values() ?? []]
    // Upstream tells of what Go's reflection knows to be a scalar, which times are not.
    .filter(({ name, schema: { type } }) => name !== 'kind' && name !== 'apiVersion' && type !== 'time')
    .map((field) => query(field.name, typeOf(field.schema), `The ${field.name} of ${kind}.`));
}

function typeOf(schema: Schema): Parameter['type'] {
  const { type } = schema.type === 'list' ? schema.items : schema;
  return type === 'boolean' ? 'boolean' : type === 'int32' || type === 'int64' ? 'integer' : 'string';
}
