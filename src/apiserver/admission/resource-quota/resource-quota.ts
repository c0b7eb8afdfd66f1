import { type QuotaEvaluator, quotaEvaluatorOf, type ResourceDefinition, type ResourceQuota } from '../../../api/index.ts';
import type { Transport } from '../../../client/index.ts';
import type { Clock } from '../../../world/index.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import { ByNamespace } from '../by-namespace.ts';
import type { AdmissionOperation, AdmissionPlugin } from '../chain.ts';
import { Charges } from './charges.ts';
import type { LimitedResource } from './check.ts';

export interface ResourceQuotaSources {
  readonly quotas: ResourceCache;
  readonly clock: Clock;
  /** Not used before the first request. */
  transport(): Transport;
}

/** Keeps a namespace within its quotas. It is the last to see a request. Kubernetes: apiserver/pkg/admission/plugin/resourcequota. */
export function resourceQuota({ quotas, clock, transport }: ResourceQuotaSources, limited: readonly LimitedResource[] = []): AdmissionPlugin {
  const byNamespace = new ByNamespace<ResourceQuota>(quotas);
  // Kinds come and go.
  const evaluators = new WeakMap<ResourceDefinition, { readonly evaluator: QuotaEvaluator | undefined }>();
  const evaluatorOf = (definition: ResourceDefinition): QuotaEvaluator | undefined => {
    let known = evaluators.get(definition);
    if (known === undefined) {
      known = { evaluator: quotaEvaluatorOf(definition.group, definition.resource) };
      evaluators.set(definition, known);
    }
    return known.evaluator;
  };
  const charges = new Charges({
    quotasOf: (namespace) => byNamespace.get(namespace),
    updateStatus: (quota) => transport().request({
      verb: 'update', group: '', version: 'v1', resource: 'resourcequotas', subresource: 'status', namespace: quota.metadata.namespace ?? '', name: quota.metadata.name, body: quota,
    }),
  }, clock, limited);
  return {
    name: 'ResourceQuota',
    handles: (definition, operation, subresource) => definition.namespaced && mayCost(evaluatorOf(definition), operation, subresource),
    validate(attributes, object, old) {
      if (limited.length === 0 && byNamespace.get(attributes.namespace).length === 0) return undefined;
      const evaluator = evaluatorOf(attributes.definition);
      if (evaluator === undefined || object === undefined) return undefined;
      if (attributes.operation === 'UPDATE' && (old === undefined || evaluator.updates?.admitted(attributes.subresource ?? '', object, old) !== true)) return undefined;
      return charges.charge({ attributes, evaluator, object, old });
    },
  };
}

/** Kubernetes: each evaluator's Handles. */
function mayCost(evaluator: QuotaEvaluator | undefined, operation: AdmissionOperation, subresource: string | undefined): boolean {
  if (evaluator === undefined) return false;
  if (operation === 'CREATE') return subresource === undefined;
  if (operation !== 'UPDATE' || evaluator.updates === undefined) return false;
  return subresource === undefined || evaluator.updates.subresources.includes(subresource);
}
