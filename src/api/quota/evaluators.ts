import type { PersistentVolumeClaim, ResourceV1ResourceClaim, ScopedResourceSelectorRequirement, Service } from '../types.ts';
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from '../quantity.ts';
import { objectCountEvaluator, objectCountName, type QuotaEvaluator, selectorMatches } from './evaluator.ts';
import { podEvaluator } from './pod-evaluator.ts';
import { type Amounts, countOf, ZERO } from './resource-list.ts';

const SERVICE_COUNT = objectCountName('', 'services');
const SERVICE_NAMES: readonly string[] = [SERVICE_COUNT, 'services', 'services.nodeports', 'services.loadbalancers'];

/** Kubernetes: pkg/quota/v1/evaluator/core/services.go. */
const serviceEvaluator: QuotaEvaluator = {
  matchingResources: (names) => names.filter((name) => SERVICE_NAMES.includes(name)),
  matchesScope: undefined,
  usage(object) {
    const { type, ports = [], allocateLoadBalancerNodePorts } = (object as Service).spec;
    const isBalancer = type === 'LoadBalancer';
    // Node ports are allocated later: the intent counts.
    const counted = isBalancer && allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => (nodePort ?? 0) !== 0) : isBalancer || type === 'NodePort' ? ports : [];
    return new Map([
      [SERVICE_COUNT, countOf(1)], ['services', countOf(1)], ['services.loadbalancers', countOf(isBalancer ? 1 : 0)], ['services.nodeports', countOf(counted.length)],
    ]);
  },
  updates: {
    subresources: [],
    admitted: () => true,
    replenishes: (next, old) => quotaType(next as Service) !== quotaType(old as Service),
  },
};

const quotaType = ({ spec: { type } }: Service): string => (type === 'NodePort' || type === 'LoadBalancer' ? type : '');

const CLAIM_COUNT = objectCountName('', 'persistentvolumeclaims');
const CLAIM_NAMES: readonly string[] = ['persistentvolumeclaims', 'requests.storage'];
const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';
const NANO = 1_000_000_000n;

/** Kubernetes: pkg/quota/v1/evaluator/core/persistent_volume_claims.go. */
const volumeClaimEvaluator: QuotaEvaluator = {
  matchingResources: (names) => names.filter((name) => name === CLAIM_COUNT || CLAIM_NAMES.includes(name) || CLAIM_NAMES.some((own) => name.endsWith(CLASS_SUFFIX + own))),
  matchesScope(selector, object) {
    return selector.scopeName === 'VolumeAttributesClass' && matchesAttributesClass(selector, object as PersistentVolumeClaim);
  },
  usage(object) {
    const claim = object as PersistentVolumeClaim;
    const usage = new Map<string, Quantity>([['persistentvolumeclaims', countOf(1)], [CLAIM_COUNT, countOf(1)]]);
    const storageClass = claim.metadata.annotations?.[BETA_CLASS] ?? claim.spec.storageClassName ?? '';
    if (storageClass !== '') usage.set(`${storageClass}${CLASS_SUFFIX}persistentvolumeclaims`, countOf(1));
    const storage = storageOf(claim);
    if (storage === undefined) return usage;
    usage.set('requests.storage', storage);
    if (storageClass !== '') usage.set(`${storageClass}${CLASS_SUFFIX}requests.storage`, storage);
    return usage;
  },
  updates: {
    subresources: ['status'],
    admitted: (subresource, next, old) => subresource === '' || claimChanged(next as PersistentVolumeClaim, old as PersistentVolumeClaim),
    replenishes: (next, old) => claimChanged(next as PersistentVolumeClaim, old as PersistentVolumeClaim),
  },
};

function matchesAttributesClass(selector: ScopedResourceSelectorRequirement, claim: PersistentVolumeClaim): boolean {
  const classes = attributesClassesOf(claim);
  return classes.length === 0 ? selectorMatches(selector, undefined) : classes.some((name) => selectorMatches(selector, name));
}

function attributesClassesOf({ spec, status }: PersistentVolumeClaim): readonly string[] {
  const names = [spec.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName];
  return [...new Set(names.filter((name): name is string => name !== undefined && name !== ''))].sort();
}

/** Whole bytes; while a volume grows, what is allocated may be more than what is wanted. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const wanted = spec.resources?.requests?.['storage'];
  if (wanted === undefined) return undefined;
  const request = parseQuantity(wanted);
  const allocatedText = status?.allocatedResources?.['storage'];
  const allocated = allocatedText === undefined ? undefined : parseQuantity(allocatedText);
  const { nanos, format } = allocated !== undefined && compareQuantities(allocated, request) > 0 ? allocated : request;
  return { nanos: nanos % NANO > 0n ? (nanos / NANO + 1n) * NANO : nanos, format };
}

/** Kubernetes: RequiresQuotaReplenish. */
function claimChanged(next: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  if (next.status?.allocatedResources?.['storage'] !== old.status?.allocatedResources?.['storage']) return true;
  return attributesClassesOf(next).join() !== attributesClassesOf(old).join();
}

const DEVICE_CLAIM_COUNT = objectCountName('resource.k8s.io', 'resourceclaims');
const DEVICE_SUFFIX = '.deviceclass.resource.k8s.io/devices';
/** Kubernetes: resource.AllocationResultsMaxSize, the most that "all devices" can come to. */
const DEVICES_MAX = 32;

/** Kubernetes: pkg/quota/v1/evaluator/core/resource_claims.go, without extended resources that device classes stand for. */
const deviceClaimEvaluator: QuotaEvaluator = {
  matchingResources: (names) => names.filter((name) => name === DEVICE_CLAIM_COUNT || name.endsWith(DEVICE_SUFFIX)),
  matchesScope: undefined,
  usage(object) {
    const usage = new Map<string, Quantity>([[DEVICE_CLAIM_COUNT, countOf(1)]]);
    for (const { exactly, firstAvailable } of (object as ResourceV1ResourceClaim).spec.devices?.requests ?? []) {
      const most = new Map<string, Quantity>();
      const candidates = firstAvailable !== undefined && firstAvailable.length > 0 ? firstAvailable : exactly === undefined ? [] : [exactly];
      for (const { deviceClassName, allocationMode, count } of candidates) {
        const devices = countOf(allocationMode === 'ExactCount' ? count ?? 0 : allocationMode === 'All' ? DEVICES_MAX : 0);
        const name = deviceClassName + DEVICE_SUFFIX;
        if (compareQuantities(devices, most.get(name) ?? ZERO) >= 0) most.set(name, devices);
      }
      for (const [name, devices] of most) usage.set(name, addQuantities(usage.get(name) ?? ZERO, devices));
    }
    return usage satisfies Amounts;
  },
  updates: { subresources: [], admitted: () => true, replenishes: () => false },
};

const SPECIAL: ReadonlyMap<string, QuotaEvaluator> = new Map([
  ['pods.', podEvaluator], ['services.', serviceEvaluator], ['persistentvolumeclaims.', volumeClaimEvaluator], ['resourceclaims.resource.k8s.io', deviceClaimEvaluator],
  ...['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'].map((resource) => [`${resource}.`, objectCountEvaluator('', resource, resource)] as const),
]);

/** What no quota counts: questions, and events. Kubernetes: pkg/quota/v1/install, ignoredResources. */
const IGNORED: ReadonlySet<string> = new Set([
  'bindings.', 'componentstatuses.', 'tokenreviews.authentication.k8s.io', 'selfsubjectreviews.authentication.k8s.io', 'subjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io', 'localsubjectaccessreviews.authorization.k8s.io', 'selfsubjectrulesreviews.authorization.k8s.io',
  'events.', 'events.events.k8s.io',
]);

/** Who knows what objects of a resource cost; undefined: nobody counts them. Any kind, custom ones too, can be counted. */
export function quotaEvaluatorOf(group: string, resource: string): QuotaEvaluator | undefined {
  const key = `${resource}.${group}`;
  if (IGNORED.has(key)) return undefined;
  return SPECIAL.get(key) ?? objectCountEvaluator(group, resource);
}
