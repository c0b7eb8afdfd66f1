import { jsonEqual } from '../../base/index.ts';
import { type FlowSchema, formatTime, hasReason, type KubernetesObject, type NewObject } from '../../api/index.ts';
import type { Transport } from '../../client/index.ts';
import { localApiServices } from '../aggregator/index.ts';
import {
  type AdvertisedAddress, authenticationConfigMap, bootstrapNamespaces, bootstrapPriorityClasses, defaultServiceCidr, kubernetesEndpoints, kubernetesEndpointSlice, kubernetesService, readyServiceCidrStatus,
} from './objects.ts';
import { bootstrapFlowSchemas, bootstrapPriorityLevels, danglingCondition } from '../flowcontrol/index.ts';
import { serviceIpAddress } from '../registry/services/address-keeper.ts';
import { bootstrapClusterRoleBindings, bootstrapClusterRoles, bootstrapNamespaceRoles, labRole } from './rbac/policy.ts';
import { reconcileBinding, reconcileRole } from './rbac/reconcile.ts';
import { seed, type Seed, type SeedOptions } from './seed.ts';

const RBAC = 'rbac.authorization.k8s.io';
const FLOWCONTROL = 'flowcontrol.apiserver.k8s.io';
const NETWORKING = 'networking.k8s.io';

export interface BootstrapOptions extends SeedOptions {
  /** A transport that may do everything. */
  readonly transport: Transport;
  readonly address: AdvertisedAddress;
  /** The first address of the Service range. */
  readonly kubernetesIp: string;
  /** E.g. 10.96.0.0/12. */
  readonly serviceRange: string;
  /** PEM; '' where there is none. */
  readonly clientCa: string;
  /** PEM of the authority behind the front proxy's certificate; '' where there is none. */
  readonly requestHeaderCa: string;
}

/** Writes what every cluster has, where it is not there yet. Safe to run at every start. */
export async function bootstrap(options: BootstrapOptions): Promise<void> {
  const wanted = bootstrapObjects(options);
  if (options.store.status().keyCount === 0) return seed(options, wanted);
  for (const each of wanted) await ensure(options, each);
}

interface BootstrapObject extends Seed {
  readonly reconcile?: Reconcile;
}

function bootstrapObjects({ address, kubernetesIp, serviceRange, clientCa, requestHeaderCa, endpoints }: BootstrapOptions): readonly BootstrapObject[] {
  const wanted: BootstrapObject[] = [];
  const add = (group: string, resource: string, object: NewObject<KubernetesObject>, reconcile: Reconcile = keep) => wanted.push({ group, resource, object, reconcile });
  for (const object of bootstrapNamespaces()) add('', 'namespaces', object);
  for (const object of bootstrapPriorityClasses()) add('scheduling.k8s.io', 'priorityclasses', object);
  for (const object of bootstrapClusterRoles()) add(RBAC, 'clusterroles', object, reconcileRole);
  const [role, binding] = labRole();
  add(RBAC, 'clusterroles', role);
  add(RBAC, 'clusterrolebindings', binding);
  for (const object of bootstrapClusterRoleBindings()) add(RBAC, 'clusterrolebindings', object, reconcileBinding);
  for (const object of bootstrapNamespaceRoles()) {
    if (object.kind === 'Role') add(RBAC, 'roles', object, reconcileRole);
    else add(RBAC, 'rolebindings', object, reconcileBinding);
  }
  // Flow control keeps them from here on.
  for (const { object } of bootstrapPriorityLevels) add(FLOWCONTROL, 'prioritylevelconfigurations', object as unknown as NewObject<KubernetesObject>);
  for (const { object } of bootstrapFlowSchemas) {
    const status = (now: string) => ({ conditions: [danglingCondition(object as unknown as FlowSchema, false, now)] });
    wanted.push({ group: FLOWCONTROL, resource: 'flowschemas', object: object as unknown as NewObject<KubernetesObject>, status });
  }
  add('', 'configmaps', authenticationConfigMap(clientCa, requestHeaderCa), replaceFields('data'));
  // Those of CustomResourceDefinitions come and go while the server runs.
  for (const object of localApiServices(endpoints.all().filter(({ custom }) => custom === undefined)).values()) add('apiregistration.k8s.io', 'apiservices', object);
  wanted.push({ group: NETWORKING, resource: 'servicecidrs', object: defaultServiceCidr(serviceRange), status: readyServiceCidrStatus });
  add(NETWORKING, 'ipaddresses', serviceIpAddress(kubernetesIp, 'default', 'kubernetes'));
  add('', 'services', kubernetesService(kubernetesIp, address));
  add('', 'endpoints', kubernetesEndpoints(address), replaceFields('subsets'));
  add('discovery.k8s.io', 'endpointslices', kubernetesEndpointSlice(address), replaceFields('endpoints', 'ports'));
  return wanted;
}

/** The object as it should be; the same object where it is fine; 'recreate' where it can't become that. */
type Reconcile = (current: KubernetesObject, wanted: NewObject<KubernetesObject>) => KubernetesObject | 'recreate';

const keep: Reconcile = (current) => current;

async function ensure(options: BootstrapOptions, { group, resource, object: wanted, reconcile = keep, status }: BootstrapObject): Promise<void> {
  const { transport, endpoints, clock } = options;
  if (endpoints.get(group, 'v1', resource) === undefined) return;
  const { name = '', namespace } = wanted.metadata;
  const target = { group, version: 'v1', resource, ...(namespace === undefined ? {} : { namespace }) };
  try {
    const current = await transport.request({ ...target, verb: 'get', name }) as KubernetesObject;
    const next = reconcile(current, wanted);
    if (next === 'recreate') {
      await transport.request({ ...target, verb: 'delete', name });
      await transport.request({ ...target, verb: 'create', body: wanted });
    } else if (next !== current) await transport.request({ ...target, verb: 'update', name, body: next });
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
    const created = await transport.request({ ...target, verb: 'create', body: wanted }) as KubernetesObject;
    if (status === undefined) return;
    const body = { ...created, status: status(formatTime(clock.nowMs())) };
    await transport.request({ ...target, verb: 'update', subresource: 'status', name, body });
  }
}

function replaceFields(...fields: readonly string[]): Reconcile {
  return (current, wanted) => {
    const from = wanted as unknown as Readonly<Record<string, unknown>>;
    const changes: Record<string, unknown> = {};
    for (const field of fields) {
      if (!jsonEqual((current as unknown as Readonly<Record<string, unknown>>)[field], from[field])) changes[field] = from[field];
    }
    return Object.keys(changes).length === 0 ? current : { ...current, ...changes } as KubernetesObject;
  };
}
