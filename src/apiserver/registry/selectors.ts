import { type FieldSelector, type KubernetesObject, parseFieldSelector, parseLabelSelector, requiredValue } from '../../api/index.ts';
import type { RequestQuery } from '../../client/index.ts';
import { newBadRequest } from '../errors.ts';
import type { Selection } from '../watchcache/index.ts';
import { type Endpoint, present } from './endpoint.ts';

/** Fields by which a cache finds its objects. */
const INDEXED_FIELD = 'spec.nodeName';

/** What a list, watch or deletecollection selects. Throws BadRequest with upstream's texts. */
export function compileSelection(endpoint: Endpoint, namespace: string, pathName: string | undefined, query: RequestQuery): Selection {
  const { definition } = endpoint;
  const inNamespace = definition.namespaced ? (namespace === '' ? {} : { namespace }) : { namespace: '' };
  if (pathName === undefined && !query.labelSelector && !query.fieldSelector) return inNamespace;
  const labels = query.labelSelector ? parseLabelSelector(query.labelSelector) : undefined;
  const fields = query.fieldSelector ? parseFieldSelector(query.fieldSelector) : undefined;
  if (fields !== undefined) checkFields(endpoint, fields);
  const name = pathName ?? (fields === undefined ? undefined : requiredValue(fields, 'metadata.name'));
  const fieldNamespace = fields === undefined ? undefined : requiredValue(fields, 'metadata.namespace');
  const node = fields !== undefined && INDEXED_FIELD in definition.selectableFields ? requiredValue(fields, INDEXED_FIELD) : undefined;
  const matchesFields = fields === undefined || fields.requirements.length === 0 ? undefined : compileFields(endpoint, fields);
  // What somebody else converts is looked at as it is stored.
  const convert = endpoint.conversion !== undefined && endpoint.conversion.remote === undefined && matchesFields !== undefined;
  const matches = (object: KubernetesObject): boolean => {
    if (labels !== undefined && !labels.matches(object.metadata.labels)) return false;
    return matchesFields === undefined || matchesFields(convert ? present(endpoint, object) : object);
  };
  return {
    ...inNamespace,
    ...(inNamespace.namespace === undefined && fieldNamespace !== undefined ? { namespace: fieldNamespace } : {}),
    ...(name === undefined ? {} : { name }),
    ...(node === undefined ? {} : { indexed: { field: INDEXED_FIELD, value: node } }),
    ...((labels === undefined || labels.empty) && matchesFields === undefined ? {} : { matches }),
  };
}

/** Kubernetes: each kind's AddFieldLabelConversionFunc; for kinds without one, runtime.DefaultMetaV1FieldSelectorConversion. */
function checkFields(endpoint: Endpoint, selector: FieldSelector): void {
  const { selectableFields } = endpoint.definition;
  for (const { field } of selector.requirements) {
    if (field === 'metadata.name' || field === 'metadata.namespace' || Object.hasOwn(selectableFields, field)) continue;
    if (Object.keys(selectableFields).length > 0 || endpoint.definition.custom !== undefined) throw newBadRequest(`field label not supported: ${field}`);
    throw newBadRequest(`${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`);
  }
}

/** One function for one field, which is what kubelets and kubectl ask for. */
function compileFields(endpoint: Endpoint, selector: FieldSelector): (object: KubernetesObject) => boolean {
  const checks = selector.requirements.map(({ field, operator, value }) => {
    const read = readerOf(endpoint, field);
    return operator === '=' ? (object: KubernetesObject) => read(object) === value : (object: KubernetesObject) => read(object) !== value;
  });
  const [first] = checks;
  return checks.length === 1 && first !== undefined ? first : (object) => checks.every((check) => check(object));
}

function readerOf(endpoint: Endpoint, field: string): (object: KubernetesObject) => string {
  if (field === 'metadata.name') return (object) => object.metadata.name;
  if (field === 'metadata.namespace') return (object) => object.metadata.namespace ?? '';
  return endpoint.definition.selectableFields[field] as (object: KubernetesObject) => string;
}
