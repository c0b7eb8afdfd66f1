import { type KubernetesObject, type MutatingAdmissionPolicy, newStatusError, type ResourceDefinition, StatusError } from '../../../api/index.ts';
import { jsonEqual, messageOf } from '../../../base/index.ts';
import { newForbidden } from '../../errors.ts';
import { type AdmissionAttributes, type AdmissionPlugin, type Reinvocation, reinvocationOf } from '../chain.ts';
import { matchConditionsHold } from '../policy/match-conditions.ts';
import { matchedDefinition } from '../policy/matching.ts';
import { collectParams, ConfigurationError, paramResource } from '../policy/params.ts';
import { type AnyBinding, type PolicyHook, PolicySource } from '../policy/policy-source.ts';
import { requestInput } from '../policy/request-input.ts';
import type { PolicySources } from '../policy/sources.ts';
import { type Reinvoked, reinvokedBy } from '../reinvoked.ts';
import { isExempt } from '../webhook/kinds.ts';
import { type CompiledPolicy, compilePolicy } from './compile-policy.ts';
import { mutate, MutationError } from './mutate.ts';

const NAME = 'MutatingAdmissionPolicy';
const GROUP = 'admissionregistration.k8s.io';

type Hook = PolicyHook<MutatingAdmissionPolicy, CompiledPolicy>;

/** One policy for one binding and one parameter; or why that can't be had. */
interface Invocation {
  readonly hook: Hook;
  readonly binding: AnyBinding | undefined;
  readonly matched: ResourceDefinition;
  readonly failure?: string;
  readonly param: KubernetesObject | null;
}

/** Changes requests' objects by MutatingAdmissionPolicies. Kubernetes: apiserver/pkg/admission/plugin/policy/mutating. */
export function mutatingAdmissionPolicy(sources: PolicySources): AdmissionPlugin {
  const policies = new PolicySource<MutatingAdmissionPolicy, CompiledPolicy>(
    sources.cacheOf(GROUP, 'mutatingadmissionpolicies'), sources.cacheOf(GROUP, 'mutatingadmissionpolicybindings'), sources.equivalents, compilePolicy,
  );
  return {
    name: NAME,
    handles: (definition) => !isExempt(definition),
    admit(attributes, given, old) {
      const hooks = policies.hooksFor(attributes.definition, attributes.operation, attributes.subresource);
      if (hooks.length === 0) return given;
      const object = attributes.operation === 'DELETE' ? undefined : given;
      const pending = hooks.flatMap((hook) => invocationsOf(sources, hook, attributes, object, old));
      if (pending.length === 0) return given;
      const ready = pending.filter((invocations): invocations is readonly Invocation[] => !(invocations instanceof Promise)).flat();
      const run = new Run(sources, attributes, object, old);
      if (ready.every(({ matched }) => matched === attributes.definition) && !pending.some((invocations) => invocations instanceof Promise)) {
        for (const invocation of ready) run.invoke(invocation, attributes.definition);
        return run.finish() ?? given;
      }
      return later(sources, run, attributes, pending).then((changed) => changed ?? given);
    },
  };
}

function invocationsOf(
  sources: PolicySources, hook: Hook, attributes: AdmissionAttributes, object: KubernetesObject | undefined, old: KubernetesObject | undefined,
): readonly (readonly Invocation[] | Promise<readonly Invocation[]>)[] {
  const matched = matchedDefinition(hook.constraints, sources.namespaces, sources.equivalents, attributes, object, old);
  if (matched === undefined) return [];
  let resource: ResourceDefinition | undefined;
  try {
    resource = paramResource(sources, hook.policy.spec.paramKind);
  } catch (error) {
    return [[{ hook, binding: undefined, matched, param: null, failure: `failed to configure policy: ${messageOf(error)}` }]];
  }
  return hook.bindings.flatMap(({ binding, constraints }): readonly (readonly Invocation[] | Promise<readonly Invocation[]>)[] => {
    if (matchedDefinition(constraints, sources.namespaces, sources.equivalents, attributes, object, old) === undefined) return [];
    const failed = (error: unknown): readonly Invocation[] => {
      if (!(error instanceof ConfigurationError) && !(error instanceof StatusError)) throw error;
      return [{ hook, binding, matched, param: null, failure: `failed to configure binding: ${messageOf(error)}` }];
    };
    const each = (params: readonly (KubernetesObject | null)[]): readonly Invocation[] => params.map((param) => ({ hook, binding, matched, param }));
    try {
      const params = collectParams(sources, resource, binding.spec.paramRef, attributes.namespace);
      return [params instanceof Promise ? params.then(each, failed) : each(params)];
    } catch (error) {
      return [failed(error)];
    }
  });
}

/** With parameters to wait for, or with policies that want to see other versions. */
async function later(
  sources: PolicySources, run: Run, { definition, subresource }: AdmissionAttributes, pending: readonly (readonly Invocation[] | Promise<readonly Invocation[]>)[],
): Promise<KubernetesObject | undefined> {
  const hasOwnKind = subresource !== undefined && definition.subresources.some(({ name, kind }) => name === subresource && kind !== definition.kind);
  let version = definition;
  const { old } = run;
  const show = async (to: ResourceDefinition): Promise<void> => {
    if (to === version || hasOwnKind) return;
    if (run.current !== undefined) run.current = await sources.convert(run.current, version, to);
    if (old !== undefined) run.old = to === definition ? old : await sources.convert(old, definition, to);
    version = to;
  };
  for (const invocation of (await Promise.all(pending)).flat()) {
    await show(invocation.matched);
    run.invoke(invocation, version);
  }
  await show(definition);
  return run.finish();
}

/** One request on its way through the policies. Kubernetes: policy/mutating, dispatcher. */
class Run {
  current: KubernetesObject | undefined;
  old: KubernetesObject | undefined;
  private readonly sources: PolicySources;
  private readonly attributes: AdmissionAttributes;
  private readonly reinvocation: Reinvocation;
  private readonly state: Reinvoked;
  private readonly failures: { readonly text: string; readonly reason: string }[] = [];

  constructor(sources: PolicySources, attributes: AdmissionAttributes, object: KubernetesObject | undefined, old: KubernetesObject | undefined) {
    this.sources = sources;
    this.attributes = attributes;
    this.current = object;
    this.old = old;
    this.reinvocation = reinvocationOf(attributes);
    this.state = reinvokedBy(NAME, this.reinvocation);
    if (this.reinvocation.again && !jsonEqual(this.state.output, object)) this.askAgain();
  }

  invoke(invocation: Invocation, version: ResourceDefinition): void {
    const { hook: { policy, compiled }, binding, failure, param } = invocation;
    if (failure !== undefined || binding === undefined) {
      this.fail(policy, binding, failure ?? '', '');
      return;
    }
    const { subresource } = this.attributes;
    const input = () => ({ ...requestInput(this.sources, this.attributes, version, this.current, this.old), params: param });
    const matched = matchConditionsHold(compiled.matchConditions, input(), policy.spec.failurePolicy === 'Ignore', compiled.variables);
    if (matched.error !== undefined) {
      this.fail(policy, binding, matched.error, 'Invalid');
      return;
    }
    if (!matched.matches) return;
    const key = `${policy.metadata.name}|${binding.metadata.name}|${param?.metadata.namespace ?? ''}/${param?.metadata.name ?? ''}`;
    if (this.reinvocation.again && !this.state.again.has(key)) return;
    const before = this.current;
    for (const mutation of compiled.mutations) {
      if (this.current === undefined) continue;
      try {
        this.current = mutate(this.current, mutation, compiled.variables, input(), version, subresource);
      } catch (error) {
        if (!(error instanceof MutationError)) throw error;
        this.fail(policy, binding, error.message, 'Invalid');
      }
    }
    if (this.current !== before && !jsonEqual(this.current, before)) {
      this.askAgain();
      this.reinvocation.wanted = true;
    }
    if (policy.spec.reinvocationPolicy === 'IfNeeded') this.state.asked.add(key);
  }

  /** The object as the policies want it. Throws where one of them could not do its work and may not be passed over. */
  finish(): KubernetesObject | undefined {
    this.state.output = this.current;
    const [first] = this.failures;
    if (first === undefined) return this.current;
    const { definition, name } = this.attributes;
    const shown = name || this.current?.metadata?.name || this.current?.metadata?.generateName || 'Unknown';
    const { status } = newForbidden(definition, shown, 'admission request denied by policy');
    const reason = (first.reason === '' ? 'Forbidden' : first.reason) as Parameters<typeof newStatusError>[1];
    throw newStatusError(403, reason, first.text, { ...status.details, causes: this.failures.map(({ text }) => ({ message: text })) });
  }

  private fail(policy: MutatingAdmissionPolicy, binding: AnyBinding | undefined, message: string, reason: string): void {
    if (policy.spec.failurePolicy === 'Ignore') return;
    const { name } = policy.metadata;
    const text = binding === undefined ? `policy ${JSON.stringify(name)} denied request: ${message}` : `policy '${name}' with binding '${binding.metadata.name}' denied request: ${message}`;
    this.failures.push({ text, reason });
  }

  /** Something has changed the object since they saw it. */
  private askAgain(): void {
    for (const key of this.state.asked) this.state.again.add(key);
    this.state.asked.clear();
  }
}
