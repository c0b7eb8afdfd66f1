import { DisposableStore } from '../base/index.ts';
import { builtinResources, type ComponentHealth, useExpressionCompiler } from '../api/index.ts';
import type { Clock, Random } from '../world/index.ts';
import type { Transport } from '../client/index.ts';
import { AdmissionChain, defaultPlugins, policyExpressionCompiler } from './admission/index.ts';
import { createAggregator } from './aggregator/index.ts';
import type { ApiServerOptions } from './api-server-options.ts';
import { CustomResources, withRuleChecks } from './apiextensions/index.ts';
import { Impersonator } from './authentication/index.ts';
import { createAuthorizers } from './authorizers.ts';
import { bootstrap } from './bootstrap/index.ts';
import { startCompaction } from './compaction.ts';
import { EventExpiry } from './event-expiry.ts';
import { FlowControl, ObjectStatistics } from './flowcontrol/index.ts';
import { NO_OUTBOUND } from './outbound.ts';
import { admitConnection } from './registry/admit-connection.ts';
import type { RegistryDeps } from './registry/call.ts';
import { forgetWriteFailure, writeFailureOf } from './registry/commit.ts';
import { defaultWriteHooks } from './registry/default-write-hooks.ts';
import { AddressKeeper } from './registry/services/address-keeper.ts';
import { numberToIp, parseIpRange } from './registry/services/ip-range.ts';
import { specialHandlers } from './registry/special.ts';
import { attributesOf } from './request-attributes.ts';
import { createRequestPath } from './request-path.ts';
import { type CacheOf, Endpoints } from './resource-table.ts';
import type { ApiServer, UserInfo } from './server.ts';
import { createTokenChain } from './token-authenticators.ts';
import { RequestTraces } from './tracing/index.ts';
import { WatchCache } from './watchcache/index.ts';
import { createWebhookClient } from './webhook-client.ts';

/** Kubernetes' default for a cluster made by kubeadm. */
const SERVICE_RANGE = '10.96.0.0/12';
const FLOWCONTROL = 'flowcontrol.apiserver.k8s.io';
/** What bootstrap() does, as upstream's health checks name it. */
const BOOTSTRAP_HOOKS = [
  'poststarthook/start-system-namespaces-controller', 'poststarthook/start-cluster-authentication-info-controller', 'poststarthook/rbac/bootstrap-roles',
  'poststarthook/scheduling/bootstrap-system-priority-classes', 'poststarthook/bootstrap-controller', 'poststarthook/start-kubernetes-service-cidr-controller',
];
const AGGREGATION_HOOKS = [
  'poststarthook/apiservice-registration-controller', 'poststarthook/apiservice-status-remote-available-controller', 'poststarthook/apiservice-discovery-controller',
  'poststarthook/kube-apiserver-autoregistration', 'autoregister-completion',
];
const DEFAULT_AUDIENCE = 'https://kubernetes.default.svc.cluster.local';
/** The API server's own identity. Kubernetes: system:apiserver. */
const LOOPBACK_USER: UserInfo = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

/** Builds an API server on a store. Nothing is read before start(). */
export function createApiServer(options: ApiServerOptions): ApiServer {
  useExpressionCompiler(policyExpressionCompiler);
  const { world, store } = options;
  const { clock, random } = world;
  const watchCache = new WatchCache(store, clock);
  const endpoints = new Endpoints(watchCache);
  for (const definition of options.resources ?? builtinResources) endpoints.add(withRuleChecks(definition));
  const cacheOf: CacheOf = (group, resource) => endpoints.cacheOf(group, resource);
  const pods = cacheOf('', 'pods');
  const services = cacheOf('', 'services');
  const serviceRange = parseIpRange(options.serviceRange ?? SERVICE_RANGE);
  /** The server's own way in. */
  const transport = (): Transport => path.transportFor(LOOPBACK_USER);

  const authorizers = createAuthorizers(cacheOf);
  const { authorize, checkAllowed, rbac, rbacSources: { roles, clusterRoles }, node } = authorizers;

  const { tokenSigner } = options;
  const outbound = options.outbound ?? NO_OUTBOUND;
  const audiences = options.audiences ?? [tokenSigner?.issuer ?? DEFAULT_AUDIENCE];
  const tokenChain = createTokenChain({ options, clock, outbound, cacheOf, audiences, transport });
  const impersonator = new Impersonator(authorize);

  const webhooks = createWebhookClient(outbound, services);
  const aggregator = createAggregator({ clock, outbound, resources: endpoints, cacheOf, transport });
  const registry: RegistryDeps = {
    store, clock, random, watchCache,
    admission: new AdmissionChain(defaultPlugins({
      configuration: options.admission ?? {},
      clock, random, cacheOf, authorize, webhooks, resources: endpoints, equivalents: (definition) => endpoints.sharing(definition),
      convert: (object, from, to) => endpoints.convert(object, from, to), transport,
    })),
    authorizeCreate: (call, name) => void checkAllowed(call.user, { ...attributesOf(call.request, call.namespace), verb: 'create', name }),
    hooks: defaultWriteHooks({ endpoints, cacheOf, authorizers, random, serviceCidr: serviceRange.cidr, verifySignature: options.verifySignature }),
  };
  const traces = new RequestTraces(clock);
  const special = specialHandlers({
    traces, askComponents: () => new Map([['etcd-0', healthOf(writeFailureOf(store))], ...options.components?.() ?? []]),
    authorize, authenticate: (token, wanted) => tokenChain.authenticate(token, wanted), audiences, rbac, explanations: { rbac, node, authorize, roles, clusterRoles },
    pods: endpoints.find('', 'v1', 'pods'), disruptionBudgets: { budgets: cacheOf('policy', 'poddisruptionbudgets'), transport },
    tokens: tokenSigner === undefined ? undefined : { signer: tokenSigner, pods, secrets: cacheOf('', 'secrets'), nodes: cacheOf('', 'nodes'), audiences },
  });
  const path = createRequestPath({ registry, endpoints, special, checkAllowed, traces });

  const definitions = endpoints.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
  const customResources = definitions === undefined ? undefined : new CustomResources({ endpoints, definitions: definitions.cache, transport: transport(), clock, webhooks, newUid: () => random.uuid() });
  const flowControl = options.priorityAndFairness === false ? undefined : createFlowControl({ clock, random, endpoints, transport: transport() });
  const running = new DisposableStore();
  const hooks: string[] = [];
  return {
    async start() {
      await watchCache.start();
      const keeper = new AddressKeeper({ store, clock, random, services, addresses: cacheOf('networking.k8s.io', 'ipaddresses') });
      running.add({ dispose: () => keeper.stop() });
      hooks.push('informer-sync');
      if (customResources !== undefined) {
        await customResources.start();
        hooks.push('poststarthook/start-apiextensions-controllers', 'poststarthook/crd-informer-synced');
      }
      await bootstrap({
        transport: transport(), store, clock, random, endpoints, address: options.address,
        kubernetesIp: numberToIp(serviceRange.base + 1), serviceRange: serviceRange.cidr, clientCa: options.clientCa ?? '', requestHeaderCa: options.frontProxyCa ?? '',
      });
      const expiry = new EventExpiry(cacheOf('', 'events'), store, clock);
      expiry.start();
      running.add({ dispose: () => expiry.stop() });
      running.add(startCompaction(store, clock));
      running.add(aggregator.start());
      hooks.push(...BOOTSTRAP_HOOKS, ...AGGREGATION_HOOKS);
      if (flowControl !== undefined) {
        running.add(flowControl.start());
        hooks.push('poststarthook/priority-and-fairness-config-consumer', 'poststarthook/priority-and-fairness-filter', 'poststarthook/priority-and-fairness-config-producer');
      }
    },
    stop() {
      customResources?.stop();
      running.dispose();
      watchCache.stop();
      forgetWriteFailure(store);
    },
    ...path,
    authorize,
    admitConnection: (user, { options: connectOptions, ...target }) => admitConnection(registry, endpoints, user, target, connectOptions),
    writeFailure: () => writeFailureOf(store),
    authenticateToken: (token) => tokenChain.authenticate(token),
    impersonate: (user, wanted, attributes) => impersonator.impersonate(user, wanted, attributes),
    resources: endpoints,
    aggregator,
    startHooks: () => hooks,
    objectCounts: () => endpoints.counts(),
    ...(flowControl === undefined ? {} : { flowControl }),
  };
}

/** undefined: the kinds that say what is fair are not served. */
function createFlowControl({ clock, random, endpoints, transport }: { readonly clock: Clock; readonly random: Random; readonly endpoints: Endpoints; readonly transport: Transport }): FlowControl | undefined {
  const flowSchemas = endpoints.cacheOfAny(FLOWCONTROL, 'flowschemas');
  const priorityLevels = endpoints.cacheOfAny(FLOWCONTROL, 'prioritylevelconfigurations');
  if (flowSchemas === undefined || priorityLevels === undefined) return undefined;
  const statistics = new ObjectStatistics(clock);
  const stats = (group: string, resource: string) => {
    const cache = endpoints.cacheOfAny(group, resource);
    return cache === undefined ? undefined : statistics.of(cache);
  };
  return new FlowControl({ clock, random, flowSchemas, priorityLevels, transport, stats });
}

/** As upstream's probe of etcd puts it. */
function healthOf(failure: string | undefined): ComponentHealth {
  return failure === undefined ? { healthy: true, message: 'ok' } : { healthy: false, message: failure };
}
