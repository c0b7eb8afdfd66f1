import {
  amountsOf, type Container, type KubernetesObject, type LimitRange, type PersistentVolumeClaim, type Pod, type PodSpec, specAmounts,
} from '../../../api/index.ts';
import { newForbidden } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../chain.ts';
import { ByNamespace } from '../by-namespace.ts';
import { claimViolationsOf, violationsOf } from './constraints.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

type ResourceList = Readonly<Record<string, string>>;

interface Defaults {
  readonly requests: ResourceList;
  readonly limits: ResourceList;
}

/** Gives containers their namespace's defaults, and refuses what is outside its limits. Kubernetes: plugin/pkg/admission/limitranger. */
export function limitRanger(ranges: ResourceCache): AdmissionPlugin {
  const byNamespace = new ByNamespace<LimitRange>(ranges);
  /** Runs for each LimitRange of the request's namespace. What is on its way out is let through. */
  const rangesFor = (attributes: AdmissionAttributes, old: KubernetesObject | undefined): readonly LimitRange[] =>
    (old?.metadata.deletionTimestamp === undefined ? byNamespace.get(attributes.namespace) : []);
  return {
    name: 'LimitRanger',
    handles: (definition, operation, subresource) => {
      if (definition.group !== '') return false;
      if (definition.resource === 'pods') return (operation === 'CREATE' && subresource === undefined) || (operation === 'UPDATE' && subresource === 'resize');
      return definition.resource === 'persistentvolumeclaims' && subresource === undefined && (operation === 'CREATE' || operation === 'UPDATE');
    },
    admit(attributes, object, old) {
      if (attributes.definition.resource !== 'pods') return object;
      let pod = object as Pod;
      for (const range of rangesFor(attributes, old)) pod = withDefaults(pod, defaultsOf(range));
      return pod;
    },
    validate(attributes, object, old) {
      for (const range of rangesFor(attributes, old)) {
        const texts = attributes.definition.resource === 'pods' ? podViolations(range, object as Pod) : claimViolations(range, object as PersistentVolumeClaim);
        const distinct = [...new Set(texts)];
        if (distinct.length > 0) throw newForbidden(attributes.definition, attributes.name, distinct.length === 1 ? distinct[0] ?? '' : `[${distinct.join(', ')}]`);
      }
    },
  };
}

/** Kubernetes: defaultContainerResourceRequirements. */
function defaultsOf({ spec }: LimitRange): Defaults {
  const items = spec.limits.filter(({ type }) => type === 'Container');
  return { requests: Object.assign({}, ...items.map((item) => item.defaultRequest)) as ResourceList, limits: Object.assign({}, ...items.map((item) => item.default)) as ResourceList };
}

/** Kubernetes: mergePodResourceRequirements. */
function withDefaults(pod: Pod, defaults: Defaults): Pod {
  const notes: string[] = [];
  const merged = (containers: readonly Container[], what: string) => containers.map((container) => withContainerDefaults(container, defaults, what, notes));
  const containers = merged(pod.spec.containers, 'container');
  const initContainers = pod.spec.initContainers === undefined ? undefined : merged(pod.spec.initContainers, 'init container');
  if (notes.length === 0) return pod;
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}` };
  const spec: PodSpec = { ...pod.spec, containers, ...(initContainers === undefined ? {} : { initContainers }) };
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec };
}

function withContainerDefaults(container: Container, defaults: Defaults, what: string, notes: string[]): Container {
  const { requests, limits } = container.resources ?? {};
  const missing = (given: ResourceList | undefined, wanted: ResourceList) => Object.keys(wanted).filter((name) => given === undefined || !Object.hasOwn(given, name)).sort();
  const newRequests = missing(requests, defaults.requests);
  const newLimits = missing(limits, defaults.limits);
  if (newRequests.length === 0 && newLimits.length === 0) return container;
  if (newRequests.length > 0) notes.push(`${newRequests.join(', ')} request for ${what} ${container.name}`);
  if (newLimits.length > 0) notes.push(`${newLimits.join(', ')} limit for ${what} ${container.name}`);
  return {
    ...container,
    resources: {
      ...container.resources,
      ...(newLimits.length === 0 ? {} : { limits: { ...defaults.limits, ...limits } }), ...(newRequests.length === 0 ? {} : { requests: { ...defaults.requests, ...requests } }),
    },
  };
}

/** Kubernetes: PodValidateLimitFunc. */
function podViolations({ spec: { limits } }: LimitRange, { spec }: Pod): readonly string[] {
  return limits.flatMap((item) => {
    if (item.type === 'Pod') return violationsOf(item, specAmounts(spec, 'requests'), specAmounts(spec, 'limits'));
    if (item.type !== 'Container') return [];
    return [...spec.containers, ...(spec.initContainers ?? [])]
      .flatMap(({ resources }) => violationsOf(item, amountsOf(resources?.requests), amountsOf(resources?.limits)));
  });
}

function claimViolations({ spec: { limits } }: LimitRange, { spec }: PersistentVolumeClaim): readonly string[] {
  return limits.filter(({ type }) => type === 'PersistentVolumeClaim').flatMap((item) => claimViolationsOf(item, amountsOf(spec.resources?.requests)));
}
