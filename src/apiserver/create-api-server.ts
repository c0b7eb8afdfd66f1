import { type Disposable, DisposableStore, messageOf } from '../base/index.ts';
import { builtinResources, type ComponentHealth, newStatusError, type ResourceDefinition, StatusError, useExpressionCompiler } from '../api/index.ts';
import type { ApiRequest, Transport, WatchSink } from '../client/index.ts';
import type { Store } from '../etcd/index.ts';
import type { World } from '../world/index.ts';
import { AdmissionChain, type AdmissionConfiguration, defaultPlugins, policyExpressionCompiler } from './admission/index.ts';
import { createAggregator } from './aggregator/index.ts';
import {
  type AuthenticationConfiguration, bootstrapTokenUser, forServerOnly, Impersonator, type JsonWebSignatures, JwtAuthenticator, labelLastUse, ServiceAccountAuthenticator, TokenChain, type TokenSigner,
  validateAuthenticationConfiguration,
} from './authentication/index.ts';
import { newUnauthorizedRequest, NodeAuthorizer, RbacAuthorizer } from './authorization/index.ts';
import { CustomResources, withRuleChecks } from './apiextensions/index.ts';
import { type AdvertisedAddress, bootstrap } from './bootstrap/index.ts';
import { startCompaction } from './compaction.ts';
import { newBadRequest, newInternalError, newUnknownResource } from './errors.ts';
import { EventExpiry } from './event-expiry.ts';
import { FlowControl, ObjectStatistics } from './flowcontrol/index.ts';
import { NO_OUTBOUND, type Outbound } from './outbound.ts';
import { type Call, NO_QUERY, type RegistryDeps } from './registry/call.ts';
import { admitConnection } from './registry/admit-connection.ts';
import { forgetWriteFailure, writeFailureOf } from './registry/commit.ts';
import { certificateHook, type SignatureVerifier } from './registry/certificate-hook.ts';
import { policyBindingHook, policyHook } from './registry/policy-hook.ts';
import { bindingHook, roleHook } from './registry/rbac-hook.ts';
import { watchObjects } from './registry/read.ts';
import { watchComputed } from './registry/computed.ts';
import { computedOf, handle } from './registry/registry.ts';
import { numberToIp, parseIpRange } from './registry/services/ip-range.ts';
import { AddressKeeper } from './registry/services/address-keeper.ts';
import { serviceHook } from './registry/services/service-hook.ts';
import { specialHandlers } from './registry/special.ts';
import { Endpoints } from './resource-table.ts';
import type { ApiResponse, ApiServer, AuthorizationAttributes, AuthorizationDecision, RequestContext, UserInfo } from './server.ts';
import { type RequestNote, RequestTraces } from './tracing/index.ts';
import { type ResourceCache, WatchCache } from './watchcache/index.ts';
import { createWebhookClient } from './webhook-client.ts';

export interface ApiServerOptions {
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly store: Store;
  /** All kinds that are served. Default: every built-in one. */
  readonly resources?: readonly ResourceDefinition[];
  /** Where pods reach the API server; what the Service default/kubernetes leads to. */
  readonly address: AdvertisedAddress;
  /** Kubernetes: --service-cluster-ip-range. Default 10.96.0.0/12. */
  readonly serviceRange?: string;
  /** Kubernetes: --admission-control-config-file. */
  readonly admission?: AdmissionConfiguration;
  /** Signs service account tokens; without one there are none. */
  readonly tokenSigner?: TokenSigner;
  /** What tokens are good for where a request does not say. Default: the issuer's name. */
  readonly audiences?: readonly string[];
  /** Bearer tokens that stand for a user. Kubernetes: --token-auth-file. */
  readonly tokens?: ReadonlyMap<string, UserInfo>;
  /** Whose tokens are taken besides. Kubernetes: --authentication-config. Where something is wrong with it, createApiServer throws an Error with upstream's text. */
  readonly authenticationConfiguration?: AuthenticationConfiguration;
  /** Checks the signatures of those tokens. Default: none is good. */
  readonly signatures?: JsonWebSignatures;
  /** How the other components are, for componentstatuses. Default: nobody else is known. */
  readonly components?: () => ReadonlyMap<string, ComponentHealth>;
  /** PEM of the authority that signs client certificates. */
  readonly clientCa?: string;
  /** Checks that certificate requests are signed with their own key. Default: nobody does. */
  readonly verifySignature?: SignatureVerifier;
  /** PEM of the authority that signs the certificate with which this server calls aggregated ones. Kubernetes: --requestheader-client-ca-file. */
  readonly frontProxyCa?: string;
  /** How webhooks and aggregated servers are called. Default: nobody can be reached. */
  readonly outbound?: Outbound;
  /** Kubernetes: --enable-priority-and-fairness. Default true. */
  readonly priorityAndFairness?: boolean;
}

/** Kubernetes' default for a cluster made by kubeadm. */
const SERVICE_RANGE = '10.96.0.0/12';
const RBAC = 'rbac.authorization.k8s.io';
const ADMISSION = 'admissionregistration.k8s.io';
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
  const cacheOf = (group: string, resource: string) => endpoints.cacheOf(group, resource);
  const pods = cacheOf('', 'pods');
  const serviceAccounts = cacheOf('', 'serviceaccounts');
  const services = cacheOf('', 'services');
  const addresses = cacheOf('networking.k8s.io', 'ipaddresses');
  const serviceRange = parseIpRange(options.serviceRange ?? SERVICE_RANGE);

  const rbacSources = {
    roles: cacheOf(RBAC, 'roles'), roleBindings: cacheOf(RBAC, 'rolebindings'),
    clusterRoles: cacheOf(RBAC, 'clusterroles'), clusterRoleBindings: cacheOf(RBAC, 'clusterrolebindings'),
  };
  const rbac = new RbacAuthorizer(rbacSources);
  const node = new NodeAuthorizer({
    pods, claims: cacheOf('', 'persistentvolumeclaims'), volumes: cacheOf('', 'persistentvolumes'),
    attachments: cacheOf('storage.k8s.io', 'volumeattachments'), slices: cacheOf('resource.k8s.io', 'resourceslices'),
  });
  const authorize = (user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision => {
    const first = node.authorize(user, attributes);
    if (first?.allowed === true) return first;
    const second = rbac.authorize(user, attributes);
    if (second.allowed || first === undefined || first.reason === '') return second;
    return second.reason === '' ? first : { allowed: false, reason: `${first.reason}\n${second.reason}` };
  };

  const policySources = { authorize, resources: () => endpoints.all() };
  const rbacHookSources = { rbac, authorize, roles: rbacSources.roles, clusterRoles: rbacSources.clusterRoles };
  /** Why the user may. Throws Forbidden. */
  const checkAllowed = (user: UserInfo, attributes: AuthorizationAttributes): string => {
    const decision = authorize(user, attributes);
    if (!decision.allowed) throw newUnauthorizedRequest(user, attributes, decision.reason);
    return decision.reason;
  };

  const { tokenSigner } = options;
  const outbound = options.outbound ?? NO_OUTBOUND;
  const misconfigured = options.authenticationConfiguration === undefined ? undefined : validateAuthenticationConfiguration(options.authenticationConfiguration, tokenSigner === undefined ? [] : [tokenSigner.issuer]);
  if (misconfigured !== undefined) throw new Error(misconfigured);
  const audiences = options.audiences ?? [tokenSigner?.issuer ?? DEFAULT_AUDIENCE];
  const secrets = cacheOf('', 'secrets');
  const tokenChain = new TokenChain([
    forServerOnly(audiences, (token) => options.tokens?.get(token)),
    ...(tokenSigner === undefined ? [] : [new ServiceAccountAuthenticator({
      signer: tokenSigner, clock, serviceAccounts, pods, secrets, nodes: cacheOf('', 'nodes'), audiences,
      onLegacyUse: (secret) => labelLastUse(secret, transportFor(LOOPBACK_USER), clock),
    })]),
    forServerOnly(audiences, (token) => bootstrapTokenUser(token, secrets, clock)),
    // Behind the service accounts', since these may ask the issuer for its keys.
    ...(options.authenticationConfiguration?.jwt ?? []).map((each) => new JwtAuthenticator(each, { outbound, clock, signatures: options.signatures ?? { verify: () => false }, serverAudiences: audiences })),
  ], audiences);
  const impersonator = new Impersonator(authorize);

  const webhooks = createWebhookClient(outbound, services);
  const aggregator = createAggregator({ clock, outbound, resources: endpoints, cacheOf, transport: () => transportFor(LOOPBACK_USER) });
  const deps: RegistryDeps = {
    store, clock, random, watchCache,
    admission: new AdmissionChain(defaultPlugins({
      configuration: options.admission ?? {},
      clock, random, cacheOf, authorize, webhooks, resources: endpoints, equivalents: (definition) => endpoints.sharing(definition),
      convert: (object, from, to) => endpoints.convert(object, from, to), transport: () => transportFor(LOOPBACK_USER),
    })),
    authorizeCreate: (call, name) => void checkAllowed(call.user, { ...attributesOf(call.request, call.namespace), verb: 'create', name }),
    hooks: new Map([
      [cacheOf('certificates.k8s.io', 'certificatesigningrequests').prefix, certificateHook(options.verifySignature)],
      [cacheOf(ADMISSION, 'validatingadmissionpolicies').prefix, policyHook(policySources)],
      [cacheOf(ADMISSION, 'mutatingadmissionpolicies').prefix, policyHook(policySources)],
      [cacheOf(ADMISSION, 'validatingadmissionpolicybindings').prefix, policyBindingHook(policySources, cacheOf(ADMISSION, 'validatingadmissionpolicies'), false)],
      [cacheOf(ADMISSION, 'mutatingadmissionpolicybindings').prefix, policyBindingHook(policySources, cacheOf(ADMISSION, 'mutatingadmissionpolicies'), true)],
      [services.prefix, serviceHook(services, addresses, random, serviceRange.cidr)],
      [rbacSources.roles.prefix, roleHook(rbacHookSources)], [rbacSources.clusterRoles.prefix, roleHook(rbacHookSources)],
      [rbacSources.roleBindings.prefix, bindingHook(rbacHookSources)], [rbacSources.clusterRoleBindings.prefix, bindingHook(rbacHookSources)],
    ]),
  };
  const traces = new RequestTraces(clock);
  const special = specialHandlers({
    traces, askComponents: () => new Map([['etcd-0', healthOf(writeFailureOf(store))], ...options.components?.() ?? []]),
    authorize, authenticate: (token, wanted) => tokenChain.authenticate(token, wanted), audiences, rbac, explanations: { rbac, node, authorize, roles: rbacSources.roles, clusterRoles: rbacSources.clusterRoles }, pods: endpoints.find('', 'v1', 'pods'), disruptionBudgets: { budgets: cacheOf('policy', 'poddisruptionbudgets'), transport: () => transportFor(LOOPBACK_USER) },
    tokens: tokenSigner === undefined ? undefined : { signer: tokenSigner, pods, secrets, nodes: cacheOf('', 'nodes'), audiences },
  });

  /** A request that is allowed. Throws StatusError. */
  const newCall = (user: UserInfo, request: ApiRequest, untrusted: boolean, note: RequestNote, context?: RequestContext): Call => {
    // Caches that are being filled again would say that nothing exists, and that nobody may do anything.
    if (!watchCache.isLoaded) throw newStatusError(429, 'TooManyRequests', 'storage is (re)initializing', { retryAfterSeconds: 1 });
    const endpoint = endpoints.find(request.group, request.version, request.resource);
    if (endpoint === undefined) throw newUnknownResource();
    const { definition } = endpoint;
    const namespace = definition.namespaced ? request.namespace ?? '' : '';
    note.authorization = checkAllowed(user, attributesOf(request, namespace));
    if (note.isTimed) note.authorizedMs = clock.elapsedMs();
    const { verb } = request;
    if (namespace === '' && definition.namespaced && verb !== 'list' && verb !== 'watch' && verb !== 'deletecollection') {
      throw newBadRequest('an empty namespace may not be set during creation');
    }
    const query = request.query ?? NO_QUERY;
    return { user, request, endpoint, query, namespace, dryRun: query.dryRun === 'All', untrusted, note, code: 200, warnings: undefined, auditAnnotations: context?.annotations, deadline: context?.deadline };
  };

  const request = async (user: UserInfo, apiRequest: ApiRequest, context?: RequestContext): Promise<ApiResponse> => {
    const note = traces.begin(user, apiRequest);
    try {
      const call = newCall(user, apiRequest, true, note, context);
      const object = await handle(deps, special, call);
      traces.end(note, call.code);
      return { code: call.code, object, warnings: call.warnings ?? [] };
    } catch (error) {
      const refusal = asStatusError(error);
      traces.end(note, refusal.code, refusal);
      throw refusal;
    }
  };

  const watch = (user: UserInfo, apiRequest: Omit<ApiRequest, 'verb'>, sink: WatchSink): Disposable => {
    const watchRequest: ApiRequest = { ...apiRequest, verb: 'watch' };
    const note = traces.begin(user, watchRequest);
    try {
      const call = newCall(user, watchRequest, false, note);
      const started = call.endpoint.definition.computed === true ? watchComputed(deps, computedOf(special.computed, call), call, sink) : watchObjects(deps, call, sink);
      traces.end(note, 200);
      return started;
    } catch (error) {
      traces.end(note, asStatusError(error).code, error);
      let disposed = false;
      queueMicrotask(() => {
        if (!disposed) sink.onClose(asStatusError(error));
      });
      return {
        dispose: () => {
          disposed = true;
        },
      };
    }
  };

  /** As few promises as can be: a read is answered at once. */
  const requestInProcess = (user: UserInfo, apiRequest: ApiRequest): Promise<unknown> => {
    const note = apiRequest.verb === 'get' || apiRequest.verb === 'list' ? traces.beginRead(user, apiRequest) : traces.begin(user, apiRequest);
    try {
      const call = newCall(user, apiRequest, false, note);
      const result = handle(deps, special, call);
      if (result instanceof Promise) {
        result.then(() => traces.end(note, call.code), (error: unknown) => traces.end(note, asStatusError(error).code, error));
        return result;
      }
      traces.end(note, call.code);
      return Promise.resolve(result);
    } catch (error) {
      traces.end(note, asStatusError(error).code, error);
      return Promise.reject(error);
    }
  };
  const transportFor = (user: UserInfo): Transport => ({
    request: (apiRequest) => requestInProcess(user, apiRequest),
    watch: (apiRequest, sink) => watch(user, apiRequest, sink),
  });

  const newFlowControl = (flowSchemas: ResourceCache, priorityLevels: ResourceCache): FlowControl => {
    const statistics = new ObjectStatistics(clock);
    const stats = (group: string, resource: string) => {
      const cache = endpoints.cacheOfAny(group, resource);
      return cache === undefined ? undefined : statistics.of(cache);
    };
    return new FlowControl({ clock, random, flowSchemas, priorityLevels, transport: transportFor(LOOPBACK_USER), stats });
  };

  const definitions = endpoints.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
  const customResources = definitions === undefined ? undefined : new CustomResources({ endpoints, definitions: definitions.cache, transport: transportFor(LOOPBACK_USER), clock, webhooks, newUid: () => random.uuid() });
  const flowCaches = [endpoints.find(FLOWCONTROL, 'v1', 'flowschemas')?.cache, endpoints.find(FLOWCONTROL, 'v1', 'prioritylevelconfigurations')?.cache] as const;
  const flowControl = options.priorityAndFairness === false || flowCaches[0] === undefined || flowCaches[1] === undefined ? undefined : newFlowControl(flowCaches[0], flowCaches[1]);
  const running = new DisposableStore();
  const hooks: string[] = [];
  return {
    async start() {
      await watchCache.start();
      const keeper = new AddressKeeper({ store, clock, random, services, addresses });
      running.add({ dispose: () => keeper.stop() });
      hooks.push('informer-sync');
      if (customResources !== undefined) {
        await customResources.start();
        hooks.push('poststarthook/start-apiextensions-controllers', 'poststarthook/crd-informer-synced');
      }
      await bootstrap({
        transport: transportFor(LOOPBACK_USER), store, clock, random, endpoints, address: options.address,
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
    transportFor,
    request,
    watch,
    authorize,
    admitConnection: (user, { options: connectOptions, ...target }) => admitConnection(deps, endpoints, user, target, connectOptions),
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

function attributesOf(request: ApiRequest, namespace: string): AuthorizationAttributes {
  const { verb, group, resource, subresource = '', name = '', query } = request;
  const many = verb === 'list' || verb === 'watch' || verb === 'deletecollection';
  // A namespace is inside of itself. Kubernetes: RequestInfoFactory.
  const within = resource === 'namespaces' && group === '' ? name : namespace;
  return { verb, group, resource, subresource, namespace: within, fieldSelector: many ? query?.fieldSelector : undefined, name: many && name === '' && query?.fieldSelector !== undefined ? selectedName(query.fieldSelector) : name };
}

/** A list or watch of one name is a request for that name. Kubernetes: RequestInfoFactory. */
function selectedName(fieldSelector: string): string {
  return /(?:^|,)metadata\.name==?([^,=]+)(?:,|$)/.exec(fieldSelector)?.[1] ?? '';
}

/** As upstream's probe of etcd puts it. */
function healthOf(failure: string | undefined): ComponentHealth {
  return failure === undefined ? { healthy: true, message: 'ok' } : { healthy: false, message: failure };
}

/** A bug in Drydock is the client's 500. */
function asStatusError(error: unknown): StatusError {
  return error instanceof StatusError ? error : newInternalError(messageOf(error));
}
