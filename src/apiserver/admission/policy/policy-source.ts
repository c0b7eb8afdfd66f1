import type { KubernetesObject, MatchResources, ParamRef, ResourceDefinition } from '../../../api/index.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import { ByOperation } from '../by-operation.ts';
import type { AdmissionOperation } from '../chain.ts';
import type { Equivalents } from '../webhook/hook-source.ts';
import { type Constraints, constraintsOf, couldMatch } from './matching.ts';

/** A policy of either kind. */
export type AnyPolicy = KubernetesObject & { readonly spec: { readonly matchConstraints?: MatchResources } };

/** A binding of either kind. */
export type AnyBinding = KubernetesObject & {
  readonly spec: { readonly policyName?: string; readonly matchResources?: MatchResources; readonly paramRef?: ParamRef; readonly validationActions?: readonly string[] };
};

export interface BindingHook {
  readonly binding: AnyBinding;
  readonly constraints: Constraints | undefined;
}

/** A policy with its bindings and what was made of its expressions. */
export interface PolicyHook<P extends AnyPolicy, C> {
  readonly policy: P;
  readonly constraints: Constraints | undefined;
  readonly bindings: readonly BindingHook[];
  readonly compiled: C;
}

const NONE: readonly never[] = Object.freeze([]);

/**
 * The policies that are bound, by name. Which of them could have something to say of a kind of request is worked out
 * once, so that a request without any pays for one look into a map; expressions are compiled once for each version of a
 * policy. Kubernetes: policy/generic, policySource.
 */
export class PolicySource<P extends AnyPolicy, C> {
  private readonly policies: ResourceCache;
  private readonly bindings: ResourceCache;
  private readonly equivalents: Equivalents;
  private readonly compile: (policy: P) => C;
  private readonly compiled = new WeakMap<P, C>();
  private hooks: readonly PolicyHook<P, C>[] | undefined;
  private readonly known = new ByOperation<readonly PolicyHook<P, C>[]>();
  private isEmpty = true;

  constructor(policies: ResourceCache, bindings: ResourceCache, equivalents: Equivalents, compile: (policy: P) => C) {
    this.policies = policies;
    this.bindings = bindings;
    this.equivalents = equivalents;
    this.compile = compile;
    const forget = (): void => {
      this.hooks = undefined;
      this.known.forget();
      this.isEmpty = false;
    };
    policies.onChange(forget);
    bindings.onChange(forget);
  }

  hooksFor(definition: ResourceDefinition, operation: AdmissionOperation, subresource = ''): readonly PolicyHook<P, C>[] {
    if (this.isEmpty) return NONE;
    return this.known.get(definition, operation, subresource, () => (
      (this.hooks ??= this.readHooks()).filter(({ constraints }) => couldMatch(constraints, definition, operation, subresource, this.equivalents))
    ));
  }

  private readHooks(): readonly PolicyHook<P, C>[] {
    const byPolicy = new Map<string, BindingHook[]>();
    for (const object of sortedObjects(this.bindings)) {
      const binding = object as AnyBinding;
      const hook = { binding, constraints: constraintsOf(binding.spec.matchResources) };
      const name = binding.spec.policyName ?? '';
      const known = byPolicy.get(name);
      if (known === undefined) byPolicy.set(name, [hook]);
      else known.push(hook);
    }
    this.isEmpty = byPolicy.size === 0;
    return sortedObjects(this.policies).flatMap((object) => {
      const policy = object as P;
      const bindings = byPolicy.get(policy.metadata.name);
      return bindings === undefined ? [] : [{ policy, constraints: constraintsOf(policy.spec.matchConstraints), bindings, compiled: this.compiledOf(policy) }];
    });
  }

  private compiledOf(policy: P): C {
    let compiled = this.compiled.get(policy);
    if (compiled === undefined) {
      compiled = this.compile(policy);
      this.compiled.set(policy, compiled);
    }
    return compiled;
  }
}

function sortedObjects(cache: ResourceCache): readonly KubernetesObject[] {
  const objects = [...cache.objects.candidates({})].map((entry) => entry.object);
  return objects.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
