import { type Namespace, newStatusError } from '../../../api/index.ts';
import { newForbidden, newNotFound, qualifiedResource } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../chain.ts';
import { earlyName } from '../forbidden.ts';

/** Namespaces that nobody may delete. */
const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);
const NAMESPACES = { group: '', resource: 'namespaces' } as const;

/** Nothing is created in a namespace that is not there or on its way out. Kubernetes: apiserver/pkg/admission/plugin/namespace/lifecycle. */
export function namespaceLifecycle(namespaces: ResourceCache): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    handles: (definition, operation) => {
      if (definition.kind === 'Namespace' && definition.group === '') return operation === 'DELETE';
      // Access reviews are about namespaces, not in them.
      return (operation === 'CREATE' || operation === 'UPDATE') && definition.namespaced && definition.resource !== 'localsubjectaccessreviews';
    },
    admit(attributes, object) {
      if (attributes.operation !== 'DELETE') checkNamespace(attributes, namespaces);
      return object;
    },
    validate(attributes) {
      if (attributes.operation === 'DELETE') checkDeletion(attributes);
    },
  };
}

function checkDeletion({ definition, name }: AdmissionAttributes): void {
  if (IMMORTAL.has(name)) throw newForbidden(definition, name, 'this namespace may not be deleted');
}

function checkNamespace(attributes: AdmissionAttributes, namespaces: ResourceCache): void {
  const { definition, namespace } = attributes;
  const object = namespaces.objects.get('', namespace)?.object;
  if (object === undefined) throw newNotFound(NAMESPACES, namespace);
  if (attributes.operation !== 'CREATE' || (object as Namespace).status?.phase !== 'Terminating') return;
  const name = earlyName(attributes);
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const subject = name === '' ? qualifiedResource(definition) : `${qualifiedResource(definition)} "${name}"`;
  throw newStatusError(403, 'Forbidden', `${subject} is forbidden: ${why}`, {
    ...(name === '' ? {} : { name }), ...(definition.group === '' ? {} : { group: definition.group }), kind: definition.resource,
    causes: [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }],
  });
}
