import { type Amounts, amountsOf, type KubernetesObject, type Pod, type PodSpec, type RuntimeClass, sameAmounts } from '../../../api/index.ts';
import { newForbidden } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../chain.ts';
import { earlyName } from '../forbidden.ts';
import { mergeTolerations } from './merge-tolerations.ts';

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

/** A pod gets the overhead and the scheduling rules of its runtime class. Kubernetes: plugin/pkg/admission/runtimeclass. */
export function runtimeClass(classes: ResourceCache): AdmissionPlugin {
  const classOf = (attributes: AdmissionAttributes, { spec }: Pod): RuntimeClass | undefined => {
    if (spec.runtimeClassName === undefined) return undefined;
    const found = classes.objects.get('', spec.runtimeClassName)?.object as RuntimeClass | undefined;
    if (found === undefined) throw refusal(attributes, `pod rejected: RuntimeClass ${JSON.stringify(spec.runtimeClassName)} not found`);
    return found;
  };
  return {
    name: 'RuntimeClass',
    handles: (definition, operation, subresource) =>
      definition.resource === 'pods' && definition.group === '' && operation === 'CREATE' && subresource === undefined,
    admit(attributes, object) {
      const pod = object as Pod;
      const found = classOf(attributes, pod);
      if (found === undefined) return pod;
      const spec = withScheduling(attributes, withOverhead(attributes, pod.spec, found), found);
      return spec === pod.spec ? pod : { ...pod, spec } as KubernetesObject;
    },
    validate(attributes, object) {
      const pod = object as Pod;
      const overhead = classOf(attributes, pod)?.overhead;
      if (overhead === undefined && pod.spec.overhead === undefined) return;
      if (overhead === undefined) throw refusal(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead', attributes.name);
      if (!sameAmounts(amountsOf(overhead.podFixed), amountsOf(pod.spec.overhead))) throw refusal(attributes, MISMATCH, attributes.name);
    },
  };
}

/** Both phases say the same, but only the second one knows a generated name. */
function refusal(attributes: AdmissionAttributes, why: string, name = earlyName(attributes)) {
  return newForbidden(attributes.definition, name, why);
}

function withOverhead(attributes: AdmissionAttributes, spec: PodSpec, { overhead }: RuntimeClass): PodSpec {
  if (overhead === undefined) return spec;
  const given: Amounts = amountsOf(spec.overhead);
  if (given.size > 0 && !sameAmounts(given, amountsOf(overhead.podFixed))) throw refusal(attributes, MISMATCH);
  return overhead.podFixed === undefined ? spec : { ...spec, overhead: overhead.podFixed };
}

function withScheduling(attributes: AdmissionAttributes, spec: PodSpec, { scheduling }: RuntimeClass): PodSpec {
  if (scheduling === undefined) return spec;
  const given = spec.nodeSelector ?? {};
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    if (!Object.hasOwn(given, key) || given[key] === value) continue;
    throw refusal(attributes, `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${given[key] ?? ''}`);
  }
  const nodeSelector = { ...given, ...scheduling.nodeSelector };
  const tolerations = mergeTolerations(spec.tolerations ?? [], scheduling.tolerations ?? []);
  return { ...spec, ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector }), ...(tolerations.length === 0 ? {} : { tolerations }) };
}
