import { type Disposable, DisposableStore } from '../base/index.ts';
import { createClient, createEventRecorder, createInformerFactory, runLeaderElection, type Transport } from '../client/index.ts';
import type { World } from '../world/index.ts';
import { certificateSigning, type CertificateSigner, startCertificateApprover, startCertificateCleaner } from './certificates/index.ts';
import { startClusterRoleAggregationController } from './clusterroleaggregation/index.ts';
import { startDeploymentController } from './deployment/index.ts';
import { disruptionController } from './disruption/index.ts';
import { startEndpointsController } from './endpoints/index.ts';
import { startEndpointSliceController } from './endpointslice/index.ts';
import { startEndpointSliceMirroringController } from './endpointslicemirroring/index.ts';
import { garbageCollector } from './garbagecollector/index.ts';
import { namespaceController } from './namespace/index.ts';
import { startNodeLifecycleController, startTaintEvictionController } from './nodelifecycle/index.ts';
import { startPodGarbageCollector } from './podgc/index.ts';
import { startClaimProtectionController } from './pvcprotection/index.ts';
import { startVolumeProtectionController } from './pvprotection/index.ts';
import { startReplicaSetController } from './replicaset/index.ts';
import { startReplicationController } from './replicationcontroller/index.ts';
import { resourceQuotaController } from './resourcequota/index.ts';
import { rootCaCertificatePublisher } from './root-ca-certificate-publisher/index.ts';
import { type SecretTokens, serviceAccountTokens, startServiceAccountController } from './serviceaccount/index.ts';
import { startAttributesClassProtectionController } from './vacprotection/index.ts';
import { policyStatusController } from './validatingadmissionpolicystatus/index.ts';
import type { StartController } from './shared/context.ts';
import type { ServedResources } from './shared/resources.ts';

export type { ControllerContext, StartController } from './shared/context.ts';
export type { CertificateSigner } from './certificates/index.ts';
export type { ServedResource, ServedResources } from './shared/resources.ts';

/** Who a controller is to the API server. */
export interface ControllerUser {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface ControllersOptions {
  /** A way to the API server with the identity of user. */
  readonly transportFor: (user: ControllerUser) => Transport;
  readonly world: Pick<World, 'clock' | 'random'>;
  /** What kube-root-ca.crt holds. */
  readonly rootCertificatePem: string;
  /** Signs certificates with the cluster's authority. Default: approved requests wait for another signer. */
  readonly certificateSigner?: CertificateSigner;
  /** Signs the tokens of Secrets. Default: such Secrets stay empty. */
  readonly signToken?: SecretTokens['sign'];
  /** For the garbage collector and the namespace controller: all that may have owners or live in a namespace. */
  readonly resources: ServedResources;
  /** Runs for the Lease kube-system/kube-controller-manager under this identity, and works only while it leads. */
  readonly leaderIdentity?: string;
  /** Which controllers run, by name (e.g. deployment). Default: all. */
  readonly only?: readonly string[];
  /** Told of each failed pass; the controllers go on by themselves. */
  readonly onError?: (controller: string, key: string, error: unknown) => void;
}

interface Entry {
  /** As in --controllers, without "-controller". */
  readonly name: string;
  /** The ServiceAccount, where it is not <name>-controller. */
  readonly account?: string;
  /** It writes as the manager itself, which is there before any account is. */
  readonly asManager?: true;
  readonly start: StartController;
}

/** Runs the controllers: one set of informers for all, read as kube-controller-manager; each writes as itself. Kubernetes: kube-controller-manager. */
export function startControllers(options: ControllersOptions): Disposable {
  const { world, leaderIdentity } = options;
  if (leaderIdentity === undefined) return runControllers(options);
  return runLeaderElection({
    client: createClient(options.transportFor(managerUser)), clock: world.clock, random: world.random,
    namespace: 'kube-system', name: 'kube-controller-manager', identity: leaderIdentity, lead: () => runControllers(options),
  });
}

const managerUser: ControllerUser = { name: 'system:kube-controller-manager', groups: ['system:authenticated'] };

function serviceAccountUser(account: string): ControllerUser {
  return {
    name: `system:serviceaccount:kube-system:${account}`,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  };
}

function runControllers(options: ControllersOptions): Disposable {
  const { clock, random } = options.world;
  const onError = options.onError ?? (() => undefined);
  const disposables = new DisposableStore();
  const informers = disposables.add(createInformerFactory({
    client: createClient(options.transportFor(managerUser)), clock, onError: (ref, error) => onError('informer', ref.resource, error),
  }));
  for (const { name, account = `${name}-controller`, asManager, start } of entries(options)) {
    if (options.only !== undefined && !options.only.includes(name)) continue;
    const client = createClient(options.transportFor(asManager === true ? managerUser : serviceAccountUser(account)));
    const recorder = disposables.add(createEventRecorder({ client, clock, component: account }));
    disposables.add(start({ client, informers, recorder, clock, random, onError: (key, error) => onError(name, key, error) }));
  }
  informers.start();
  return disposables;
}

function entries(options: ControllersOptions): readonly Entry[] {
  return [
    { name: 'serviceaccount', account: 'service-account-controller', start: startServiceAccountController },
    ...(options.signToken === undefined ? [] : [
      { name: 'serviceaccount-token', asManager: true, start: serviceAccountTokens({ sign: options.signToken, rootCertificatePem: options.rootCertificatePem }) } as const,
    ]),
    { name: 'root-ca-certificate-publisher', account: 'root-ca-cert-publisher', start: rootCaCertificatePublisher(options.rootCertificatePem) },
    { name: 'deployment', start: startDeploymentController },
    { name: 'replicaset', start: startReplicaSetController },
    { name: 'replicationcontroller', account: 'replication-controller', start: startReplicationController },
    { name: 'endpoints', account: 'endpoint-controller', start: startEndpointsController },
    { name: 'endpointslice', start: startEndpointSliceController },
    { name: 'endpointslicemirroring', start: startEndpointSliceMirroringController },
    { name: 'namespace', start: namespaceController(options.resources) },
    { name: 'garbage-collector', account: 'generic-garbage-collector', start: garbageCollector(options.resources) },
    { name: 'node-lifecycle', account: 'node-controller', start: startNodeLifecycleController },
    { name: 'taint-eviction', account: 'node-controller', start: startTaintEvictionController },
    { name: 'clusterrole-aggregation', start: startClusterRoleAggregationController },
    { name: 'disruption', start: disruptionController(options.resources) },
    { name: 'resourcequota', start: resourceQuotaController(options.resources) },
    { name: 'persistentvolumeclaim-protection', account: 'pvc-protection-controller', start: startClaimProtectionController },
    { name: 'persistentvolume-protection', account: 'pv-protection-controller', start: startVolumeProtectionController },
    { name: 'volumeattributesclass-protection', account: 'volumeattributesclass-protection-controller', start: startAttributesClassProtectionController },
    { name: 'validatingadmissionpolicy-status', account: 'validatingadmissionpolicy-status-controller', start: policyStatusController(options.resources) },
    { name: 'pod-garbage-collector', account: 'pod-garbage-collector', start: startPodGarbageCollector },
    { name: 'certificatesigningrequest-approving', account: 'certificate-controller', start: startCertificateApprover },
    { name: 'certificatesigningrequest-cleaner', account: 'certificate-controller', start: startCertificateCleaner },
    ...(options.certificateSigner === undefined ? [] : [
      { name: 'certificatesigningrequest-signing', account: 'certificate-controller', start: certificateSigning(options.certificateSigner) },
    ]),
  ];
}
