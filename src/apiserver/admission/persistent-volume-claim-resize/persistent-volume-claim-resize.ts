import { compareQuantities, parseQuantity, type PersistentVolumeClaim, type StorageClass } from '../../../api/index.ts';
import { newForbidden } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionPlugin } from '../chain.ts';

const CLASS_BETA = 'volume.beta.kubernetes.io/storage-class';

/** A claim grows only once it is bound, and where its class allows it. Kubernetes: plugin/pkg/admission/storage/persistentvolume/resize. */
export function persistentVolumeClaimResize(classes: ResourceCache): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    handles: (definition, operation, subresource) =>
      definition.resource === 'persistentvolumeclaims' && definition.group === '' && operation === 'UPDATE' && subresource === undefined,
    validate({ definition, name }, object, oldObject) {
      const claim = object as PersistentVolumeClaim;
      const old = oldObject as PersistentVolumeClaim;
      if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return;
      if (old.status?.phase !== 'Bound') throw newForbidden(definition, name, 'Only bound persistent volume claims can be expanded');
      const className = classOf(claim);
      const storageClass = classes.objects.get('', className)?.object as StorageClass | undefined;
      if (className !== '' && classOf(old) === className && storageClass?.allowVolumeExpansion === true) return;
      throw newForbidden(definition, name, 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize');
    },
  };
}

function sizeOf({ spec }: PersistentVolumeClaim) {
  return parseQuantity(spec.resources?.requests?.['storage'] ?? '0');
}

function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[CLASS_BETA] ?? spec.storageClassName ?? '';
}
