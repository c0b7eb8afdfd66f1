import type { KubernetesObject, Pod, PriorityClass } from '../../../api/index.ts';
import { newForbidden } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionPlugin } from '../chain.ts';
import { newEarlyForbidden } from '../forbidden.ts';

const DEFAULT_POLICY = 'PreemptLowerPriority';

/** Gives pods the number behind their priority class. Kubernetes: plugin/pkg/admission/priority. */
export function priority(classes: ResourceCache): AdmissionPlugin {
  // The class that pods without one get; looked up again when classes change.
  let fallback: PriorityClass | undefined;
  let known = false;
  classes.onChange(() => {
    known = false;
  });
  const defaultClass = (): PriorityClass | undefined => {
    if (known) return fallback;
    const defaults = (classes.objects.list({}) as PriorityClass[]).filter((each) => each.globalDefault === true);
    // Where there are several the lowest counts.
    fallback = defaults.sort((a, b) => a.value - b.value)[0];
    known = true;
    return fallback;
  };
  return {
    name: 'Priority',
    handles: (definition, operation, subresource) => {
      if (definition.kind === 'PriorityClass' && definition.group === 'scheduling.k8s.io') return operation !== 'DELETE';
      return definition.resource === 'pods' && definition.group === '' && (operation === 'CREATE' || operation === 'UPDATE') && subresource === undefined;
    },
    validate(attributes, object) {
      const { globalDefault, metadata } = object as PriorityClass;
      if (attributes.definition.kind !== 'PriorityClass' || globalDefault !== true) return;
      const other = defaultClass();
      if (other === undefined || (attributes.operation === 'UPDATE' && other.metadata.name === metadata.name)) return;
      throw newForbidden(attributes.definition, metadata.name, `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`);
    },
    admit(attributes, object, old) {
      if (attributes.definition.kind !== 'Pod') return object;
      const pod = object as Pod;
      if (attributes.operation === 'UPDATE') return withKept(pod, old as Pod);
      const { spec } = pod;
      const refuse = (why: string) => newEarlyForbidden(attributes, why);
      let name = spec.priorityClassName ?? '';
      let value = 0;
      let policy = DEFAULT_POLICY;
      const found = name === '' ? defaultClass() : classes.objects.get('', name)?.object as PriorityClass | undefined;
      if (name !== '' && found === undefined) throw refuse(`no PriorityClass with name ${name} was found`);
      if (found !== undefined) {
        name = found.metadata.name;
        value = found.value;
        policy = found.preemptionPolicy ?? DEFAULT_POLICY;
      }
      if (spec.priority !== undefined && spec.priority !== value) {
        throw refuse(`the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`);
      }
      if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
        throw refuse(`the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`);
      }
      return { ...pod, spec: { ...spec, ...(name === '' ? {} : { priorityClassName: name }), priority: value, preemptionPolicy: policy } } as KubernetesObject;
    },
  };
}

/** Who updates a pod and leaves these out means them to stay. */
function withKept(pod: Pod, old: Pod): KubernetesObject {
  const { spec } = pod;
  const { priority: value, preemptionPolicy } = old.spec;
  if ((spec.priority !== undefined || value === undefined) && (spec.preemptionPolicy !== undefined || preemptionPolicy === undefined)) return pod;
  return {
    ...pod,
    spec: { ...spec, ...(spec.priority === undefined && value !== undefined ? { priority: value } : {}), ...(spec.preemptionPolicy === undefined && preemptionPolicy !== undefined ? { preemptionPolicy } : {}) },
  } as KubernetesObject;
}
