import { jsonEqual, messageOf } from '../../../base/index.ts';
import { applyJsonPatch, type JsonPatchOperation, type KubernetesObject, type ResourceDefinition } from '../../../api/index.ts';
import { newInternalError } from '../../errors.ts';
import { type AdmissionAttributes, type AdmissionPlugin, reinvocationOf } from '../chain.ts';
import { type Reinvoked, reinvokedBy } from '../reinvoked.ts';
import { callHook } from '../webhook/call-hook.ts';
import { conditionsHold } from '../webhook/conditions.ts';
import { HookSource, type Invocation } from '../webhook/hook-source.ts';
import { isExempt } from '../webhook/kinds.ts';
import type { Hook } from '../webhook/hooks.ts';
import { patchFailure } from '../webhook/patch-failure.ts';
import { isSelected } from '../webhook/selection.ts';
import type { WebhookSources } from '../webhook/sources.ts';
import { retyped } from '../webhook/versions.ts';

const NAME = 'MutatingAdmissionWebhook';

/** Asks webhooks one after the other what they want changed. Kubernetes: apiserver/pkg/admission/plugin/webhook/mutating. */
export function mutatingAdmissionWebhook(sources: WebhookSources): AdmissionPlugin {
  const hooks = new HookSource(sources.cacheOf('admissionregistration.k8s.io', 'mutatingwebhookconfigurations'), sources.equivalents);
  return {
    name: NAME,
    handles: (definition) => !isExempt(definition),
    admit(attributes, given, old) {
      const object = attributes.operation === 'DELETE' ? undefined : given;
      const invocations = hooks.invocationsFor(attributes.definition, attributes.operation, attributes.subresource);
      if (invocations.length === 0) return given;
      noteChanges(attributes, object);
      // Nobody waits for webhooks that have nothing to do with the object.
      for (let index = 0; index < invocations.length; index++) {
        const invocation = invocations[index] as Invocation;
        if (!isWanted(sources, invocation.hook, attributes, object, old)) continue;
        // What has to be converted first may have to be waited for.
        if (invocation.definition === attributes.definition && !conditionsHold(sources, invocation.hook, attributes, invocation.definition, { object, old })) continue;
        return mutate(sources, attributes, invocations.slice(index), object, old).then((changed) => changed ?? given);
      }
      return given;
    },
  };
}

/** Something has changed the object since they saw it. */
function askAgain(state: Reinvoked): void {
  for (const uid of state.asked) state.again.add(uid);
  state.asked.clear();
}

/** In the second run: whatever came before the webhooks may have changed what they had left. */
function noteChanges({ reinvocation }: AdmissionAttributes, object: KubernetesObject | undefined): void {
  if (reinvocation === undefined || !reinvocation.again) return;
  const state = reinvokedBy(NAME, reinvocation);
  if (!jsonEqual(state.output, object)) askAgain(state);
}

function isWanted(sources: WebhookSources, hook: Hook, attributes: AdmissionAttributes, object: KubernetesObject | undefined, old: KubernetesObject | undefined): boolean {
  if (!isSelected(hook, sources.namespaces, attributes, object, old)) return false;
  return !attributes.reinvocation?.again || (attributes.reinvocation.states.get(NAME) as Reinvoked | undefined)?.again.has(hook.uid) === true;
}

async function mutate(
  sources: WebhookSources, attributes: AdmissionAttributes, invocations: readonly Invocation[], object: KubernetesObject | undefined, old: KubernetesObject | undefined,
): Promise<KubernetesObject | undefined> {
  const { definition, subresource } = attributes;
  const reinvocation = reinvocationOf(attributes);
  const state = reinvokedBy(NAME, reinvocation);
  const convert = converter(sources, attributes);
  let current = object;
  let version = definition;
  for (const { hook, index, definition: rule } of invocations) {
    if (!isWanted(sources, hook, attributes, current, old)) continue;
    current = await convert(current, version, rule);
    version = rule;
    const objects = { object: current, old: await convert(old, definition, rule) };
    if (!conditionsHold(sources, hook, attributes, rule, objects)) continue;
    const outcome = await callHook(sources, hook, attributes, rule, objects, true);
    if (outcome.type === 'rejected') throw outcome.error;
    let changed = false;
    if (outcome.type === 'allowed' && outcome.patch !== undefined) {
      if (current === undefined) {
        throw newInternalError(`admission webhook ${JSON.stringify(hook.name)} attempted to modify the object, which is not supported for this operation`);
      }
      const next = patched(current, outcome.patch, rule, subresource);
      changed = !jsonEqual(next, current);
      if (changed) current = next;
    }
    annotate(attributes, hook, reinvocation.again ? 1 : 0, index, changed);
    if (changed) {
      askAgain(state);
      reinvocation.wanted = true;
    }
    if (hook.isReinvoked) state.asked.add(hook.uid);
    if (outcome.type === 'failed') {
      if (!hook.ignoresFailure) throw newInternalError(outcome.message);
      attributes.annotate?.(`failed-open.mutation.webhook.admission.k8s.io/round_${reinvocation.again ? 1 : 0}_index_${index}`, hook.name);
    }
  }
  state.output = await convert(current, version, definition);
  return state.output;
}

/** Between the versions of what a request carries; a subresource's own kind has only one. */
function converter(sources: WebhookSources, { definition, subresource }: AdmissionAttributes) {
  const hasOwnKind = subresource !== undefined && definition.subresources.some(({ name, kind }) => name === subresource && kind !== definition.kind);
  return async (object: KubernetesObject | undefined, from: ResourceDefinition, to: ResourceDefinition): Promise<KubernetesObject | undefined> => (
    object === undefined || from === to || hasOwnKind ? object : sources.convert(object, from, to)
  );
}

function patched(object: KubernetesObject, patch: unknown, definition: ResourceDefinition, subresource: string | undefined): KubernetesObject {
  let next: KubernetesObject;
  try {
    next = applyJsonPatch(object, patch);
  } catch {
    throw newInternalError(patchFailure(object, patch as readonly JsonPatchOperation[]));
  }
  try {
    return retyped(next, definition, subresource);
  } catch (error) {
    throw newInternalError(messageOf(error));
  }
}

function annotate({ annotate: add }: AdmissionAttributes, { configuration, name }: Hook, round: number, index: number, mutated: boolean): void {
  add?.(`mutation.webhook.admission.k8s.io/round_${round}_index_${index}`, JSON.stringify({ configuration, webhook: name, mutated }));
}
