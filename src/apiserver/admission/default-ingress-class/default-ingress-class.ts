import type { Ingress, KubernetesObject } from '../../../api/index.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionPlugin } from '../chain.ts';
import { newestDefault } from '../newest-default.ts';

const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** An Ingress without a class gets the default one, where there is one. Kubernetes: plugin/pkg/admission/network/defaultingressclass. */
export function defaultIngressClass(classes: ResourceCache): AdmissionPlugin {
  const defaultClass = newestDefault(classes, (annotations) => annotations[IS_DEFAULT] === 'true');
  return {
    name: 'DefaultIngressClass',
    handles: (definition, operation, subresource) =>
      definition.resource === 'ingresses' && definition.group === 'networking.k8s.io' && operation === 'CREATE' && subresource === undefined,
    admit(_attributes, object) {
      const ingress = object as Ingress;
      if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return ingress;
      const name = defaultClass();
      return name === undefined ? ingress : { ...ingress, spec: { ...ingress.spec, ingressClassName: name } } as KubernetesObject;
    },
  };
}
