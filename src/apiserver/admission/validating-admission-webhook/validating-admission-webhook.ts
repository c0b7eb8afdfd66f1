import type { KubernetesObject, ResourceDefinition } from '../../../api/index.ts';
import { newInternalError } from '../../errors.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../chain.ts';
import { callHook } from '../webhook/call-hook.ts';
import { conditionsHold } from '../webhook/conditions.ts';
import { HookSource, type Invocation } from '../webhook/hook-source.ts';
import { isExempt } from '../webhook/kinds.ts';
import type { ReviewedObjects } from '../webhook/review.ts';
import { isSelected } from '../webhook/selection.ts';
import type { WebhookSources } from '../webhook/sources.ts';

/** Asks webhooks, all at once, whether an object may be. Kubernetes: apiserver/pkg/admission/plugin/webhook/validating. */
export function validatingAdmissionWebhook(sources: WebhookSources): AdmissionPlugin {
  const hooks = new HookSource(sources.cacheOf('admissionregistration.k8s.io', 'validatingwebhookconfigurations'), sources.equivalents);
  return {
    name: 'ValidatingAdmissionWebhook',
    handles: (definition) => !isExempt(definition),
    validate(attributes, given, old) {
      const object = attributes.operation === 'DELETE' ? undefined : given;
      const invocations = hooks.invocationsFor(attributes.definition, attributes.operation, attributes.subresource);
      if (invocations.length === 0) return undefined;
      const wanted = invocations.filter(({ hook, definition }) => isSelected(hook, sources.namespaces, attributes, object, old)
        // What has to be converted first may have to be waited for.
        && (definition !== attributes.definition || conditionsHold(sources, hook, attributes, definition, { object, old })));
      return wanted.length === 0 ? undefined : askAll(sources, attributes, wanted, object, old);
    },
  };
}

async function askAll(
  sources: WebhookSources, attributes: AdmissionAttributes, invocations: readonly Invocation[], object: KubernetesObject | undefined, old: KubernetesObject | undefined,
): Promise<void> {
  const objects = await convertedObjects(sources, attributes, invocations, object, old);
  const wanted = invocations.filter(({ hook, definition }) => definition === attributes.definition
    || conditionsHold(sources, hook, attributes, definition, objects.get(definition) ?? { object, old }));
  const refusals = await Promise.all(wanted.map(async ({ hook, definition }, index) => {
    const outcome = await callHook(sources, hook, attributes, definition, objects.get(definition) ?? { object, old }, false);
    if (outcome.type === 'allowed') return undefined;
    if (outcome.type === 'rejected') return outcome.error;
    if (!hook.ignoresFailure) return newInternalError(outcome.message);
    attributes.annotate?.(`failed-open.validation.webhook.admission.k8s.io/round_0_index_${index}`, hook.name);
    return undefined;
  }));
  const first = refusals.find((refusal) => refusal !== undefined);
  if (first !== undefined) throw first;
}

/** The request's objects in each version that a webhook wants to see. */
async function convertedObjects(
  sources: WebhookSources, { definition, subresource }: AdmissionAttributes, invocations: readonly Invocation[],
  object: KubernetesObject | undefined, old: KubernetesObject | undefined,
): Promise<ReadonlyMap<ResourceDefinition, ReviewedObjects>> {
  const hasOwnKind = subresource !== undefined && definition.subresources.some(({ name, kind }) => name === subresource && kind !== definition.kind);
  const found = new Map<ResourceDefinition, ReviewedObjects>([[definition, { object, old }]]);
  if (hasOwnKind) return found;
  for (const { definition: rule } of invocations) {
    if (found.has(rule)) continue;
    found.set(rule, {
      object: object === undefined ? undefined : await sources.convert(object, definition, rule),
      old: old === undefined ? undefined : await sources.convert(old, definition, rule),
    });
  }
  return found;
}
