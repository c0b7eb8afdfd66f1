import type { Container, PodSpec, PodTemplateSpec } from '../../types.ts';
import { mapShared } from '../strategy-parts.ts';
import { defaultContainer } from './container-defaults.ts';
import { defaultPodResources } from './pod-resources.ts';
import { defaultResourceList, defaultResources, requestsFromLimits } from './resource-defaults.ts';
import { defaultVolume } from './volume-defaults.ts';

const noSecurityContext = Object.freeze({});

/**
 * Specs that have all their defaults. The server freezes what it stores, so a spec that comes back in a template is the
 * very object that went through here before, and a thousand pods of one template cost one walk.
 */
const complete = new WeakSet<PodSpec>();

/** What SetDefaults_Pod makes of a template's spec, kept by the spec's identity. */
const podSpecs = new WeakMap<PodSpec, PodSpec>();

/** Defaults that templates and pods share. Kubernetes: SetDefaults_PodSpec and the containers' and volumes' part of SetObjectDefaults_Pod. */
function defaultPodSpec(spec: PodSpec): PodSpec {
  if (complete.has(spec)) return spec;
  const changes: { -readonly [K in keyof PodSpec]?: PodSpec[K] } = {};
  let changed = false;
  const set = <K extends keyof PodSpec>(key: K, value: PodSpec[K] | undefined) => {
    if (value === undefined || value === spec[key]) return;
    changes[key] = value;
    changed = true;
  };
  if (spec.volumes) set('volumes', defaultList(spec.volumes, defaultVolume));
  if (spec.initContainers) set('initContainers', defaultList(spec.initContainers, defaultContainer));
  if (spec.containers) set('containers', defaultList(spec.containers, defaultContainer));
  if (spec.ephemeralContainers) set('ephemeralContainers', defaultList(spec.ephemeralContainers, defaultContainer));
  if (!spec.restartPolicy) set('restartPolicy', 'Always');
  if (spec.terminationGracePeriodSeconds === undefined || spec.terminationGracePeriodSeconds === null) set('terminationGracePeriodSeconds', 30);
  if (!spec.dnsPolicy) set('dnsPolicy', 'ClusterFirst');
  if (spec.serviceAccountName !== spec.serviceAccount) {
    // the two are one field: serviceAccount is the old name. Kubernetes: Convert_v1_PodSpec_To_core_PodSpec
    const account = spec.serviceAccountName || spec.serviceAccount;
    set('serviceAccountName', account);
    set('serviceAccount', account);
  }
  if (!spec.securityContext) set('securityContext', noSecurityContext);
  if (!spec.schedulerName) set('schedulerName', 'default-scheduler');
  if (spec.overhead) set('overhead', defaultResourceList(spec.overhead));
  if (spec.resources) set('resources', defaultResources(spec.resources));
  const result: PodSpec = changed ? { ...spec, ...changes } : spec;
  complete.add(result);
  return result;
}

/** Lists that have all their defaults: a pod that is bound to a node has a new spec with the old containers. */
const completeLists = new WeakSet<readonly unknown[]>();

function defaultList<T>(list: readonly T[], defaultItem: (item: T) => T): readonly T[] {
  if (completeLists.has(list)) return list;
  const result = mapShared(list, defaultItem);
  completeLists.add(result);
  return result;
}

const noSpec = Object.freeze({}) as PodSpec;

/** Defaults of a template; one that is missing gets them too, so that validation says what it lacks. */
export function defaultPodTemplate(template: PodTemplateSpec | undefined): PodTemplateSpec {
  const spec = defaultPodSpec(template?.spec ?? noSpec);
  return template !== undefined && spec === template.spec ? template : { ...template, spec };
}

/** Defaults of a pod's own spec: those of a template, requests from limits, service links, host ports. Kubernetes: SetObjectDefaults_Pod. */
export function defaultSpecOfPod(spec: PodSpec): PodSpec {
  const known = podSpecs.get(spec);
  if (known !== undefined) return known;
  const base = defaultPodSpec(spec);
  const hostNetwork = spec.hostNetwork === true;
  const podOnly = (container: Container): Container => {
    const withRequests = withRequestsFromLimits(container);
    return hostNetwork ? withHostPorts(withRequests) : withRequests;
  };
  const containers = base.containers ? mapShared(base.containers, podOnly) : base.containers;
  const initContainers = base.initContainers ? mapShared(base.initContainers, podOnly) : base.initContainers;
  const sameContainers = containers === base.containers && initContainers === base.initContainers;
  const resources = base.resources ? defaultPodResources({ ...base, containers, ...(initContainers ? { initContainers } : {}) }) : base.resources;
  const hasLinks = base.enableServiceLinks !== undefined && base.enableServiceLinks !== null;
  const result: PodSpec = sameContainers && hasLinks && resources === base.resources ? base : {
    ...base,
    ...(initContainers ? { initContainers } : {}),
    containers,
    enableServiceLinks: base.enableServiceLinks ?? true,
    ...(resources ? { resources } : {}),
  };
  complete.add(result);
  podSpecs.set(result, result);
  if (Object.isFrozen(spec)) podSpecs.set(spec, result);
  return result;
}

function withRequestsFromLimits(container: Container): Container {
  const resources = requestsFromLimits(container.resources);
  return resources === undefined || resources === container.resources ? container : { ...container, resources };
}

/** With host networking a container's port is the node's port. Kubernetes: defaultHostNetworkPorts. */
function withHostPorts(container: Container): Container {
  if (!container.ports) return container;
  const ports = mapShared(container.ports, (port) => (port.hostPort ? port : { ...port, hostPort: port.containerPort }));
  return ports === container.ports ? container : { ...container, ports };
}
