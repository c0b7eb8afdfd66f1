import type { MutatingWebhookConfiguration, ResourceDefinition, ValidatingWebhookConfiguration } from '../../../api/index.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import { ByOperation } from '../by-operation.ts';
import type { AdmissionOperation } from '../chain.ts';
import { type Hook, hooksOf, matchesRule } from './hooks.ts';

/** A webhook with the resource as its rule names it, which can be another version or group of what the request is about. */
export interface Invocation {
  readonly hook: Hook;
  /** Its place among all webhooks, as audit annotations count. */
  readonly index: number;
  readonly definition: ResourceDefinition;
}

/** All versions and groups that show the same stored objects as definition does, itself among them. */
export type Equivalents = (definition: ResourceDefinition) => readonly ResourceDefinition[];

/**
 * The webhooks of all configurations, by name. Which of them have a rule for a kind of request is worked out once, so
 * that a request for which there is none pays for one look into a map.
 */
export class HookSource {
  private readonly configurations: ResourceCache;
  private readonly equivalents: Equivalents;
  private hooks: readonly Hook[] | undefined;
  private readonly known = new ByOperation<readonly Invocation[]>();
  private isEmpty = true;

  constructor(configurations: ResourceCache, equivalents: Equivalents) {
    this.configurations = configurations;
    this.equivalents = equivalents;
    configurations.onChange((object) => {
      this.hooks = undefined;
      this.known.forget();
      this.isEmpty &&= object === undefined;
    });
  }

  /** In the order in which they are called. */
  invocationsFor(definition: ResourceDefinition, operation: AdmissionOperation, subresource = ''): readonly Invocation[] {
    if (this.isEmpty) return NONE;
    return this.known.get(definition, operation, subresource, () => this.findInvocations(definition, operation, subresource));
  }

  private findInvocations(definition: ResourceDefinition, operation: AdmissionOperation, subresource: string): readonly Invocation[] {
    const found: Invocation[] = [];
    for (const [index, hook] of (this.hooks ??= this.readHooks()).entries()) {
      if (hook.rules.some((rule) => matchesRule(rule, definition, operation, subresource))) {
        found.push({ hook, index, definition });
        continue;
      }
      if (!hook.matchesEquivalent) continue;
      const others = this.equivalents(definition).filter((other) => other !== definition && hasSubresource(other, subresource));
      const other = firstMatch(hook, others, operation, subresource);
      if (other !== undefined) found.push({ hook, index, definition: other });
    }
    return found;
  }

  private readHooks(): readonly Hook[] {
    const configurations = [...this.configurations.objects.candidates({})].map((entry) => entry.object as ValidatingWebhookConfiguration | MutatingWebhookConfiguration);
    this.isEmpty = configurations.length === 0;
    configurations.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    return configurations.flatMap(({ metadata, webhooks = [] }) => hooksOf(metadata.name, webhooks));
  }
}

const NONE: readonly Invocation[] = Object.freeze([]);

function hasSubresource(definition: ResourceDefinition, subresource: string): boolean {
  return subresource === '' || definition.subresources.some(({ name }) => name === subresource);
}

/** Earlier rules go first, then the versions in the order in which they are served. */
function firstMatch(hook: Hook, others: readonly ResourceDefinition[], operation: AdmissionOperation, subresource: string): ResourceDefinition | undefined {
  for (const rule of hook.rules) {
    const found = others.find((other) => matchesRule(rule, other, operation, subresource));
    if (found !== undefined) return found;
  }
  return undefined;
}
