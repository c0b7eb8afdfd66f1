import { type Disposable, DisposableStore, Emitter, type Listen } from '../base/index.ts';
import { hasReason, type KubernetesObject, parseLabelSelector, type Pod, type ResourceRef } from '../api/index.ts';
import type { Client, Informer, InformerFactory } from '../client/index.ts';
import { type ClusterView, ENDPOINT_SLICES, evaluateCheck, PODS, takeBaseline } from './check.ts';
import type { CheckResult, Lesson, LessonResource, LessonStep } from './lesson.ts';
import { type LessonProgress, NO_PROGRESS } from './progress.ts';

/** Logs are read anew at most so often while a step waits for a line in them, in ms. */
const LOG_PERIOD_MS = 700;

export interface LessonSessionOptions {
  readonly lesson: Lesson;
  readonly progress: LessonProgress;
  readonly client: Client;
  /** Not yet started informers are started by the session's host. */
  readonly informers: InformerFactory;
  /** The text of a pod's log. Rejects where there is none yet. */
  readonly readLog: (namespace: string, pod: string) => Promise<string>;
  /** Calls run later; Clock.schedule. */
  readonly schedule: (delayMs: number, run: () => void) => Disposable;
}

/** What is to be shown of the lesson now. */
export interface LessonState {
  readonly lesson: Lesson;
  readonly progress: LessonProgress;
  /** Undefined: the lesson is done. */
  readonly currentStep: LessonStep | undefined;
  /** By check id, of the current step. */
  readonly results: ReadonlyMap<string, CheckResult>;
}

/** A lesson that runs: it watches the cluster and ticks the current step's checks by itself. */
export interface LessonSession extends Disposable {
  readonly state: LessonState;
  readonly onChange: Listen<LessonState>;
  revealHint(stepId: string, count: number): void;
  revealSolution(stepId: string): void;
  /** Forgets the progress and deletes what the lesson has made. Rejects with StatusError. */
  reset(): Promise<void>;
}

/** Starts a session. Checks are evaluated when the cluster changes, not by a clock; only logs are polled, and only while a step waits for them. */
export function startLessonSession(options: LessonSessionOptions): LessonSession {
  const { lesson, informers } = options;
  const store = new DisposableStore();
  const changed = store.add(new Emitter<LessonState>());
  const byResource = new Map<string, Informer<KubernetesObject>>();
  const logs = new Map<string, readonly string[]>();
  let progress = options.progress;
  let results = new Map<string, CheckResult>();
  let scheduled: Disposable | undefined;
  let logTimer: Disposable | undefined;

  for (const resource of watchedResources(lesson)) {
    const informer = informers.informer(refOf(resource));
    byResource.set(keyOf(resource), informer);
    store.add(informer.addEventHandler({ onAdd: () => evaluateSoon(), onUpdate: () => evaluateSoon(), onDelete: () => evaluateSoon() }));
  }
  const view: ClusterView = {
    list: (resource, namespace) => {
      const informer = byResource.get(keyOf(resource));
      if (informer === undefined) return [];
      return isClusterScoped(resource) ? [...informer.lister.list()] : [...informer.lister.list()].filter((object) => object.metadata.namespace === namespace);
    },
    logLines: (uid) => logs.get(uid) ?? [],
  };

  const currentStep = () => lesson.steps.find((step) => !progress.doneSteps.includes(step.id));
  const state = (): LessonState => ({ lesson, progress, currentStep: currentStep(), results });

  function evaluateSoon(): void {
    scheduled ??= options.schedule(0, () => {
      scheduled = undefined;
      evaluate();
    });
  }

  function evaluate(): void {
    if (store.isDisposed || [...byResource.values()].some((informer) => !informer.hasSynced)) return;
    const step = currentStep();
    if (step === undefined) {
      results = new Map();
      return changed.fire(state());
    }
    watchLogs(step);
    if (progress.baseline?.stepId !== step.id) {
      if (needsLogs(step) && !logsAreRead(step)) return; // the lines of before must not count as new
      progress = { ...progress, baseline: { stepId: step.id, value: takeBaseline(step, view) } };
    }
    const baseline = progress.baseline?.value ?? takeBaseline(step, view);
    results = new Map(step.checks.map((check) => [check.id, evaluateCheck(check, view, baseline)]));
    if (step.checks.every((check) => results.get(check.id)?.passed === true)) {
      progress = { ...progress, doneSteps: [...progress.doneSteps, step.id], baseline: undefined };
      results = new Map();
      evaluateSoon();
    }
    changed.fire(state());
  }

  function watchLogs(step: LessonStep): void {
    if (logTimer !== undefined || !needsLogs(step)) return;
    const read = async () => {
      await Promise.all(logPods(step).map(async (pod) => {
        const text = await options.readLog(pod.metadata.namespace ?? '', pod.metadata.name).catch(() => undefined); // not started yet, or gone: asked again next time
        if (text !== undefined) logs.set(pod.metadata.uid, text.split('\n'));
      }));
      if (store.isDisposed) return;
      logTimer = options.schedule(LOG_PERIOD_MS, () => {
        logTimer = undefined;
        evaluate();
      });
      evaluateSoon();
    };
    logTimer = options.schedule(0, () => void read());
  }

  function logPods(step: LessonStep): readonly Pod[] {
    const pods = new Set<Pod>();
    for (const check of step.checks) {
      if (check.kind !== 'logs') continue;
      const selector = parseLabelSelector(check.labelSelector);
      for (const pod of view.list(PODS, check.namespace) as readonly Pod[]) if (selector.matches(pod.metadata.labels)) pods.add(pod);
    }
    return [...pods];
  }
  const logsAreRead = (step: LessonStep) => logPods(step).every((pod) => logs.has(pod.metadata.uid) || pod.status?.phase !== 'Running');

  const keep = (next: LessonProgress) => {
    progress = next;
    changed.fire(state());
  };
  void informers.waitForSync().then(evaluateSoon);
  return {
    get state() {
      return state();
    },
    onChange: changed.event,
    revealHint: (stepId, count) => keep({ ...progress, hints: { ...progress.hints, [stepId]: Math.max(progress.hints[stepId] ?? 0, count) } }),
    revealSolution: (stepId) => keep({ ...progress, solutions: [...new Set([...progress.solutions, stepId])] }),
    async reset() {
      for (const resource of lesson.resources) await deleteResource(options.client, resource);
      logs.clear();
      results = new Map();
      keep(NO_PROGRESS);
      evaluateSoon();
    },
    dispose() {
      scheduled?.dispose();
      logTimer?.dispose();
      store.dispose();
    },
  };
}

function needsLogs(step: LessonStep): boolean {
  return step.checks.some((check) => check.kind === 'logs');
}

function watchedResources(lesson: Lesson): readonly Pick<LessonResource, 'group' | 'resource'>[] {
  const resources = new Map<string, Pick<LessonResource, 'group' | 'resource'>>();
  for (const step of lesson.steps) {
    for (const check of step.checks) {
      const needed = check.kind === 'object' || check.kind === 'absent' ? [check.resource] : check.kind === 'endpoints' ? [ENDPOINT_SLICES] : [PODS];
      for (const resource of needed) resources.set(keyOf(resource), resource);
    }
  }
  return [...resources.values()];
}

async function deleteResource(client: Client, resource: LessonResource): Promise<void> {
  const objects = client.resource(refOf(resource));
  const options = { propagationPolicy: 'Background' } as const;
  const namespace = isClusterScoped(resource) ? undefined : 'default';
  const names = resource.name !== undefined ? [resource.name] : (await objects.list({ ...(namespace === undefined ? {} : { namespace }), labelSelector: resource.labelSelector ?? '' })).items.map((item) => item.metadata.name);
  for (const name of names) {
    await objects.delete({ name, ...(namespace === undefined ? {} : { namespace }) }, options).catch((error: unknown) => {
      if (!hasReason(error, 'NotFound')) throw error;
    });
  }
}

const CLUSTER_SCOPED = ['namespaces', 'nodes'];

function isClusterScoped(resource: Pick<LessonResource, 'resource'>): boolean {
  return CLUSTER_SCOPED.includes(resource.resource);
}

function keyOf(resource: Pick<LessonResource, 'group' | 'resource'>): string {
  return `${resource.resource}.${resource.group}`;
}

function refOf(resource: Pick<LessonResource, 'group' | 'resource'>): ResourceRef<KubernetesObject> {
  return { group: resource.group, version: 'v1', resource: resource.resource, kind: '', namespaced: !isClusterScoped(resource) };
}
