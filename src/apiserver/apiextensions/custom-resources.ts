import { type Disposable, jsonEqual } from '../../base/index.ts';
import {
  caBundleProblem, conditionOf, CUSTOM_RESOURCE_CLEANUP_FINALIZER, customResource, type CustomResourceDefinition, customResourceDefinitions, formatTime, hasReason, isConditionTrue,
  plainConversion, withCondition,
} from '../../api/index.ts';
import { createClient, type ResourceClient, type Transport } from '../../client/index.ts';
import type { Clock } from '../../world/index.ts';
import type { Endpoint } from '../registry/endpoint.ts';
import type { CustomEndpoint, Endpoints } from '../resource-table.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import { withAcceptedNames } from './naming.ts';
import { type WebhookConversionDeps, webhookConversion } from './webhook-conversion.ts';
import { ruleCheckOf } from './rule-checks.ts';
import { withApprovalCondition, withSchemaCondition } from './schema-conditions.ts';

const FIELD_MANAGER = 'kube-apiserver';
/** How long after a write that failed the next one is tried. */
const RETRY_MS = 1000;

export interface CustomResourcesDeps extends WebhookConversionDeps {
  readonly endpoints: Endpoints;
  readonly definitions: ResourceCache;
  /** With the server's own identity. */
  readonly transport: Transport;
  readonly clock: Clock;
}

/** A definition as it is served. */
interface Served {
  readonly definition: CustomResourceDefinition;
  readonly endpoints: readonly Endpoint[];
}

/**
 * Serves what CustomResourceDefinitions define, and tells in their status how far that is. One definition is looked at
 * after the other. Kubernetes: apiextensions-apiserver, the crdHandler and the controllers naming, establishing,
 * nonstructuralschema, apiapproval and finalizer.
 */
export class CustomResources {
  private readonly deps: CustomResourcesDeps;
  private readonly client: ResourceClient<CustomResourceDefinition>;
  private readonly served = new Map<string, Served>();
  private readonly queue = new Set<string>();
  private readonly waiting = new Map<string, Disposable>();
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(deps: CustomResourcesDeps) {
    this.deps = deps;
    this.client = createClient(deps.transport).resource(customResourceDefinitions);
  }

  /** Resolves once everything is served that was established. */
  async start(): Promise<void> {
    this.deps.definitions.onChange((object, previous) => this.enqueue((object ?? previous)?.metadata.name ?? ''));
    await this.running;
  }

  stop(): void {
    this.stopped = true;
    for (const watch of this.waiting.values()) watch.dispose();
  }

  private enqueue(name: string): void {
    if (this.stopped) return;
    this.queue.add(name);
    this.running ??= this.work();
  }

  private async work(): Promise<void> {
    await Promise.resolve(); // outside the cache's own update
    for (const name of this.queue) {
      if (this.stopped) break;
      this.queue.delete(name);
      try {
        await this.sync(name);
      } catch {
        this.retry(name);
      }
    }
    this.running = undefined;
  }

  private retry(name: string): void {
    this.wait(name, this.deps.clock.schedule(RETRY_MS, () => this.enqueue(name)));
  }

  private wait(name: string, until: Disposable): void {
    this.waiting.get(name)?.dispose();
    this.waiting.set(name, until);
  }

  private async sync(name: string): Promise<void> {
    this.waiting.get(name)?.dispose();
    this.waiting.delete(name);
    const definition = this.definitionOf(name);
    if (definition === undefined) {
      await this.serve(name, undefined);
      this.enqueueOthers(name);
      return;
    }
    await this.serve(name, definition);
    const next = await this.nextState(definition);
    if (next === definition || this.stopped) return;
    try {
      await this.client.updateStatus(next, { fieldManager: FIELD_MANAGER });
    } catch (error) {
      // Changed or gone in the meantime: that change has been told of, or will be.
      if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
      return;
    }
    if (next.status?.acceptedNames !== definition.status?.acceptedNames) this.enqueueOthers(name);
  }

  private definitionOf(name: string): CustomResourceDefinition | undefined {
    return this.deps.definitions.objects.get('', name)?.object as CustomResourceDefinition | undefined;
  }

  private all(): readonly CustomResourceDefinition[] {
    return this.deps.definitions.objects.list({}) as unknown as readonly CustomResourceDefinition[];
  }

  /** A name may be free now. */
  private enqueueOthers(name: string): void {
    for (const { metadata, spec } of this.all()) if (metadata.name !== name && name.endsWith(`.${spec.group}`)) this.enqueue(metadata.name);
  }

  /** What its status, or its finalizers, say next; the same definition where all is said. */
  private async nextState(definition: CustomResourceDefinition): Promise<CustomResourceDefinition> {
    const now = formatTime(this.deps.clock.nowMs());
    const named = withAcceptedNames(definition, this.all(), now);
    if (named !== definition) return named;
    const told = withApprovalCondition(withSchemaCondition(definition, now), now);
    if (told !== definition) return told;
    if (definition.metadata.deletionTimestamp !== undefined) return this.finalized(definition, now);
    if (!isConditionTrue(definition, 'NamesAccepted') || isConditionTrue(definition, 'Established')) return definition;
    return withEstablished(definition, now);
  }

  /** Kubernetes: controller/finalizer, CRDFinalizer. */
  private async finalized(definition: CustomResourceDefinition, now: string): Promise<CustomResourceDefinition> {
    const { finalizers = [], name } = definition.metadata;
    if (!finalizers.includes(CUSTOM_RESOURCE_CLEANUP_FINALIZER)) return definition;
    const condition = definition.status?.conditions?.find(({ type }) => type === 'Terminating');
    if (condition?.reason === 'InstanceDeletionPending') {
      return withCondition(definition, { type: 'Terminating', status: 'True', reason: 'InstanceDeletionInProgress', message: 'CustomResource deletion is in progress' }, now);
    }
    const [endpoint] = this.served.get(name)?.endpoints ?? [];
    if (endpoint !== undefined && isConditionTrue(definition, 'Established')) {
      await this.deleteInstances(endpoint);
      if (endpoint.cache.objects.size > 0) {
        this.wait(name, whenEmpty(endpoint.cache, () => this.enqueue(name)));
        return definition;
      }
    }
    const ended = isConditionTrue(definition, 'Established')
      ? { reason: 'InstanceDeletionCompleted', message: 'removed all instances' }
      : { reason: 'NeverEstablished', message: 'resource was never established' };
    const done = withCondition(definition, { type: 'Terminating', status: 'False', ...ended }, now);
    return { ...done, metadata: { ...done.metadata, finalizers: finalizers.filter((finalizer) => finalizer !== CUSTOM_RESOURCE_CLEANUP_FINALIZER) } };
  }

  private async deleteInstances({ definition, cache }: Endpoint): Promise<void> {
    const objects = cache.objects.list({}).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const client = createClient(this.deps.transport).resource(definition);
    for (const namespace of new Set(objects.map(({ metadata }) => metadata.namespace ?? ''))) {
      await client.deleteCollection(namespace === '' ? {} : { namespace });
    }
  }

  /** Brings what is served in line with a definition; undefined: it is gone. */
  private async serve(name: string, definition: CustomResourceDefinition | undefined): Promise<void> {
    const served = this.served.get(name);
    const wanted = definition !== undefined && (isConditionTrue(definition, 'Established') || isConditionTrue(definition, 'NamesAccepted')) ? definition : undefined;
    if (wanted === undefined) {
      if (served === undefined) return;
      this.served.delete(name);
      await this.deps.endpoints.replace(served.endpoints, []);
      return;
    }
    const looksAlike = served !== undefined && looksAsBefore(served.definition, wanted);
    if (looksAlike && isConditionTrue(served.definition, 'Terminating') === isConditionTrue(wanted, 'Terminating')) {
      this.served.set(name, { ...served, definition: wanted });
      return;
    }
    const endpoints = await this.deps.endpoints.replace(served?.endpoints ?? [], resourcesOf(wanted, this.deps), looksAlike);
    this.served.set(name, { definition: wanted, endpoints });
  }
}

function resourcesOf(definition: CustomResourceDefinition, deps: CustomResourcesDeps): readonly CustomEndpoint[] {
  const byWebhook = definition.spec.conversion?.strategy === 'Webhook';
  return definition.spec.versions.filter(({ served }) => served).map((version) => ({
    definition: customResource(definition, version, {
      checkRules: ruleCheckOf(version.schema?.openAPIV3Schema),
      ...(byWebhook ? {} : { conversion: plainConversion(definition, version.name) }),
    }),
    conversion: byWebhook ? webhookConversion(definition, version.name, deps) : undefined,
  }));
}

/** Kubernetes: controller/establish, EstablishingController. */
function withEstablished(definition: CustomResourceDefinition, now: string): CustomResourceDefinition {
  if (caBundleProblem(definition.spec.conversion?.webhook?.clientConfig?.caBundle) === undefined) {
    return withCondition(definition, { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }, now);
  }
  if (conditionOf(definition, 'Established')?.reason === 'InvalidCABundle') return definition;
  return withCondition(definition, { type: 'Established', status: 'False', reason: 'InvalidCABundle', message: 'The conversion webhook CABundle is invalid' }, now);
}

/** Objects are as they were where neither spec nor names have changed. */
function looksAsBefore(a: CustomResourceDefinition, b: CustomResourceDefinition): boolean {
  return (a.spec === b.spec || a.metadata.generation === b.metadata.generation) && a.metadata.uid === b.metadata.uid
    && jsonEqual(a.status?.acceptedNames, b.status?.acceptedNames);
}

/** Calls back once the last object has gone. */
function whenEmpty(cache: ResourceCache, onEmpty: () => void): Disposable {
  return cache.watch({}, {
    onEvents: () => {
      if (cache.objects.size === 0) onEmpty();
    },
    onClose: onEmpty,
  }, { user: 'system:apiserver', afterRevision: undefined, initialEventsEnd: false, bookmarks: false, typeMeta: { apiVersion: '', kind: '' } });
}
