import type { AdmissionPlugin } from '../chain.ts';

/** By resource.group. The controllers of the same names take them away when nobody uses the object. */
const FINALIZERS: ReadonlyMap<string, string> = new Map([
  ['persistentvolumes.', 'kubernetes.io/pv-protection'],
  ['persistentvolumeclaims.', 'kubernetes.io/pvc-protection'],
  ['volumeattributesclasses.storage.k8s.io', 'kubernetes.io/vac-protection'],
]);

/** Volumes, claims and their classes stay while they are in use. Kubernetes: plugin/pkg/admission/storage/storageobjectinuseprotection. */
export function storageObjectInUseProtection(): AdmissionPlugin {
  return {
    name: 'StorageObjectInUseProtection',
    handles: (definition, operation, subresource) => operation === 'CREATE' && subresource === undefined && FINALIZERS.has(`${definition.resource}.${definition.group}`),
    admit({ definition }, object) {
      const finalizer = FINALIZERS.get(`${definition.resource}.${definition.group}`);
      const { finalizers = [] } = object.metadata;
      if (finalizer === undefined || finalizers.includes(finalizer)) return object;
      return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } };
    },
  };
}
