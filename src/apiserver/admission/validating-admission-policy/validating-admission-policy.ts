import { type KubernetesObject, newStatusError, type ResourceDefinition, StatusError, type ValidatingAdmissionPolicy } from '../../../api/index.ts';
import { messageOf } from '../../../base/index.ts';
import { newForbidden } from '../../errors.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../chain.ts';
import { matchedDefinition } from '../policy/matching.ts';
import { collectParams, ConfigurationError, paramResource } from '../policy/params.ts';
import { type AnyBinding, type PolicyHook, PolicySource } from '../policy/policy-source.ts';
import { requestInput } from '../policy/request-input.ts';
import type { PolicySources } from '../policy/sources.ts';
import { isExempt } from '../webhook/kinds.ts';
import { type CompiledPolicy, compilePolicy } from './compile-policy.ts';
import { decide, type Denial } from './decide.ts';

type Hook = PolicyHook<ValidatingAdmissionPolicy, CompiledPolicy>;

const GROUP = 'admissionregistration.k8s.io';
const ANNOTATION_LENGTH_MAX = 10 * 1024;
const CODES: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };

/** A binding that takes the request in, with what it is to be evaluated with. */
interface Invocation {
  readonly hook: Hook;
  readonly binding: AnyBinding | undefined;
  readonly matched: ResourceDefinition;
  /** Why it can't be evaluated. */
  readonly failure?: string;
  readonly params: readonly (KubernetesObject | null)[];
}

/** Holds requests against ValidatingAdmissionPolicies. Kubernetes: apiserver/pkg/admission/plugin/policy/validating. */
export function validatingAdmissionPolicy(sources: PolicySources): AdmissionPlugin {
  const policies = new PolicySource<ValidatingAdmissionPolicy, CompiledPolicy>(
    sources.cacheOf(GROUP, 'validatingadmissionpolicies'), sources.cacheOf(GROUP, 'validatingadmissionpolicybindings'), sources.equivalents, (policy) => compilePolicy(policy),
  );
  return {
    name: 'ValidatingAdmissionPolicy',
    handles: (definition) => !isExempt(definition),
    validate(attributes, given, old) {
      const hooks = policies.hooksFor(attributes.definition, attributes.operation, attributes.subresource);
      if (hooks.length === 0) return undefined;
      const object = attributes.operation === 'DELETE' ? undefined : given;
      const invocations = hooks.flatMap((hook) => invocationsOf(sources, hook, attributes, object, old));
      if (invocations.length === 0) return undefined;
      if (invocations.every((invocation): invocation is Invocation => !(invocation instanceof Promise) && invocation.matched === attributes.definition)) {
        dispatch(sources, attributes, invocations, new Map([[attributes.definition, { object, old }]]));
        return undefined;
      }
      return dispatchLater(sources, attributes, invocations, object, old);
    },
  };
}

function invocationsOf(
  sources: PolicySources, hook: Hook, attributes: AdmissionAttributes, object: KubernetesObject | undefined, old: KubernetesObject | undefined,
): readonly (Invocation | Promise<Invocation>)[] {
  const matched = matchedDefinition(hook.constraints, sources.namespaces, sources.equivalents, attributes, object, old);
  if (matched === undefined) return [];
  const { spec } = hook.policy;
  let resource: ResourceDefinition | undefined;
  try {
    resource = paramResource(sources, spec.paramKind);
  } catch (error) {
    return [{ hook, binding: undefined, matched, params: [], failure: `failed to configure policy: ${messageOf(error)}` }];
  }
  return hook.bindings.flatMap(({ binding, constraints }): readonly (Invocation | Promise<Invocation>)[] => {
    if (matchedDefinition(constraints, sources.namespaces, sources.equivalents, attributes, object, old) === undefined) return [];
    const failed = (error: unknown): Invocation => {
      if (!(error instanceof ConfigurationError) && !(error instanceof StatusError)) throw error;
      return { hook, binding, matched, params: [], failure: `failed to configure binding: ${messageOf(error)}` };
    };
    try {
      const params = collectParams(sources, resource, binding.spec.paramRef, attributes.namespace);
      return [params instanceof Promise ? params.then((found) => ({ hook, binding, matched, params: found }), failed) : { hook, binding, matched, params }];
    } catch (error) {
      return [failed(error)];
    }
  });
}

type Objects = ReadonlyMap<ResourceDefinition, { readonly object: KubernetesObject | undefined; readonly old: KubernetesObject | undefined }>;

async function dispatchLater(
  sources: PolicySources, attributes: AdmissionAttributes, pending: readonly (Invocation | Promise<Invocation>)[],
  object: KubernetesObject | undefined, old: KubernetesObject | undefined,
): Promise<void> {
  const invocations = await Promise.all(pending);
  const { definition, subresource } = attributes;
  const hasOwnKind = subresource !== undefined && definition.subresources.some(({ name, kind }) => name === subresource && kind !== definition.kind);
  const objects = new Map<ResourceDefinition, { object: KubernetesObject | undefined; old: KubernetesObject | undefined }>([[definition, { object, old }]]);
  for (const { matched } of invocations) {
    if (objects.has(matched)) continue;
    const convert = async (given: KubernetesObject | undefined) => (given === undefined || hasOwnKind ? given : sources.convert(given, definition, matched));
    objects.set(matched, { object: await convert(object), old: await convert(old) });
  }
  dispatch(sources, attributes, invocations, objects);
}

/** Kubernetes: policy/validating, dispatcher.Dispatch. */
function dispatch(sources: PolicySources, attributes: AdmissionAttributes, invocations: readonly Invocation[], objects: Objects): void {
  let refusal: { readonly hook: Hook; readonly binding: AnyBinding | undefined; readonly denial: Pick<Denial, 'message' | 'reason'> } | undefined;
  const annotations = new Map<string, string[]>();
  for (const { hook, binding, matched, failure, params } of invocations) {
    const { policy, compiled } = hook;
    if (failure !== undefined || binding === undefined) {
      if (policy.spec.failurePolicy !== 'Ignore') refusal ??= { hook, binding, denial: { message: failure ?? '', reason: '' } };
      continue;
    }
    if (params.length === 0) continue;
    const { object, old } = objects.get(matched) ?? { object: undefined, old: undefined };
    const input = requestInput(sources, attributes, matched, object, old);
    for (const param of params) {
      const verdict = decide(policy, compiled, { ...input, params: param });
      for (const denial of verdict.denials) {
        for (const action of binding.spec.validationActions ?? []) {
          if (action === 'Deny') refusal ??= { hook, binding, denial };
          else if (action === 'Warn') attributes.warn(`Validation failed for ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}': ${denial.message}`);
          else if (action === 'Audit') annotateFailure(attributes, policy, binding, denial);
        }
      }
      for (const message of verdict.annotationErrors) refusal ??= { hook, binding, denial: { message, reason: '' } };
      for (const { key, value } of verdict.auditAnnotations) note(annotations, `${policy.metadata.name}/${key}`, value.slice(0, ANNOTATION_LENGTH_MAX));
    }
  }
  for (const [key, values] of annotations) attributes.annotate?.(key, values.join(', '));
  if (refusal !== undefined) throw newDenial(attributes, refusal.hook.policy, refusal.binding, refusal.denial, objects.get(attributes.definition)?.object);
}

function note(annotations: Map<string, string[]>, key: string, value: string): void {
  const values = annotations.get(key);
  if (values === undefined) annotations.set(key, [value]);
  else if (!values.includes(value)) values.push(value);
}

function annotateFailure({ annotate }: AdmissionAttributes, policy: ValidatingAdmissionPolicy, binding: AnyBinding, { message, index }: Denial): void {
  annotate?.('validation.policy.admission.k8s.io/validation_failure', JSON.stringify([{
    message, policy: policy.metadata.name, binding: binding.metadata.name, expressionIndex: index, validationActions: binding.spec.validationActions ?? [],
  }]));
}

function newDenial(
  { definition, name }: AdmissionAttributes, policy: ValidatingAdmissionPolicy, binding: AnyBinding | undefined, denial: Pick<Denial, 'message' | 'reason'>,
  object: KubernetesObject | undefined,
): StatusError {
  const bound = binding === undefined ? '' : ` with binding '${binding.metadata.name}'`;
  const message = `ValidatingAdmissionPolicy '${policy.metadata.name}'${bound} denied request: ${denial.message}`;
  const shown = name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown';
  const { status } = newForbidden(definition, shown, message);
  const reason = denial.reason === '' ? 'Invalid' : denial.reason;
  return newStatusError(CODES[reason] ?? 422, reason as Parameters<typeof newStatusError>[1], status.message ?? '', {
    ...status.details, causes: [...status.details?.causes ?? [], { message }],
  });
}
