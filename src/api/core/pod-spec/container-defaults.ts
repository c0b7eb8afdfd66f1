import type { Container, ContainerPort, EnvVar, HTTPGetAction, Lifecycle, LifecycleHandler, ObjectFieldSelector, Probe } from '../../types.ts';
import { mapShared } from '../strategy-parts.ts';
import { defaultPullPolicy } from './image-name.ts';
import { defaultResources } from './resource-defaults.ts';

/** Kubernetes: SetDefaults_Container and what SetObjectDefaults_Pod does below it; ephemeral containers get the same. */
export function defaultContainer<C extends Container>(container: C): C {
  const { ports, env, lifecycle } = container;
  const changes: { -readonly [K in keyof Container]?: Container[K] } = {};
  let changed = false;
  const set = <K extends keyof Container>(key: K, value: Container[K] | undefined) => {
    if (value === undefined || value === container[key]) return;
    changes[key] = value;
    changed = true;
  };
  if (!container.imagePullPolicy) set('imagePullPolicy', defaultPullPolicy(container.image ?? ''));
  if (!container.terminationMessagePath) set('terminationMessagePath', '/dev/termination-log');
  if (!container.terminationMessagePolicy) set('terminationMessagePolicy', 'File');
  if (ports) set('ports', mapShared(ports, defaultPort));
  if (env) set('env', mapShared(env, defaultEnvVar));
  set('resources', defaultResources(container.resources));
  set('livenessProbe', defaultProbe(container.livenessProbe));
  set('readinessProbe', defaultProbe(container.readinessProbe));
  set('startupProbe', defaultProbe(container.startupProbe));
  if (lifecycle) set('lifecycle', defaultLifecycle(lifecycle));
  return changed ? { ...container, ...changes } : container;
}

function defaultPort(port: ContainerPort): ContainerPort {
  return port.protocol ? port : { ...port, protocol: 'TCP' };
}

function defaultEnvVar(variable: EnvVar): EnvVar {
  const fieldRef = variable.valueFrom?.fieldRef;
  if (!fieldRef || fieldRef.apiVersion) return variable;
  return { ...variable, valueFrom: { ...variable.valueFrom, fieldRef: defaultFieldRef(fieldRef) } };
}

/** Kubernetes: SetDefaults_ObjectFieldSelector. */
export function defaultFieldRef(fieldRef: ObjectFieldSelector): ObjectFieldSelector {
  return fieldRef.apiVersion ? fieldRef : { apiVersion: 'v1', ...fieldRef };
}

/** Kubernetes: SetDefaults_Probe and SetDefaults_HTTPGetAction. A count of 0 means that it is not set. */
function defaultProbe(probe: Probe | undefined): Probe | undefined {
  if (!probe) return undefined;
  const httpGet = probe.httpGet ? defaultHttpGet(probe.httpGet) : undefined;
  const withService = probe.grpc && (probe.grpc.service === undefined || probe.grpc.service === null) ? { ...probe.grpc, service: '' } : probe.grpc;
  if (probe.timeoutSeconds && probe.periodSeconds && probe.successThreshold && probe.failureThreshold
    && httpGet === (probe.httpGet ?? undefined) && withService === probe.grpc) return probe;
  return {
    ...probe,
    ...(httpGet === undefined ? {} : { httpGet }),
    ...(withService === undefined ? {} : { grpc: withService }),
    timeoutSeconds: probe.timeoutSeconds || 1,
    periodSeconds: probe.periodSeconds || 10,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  };
}

function defaultHttpGet(action: HTTPGetAction): HTTPGetAction {
  if (action.path && action.scheme) return action;
  return { ...action, path: action.path || '/', scheme: action.scheme || 'HTTP' };
}

function defaultLifecycle(lifecycle: Lifecycle): Lifecycle {
  const postStart = defaultHandler(lifecycle.postStart);
  const preStop = defaultHandler(lifecycle.preStop);
  if (postStart === lifecycle.postStart && preStop === lifecycle.preStop) return lifecycle;
  return { ...lifecycle, ...(postStart === undefined ? {} : { postStart }), ...(preStop === undefined ? {} : { preStop }) };
}

function defaultHandler(handler: LifecycleHandler | undefined): LifecycleHandler | undefined {
  if (!handler?.httpGet) return handler;
  const httpGet = defaultHttpGet(handler.httpGet);
  return httpGet === handler.httpGet ? handler : { ...handler, httpGet };
}
