import type { KubernetesObject, PersistentVolumeClaim } from '../../../api/index.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionPlugin } from '../chain.ts';
import { newestDefault } from '../newest-default.ts';

const IS_DEFAULT = 'storageclass.kubernetes.io/is-default-class';
const IS_DEFAULT_BETA = 'storageclass.beta.kubernetes.io/is-default-class';
const CLASS_BETA = 'volume.beta.kubernetes.io/storage-class';

/** A claim without a class gets the default one, where there is one. Kubernetes: plugin/pkg/admission/storage/storageclass/setdefault. */
export function defaultStorageClass(classes: ResourceCache): AdmissionPlugin {
  const defaultClass = newestDefault(classes, (annotations) => annotations[IS_DEFAULT] === 'true' || annotations[IS_DEFAULT_BETA] === 'true');
  return {
    name: 'DefaultStorageClass',
    handles: (definition, operation, subresource) =>
      definition.resource === 'persistentvolumeclaims' && definition.group === '' && operation === 'CREATE' && subresource === undefined,
    admit(_attributes, object) {
      const claim = object as PersistentVolumeClaim;
      if (claim.metadata.annotations?.[CLASS_BETA] !== undefined || claim.spec.storageClassName !== undefined) return claim;
      const name = defaultClass();
      return name === undefined ? claim : { ...claim, spec: { ...claim.spec, storageClassName: name } } as KubernetesObject;
    },
  };
}
