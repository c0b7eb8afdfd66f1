import { type Disposable, DisposableStore } from '../../base/index.ts';
import { controllerOf, type Deployment, deployments, hasReason, isPodTerminal, pods, type ReplicaSet, replicaSets, selectorOf } from '../../api/index.ts';
import {
  byControllerUid, keyOf, objectKey, objectReference, orphansIn, RateLimitedQueue, reconciled, type ReconcileResult, runWorkers,
} from '../../client/index.ts';
import type { ControllerContext } from '../shared/context.ts';
import { claimObjects } from '../shared/owners.ts';
import { revisionOf } from './annotations.ts';
import { conditionOf, newCondition, reasons, withCondition } from './conditions.ts';
import { isRollingUpdate, progressDeadlineMs, desiredReplicas, revisionHistoryLimit } from './limits.ts';
import { DeploymentPass } from './pass.ts';
import { isActive, replicasOf, sumStatus } from './replica-sets.ts';
import { planRollingUpdate } from './rolling.ts';
import { isScalingEvent, planScaling } from './scaling.ts';
import { calculateRolloutStatus, calculateStatus, isComplete, stuckCheckMs } from './status.ts';

const concurrency = 5;

/** Rolls Deployments out by sizing ReplicaSets. Kubernetes: pkg/controller/deployment. */
export function startDeploymentController(context: ControllerContext): Disposable {
  const { client, clock, informers, recorder } = context;
  const disposables = new DisposableStore();
  const deploymentInformer = informers.informer(deployments);
  const replicaSetInformer = informers.informer(replicaSets);
  const podInformer = informers.informer(pods);
  replicaSetInformer.addOwnerIndex(byControllerUid);
  podInformer.addOwnerIndex(byControllerUid);
  const queue = new RateLimitedQueue<string>(clock);

  // Wiring: every handler only enqueues keys.

  disposables.add(deploymentInformer.addEventHandler({
    onAdd: (deployment) => queue.add(objectKey(deployment)),
    onUpdate: (_old, deployment) => queue.add(objectKey(deployment)),
    onDelete: (deployment) => queue.add(objectKey(deployment)),
  }));
  disposables.add(replicaSetInformer.addEventHandler({
    onAdd(replicaSet) {
      if (controllerOf(replicaSet) === undefined) enqueueMatching(replicaSet);
      else enqueueOwner(replicaSet);
    },
    onUpdate(old, replicaSet) {
      if (controllerOf(old)?.uid !== controllerOf(replicaSet)?.uid) enqueueOwner(old);
      if (controllerOf(replicaSet) !== undefined) enqueueOwner(replicaSet);
      else if (controllerOf(old) !== undefined || old.metadata.labels !== replicaSet.metadata.labels) enqueueMatching(replicaSet);
    },
    onDelete: enqueueOwner,
  }));
  disposables.add(podInformer.addEventHandler({
    // A Recreate deployment waits for the end of its old pods.
    onDelete(pod) {
      const owner = controllerOf(pod);
      if (owner === undefined || owner.kind !== replicaSets.kind) return;
      const replicaSet = replicaSetInformer.lister.get(pod.metadata.namespace, owner.name);
      const key = replicaSet === undefined ? undefined : ownerKey(replicaSet);
      const deployment = key === undefined ? undefined : deploymentInformer.lister.getByKey(key);
      if (key !== undefined && deployment !== undefined && !isRollingUpdate(deployment)) queue.add(key);
    },
  }));
  disposables.add(runWorkers({ clock, queue, concurrency, reconcile, onError: context.onError }));
  return disposables;

  function ownerKey(replicaSet: ReplicaSet): string | undefined {
    const controller = controllerOf(replicaSet);
    if (controller === undefined || controller.kind !== deployments.kind) return undefined;
    const key = keyOf(replicaSet.metadata.namespace, controller.name);
    return deploymentInformer.lister.getByKey(key)?.metadata.uid === controller.uid ? key : undefined;
  }

  function enqueueOwner(replicaSet: ReplicaSet): void {
    const key = ownerKey(replicaSet);
    if (key !== undefined) queue.add(key);
  }

  function enqueueMatching(orphan: ReplicaSet): void {
    for (const deployment of deploymentInformer.lister.listNamespace(orphan.metadata.namespace ?? '')) {
      const selector = selectorOf(deployment.spec.selector);
      if (!selector.empty && selector.matches(orphan.metadata.labels)) queue.add(objectKey(deployment));
    }
  }

  async function reconcile(key: string): Promise<ReconcileResult> {
    const deployment = deploymentInformer.lister.getByKey(key);
    if (deployment === undefined) return reconciled;
    if (selectorOf(deployment.spec.selector).empty) return refuseEverything(deployment);
    const pass = new DeploymentPass(context, deployment, await claimReplicaSets(deployment));
    if (deployment.metadata.deletionTimestamp !== undefined) return syncStatus(pass);
    await checkPaused(pass);
    if (deployment.spec.paused === true) {
      await pass.syncCurrent();
      await pass.scaleAll(planScaling(pass.deployment, pass.family));
      await cleanUpHistory(pass);
      return syncStatus(pass);
    }
    await pass.syncCurrent();
    if (isScalingEvent(pass.deployment, pass.family)) {
      await pass.scaleAll(planScaling(pass.deployment, pass.family));
      return syncStatus(pass);
    }
    return isRollingUpdate(deployment) ? rollOut(pass) : recreate(pass);
  }

  async function claimReplicaSets(deployment: Deployment): Promise<readonly ReplicaSet[]> {
    const { lister } = replicaSetInformer;
    const selector = selectorOf(deployment.spec.selector);
    const orphans = [...lister.byIndex(byControllerUid, orphansIn(deployment.metadata.namespace))];
    return claimObjects({
      ownerRef: deployments, owner: deployment, owners: client.resource(deployments), objects: client.resource(replicaSets),
      candidates: [...lister.byIndex(byControllerUid, deployment.metadata.uid), ...orphans],
      matches: (replicaSet) => selector.matches(replicaSet.metadata.labels),
    });
  }

  /** Kubernetes: rolloutRolling. One step a pass; the next pass comes with the ReplicaSets' new status. */
  async function rollOut(pass: DeploymentPass): Promise<ReconcileResult> {
    const current = await pass.ensureCurrent();
    const plan = planRollingUpdate(pass.deployment, current, pass.family.old);
    await pass.scaleAll(plan);
    if (plan.length === 0 && isComplete(pass.deployment, pass.deployment.status ?? {})) await cleanUpHistory(pass);
    return syncRolloutStatus(pass);
  }

  /** Kubernetes: rolloutRecreate. */
  async function recreate(pass: DeploymentPass): Promise<ReconcileResult> {
    const active = pass.family.old.filter(isActive);
    if (active.length > 0) {
      await pass.scaleAll(active.map((replicaSet) => ({ replicaSet, replicas: 0 })));
      return syncRolloutStatus(pass);
    }
    if (oldPodsRun(pass)) return syncRolloutStatus(pass);
    const current = await pass.ensureCurrent();
    const replicas = desiredReplicas(pass.deployment);
    if (replicasOf(current) !== replicas) await pass.scaleAll([{ replicaSet: current, replicas }]);
    if (isComplete(pass.deployment, pass.deployment.status ?? {})) await cleanUpHistory(pass);
    return syncRolloutStatus(pass);
  }

  function oldPodsRun(pass: DeploymentPass): boolean {
    const { old } = pass.family;
    if (sumStatus(old, 'replicas') > 0) return true;
    for (const replicaSet of old) {
      for (const pod of podInformer.lister.byIndex(byControllerUid, replicaSet.metadata.uid)) if (!isPodTerminal(pod)) return true;
    }
    return false;
  }

  async function syncStatus(pass: DeploymentPass): Promise<ReconcileResult> {
    await pass.writeStatus(calculateStatus(pass.deployment, pass.family, clock.nowMs()));
    return reconciled;
  }

  async function syncRolloutStatus(pass: DeploymentPass): Promise<ReconcileResult> {
    const status = calculateRolloutStatus(pass.deployment, pass.family, clock.nowMs());
    if (await pass.writeStatus(status)) return reconciled;
    const waitMs = stuckCheckMs(pass.deployment, status, clock.nowMs());
    return waitMs === undefined ? reconciled : { requeueAfterMs: waitMs };
  }

  /** So that a paused Deployment does not run into its deadline. Kubernetes: checkPausedConditions. */
  async function checkPaused(pass: DeploymentPass): Promise<void> {
    const { deployment } = pass;
    const progressing = conditionOf(deployment.status, 'Progressing');
    if (progressDeadlineMs(deployment) === undefined || progressing?.reason === reasons.progressDeadlineExceeded) return;
    const saysPaused = progressing?.reason === reasons.deploymentPaused;
    const isPaused = deployment.spec.paused === true;
    if (saysPaused === isPaused) return;
    const condition = isPaused
      ? newCondition('Progressing', 'Unknown', reasons.deploymentPaused, 'Deployment is paused', clock.nowMs())
      : newCondition('Progressing', 'Unknown', reasons.deploymentResumed, 'Deployment is resumed', clock.nowMs());
    await pass.writeStatus({ ...deployment.status, conditions: withCondition(deployment.status?.conditions ?? [], condition) });
  }

  /** Deletes the oldest ReplicaSets beyond revisionHistoryLimit. Kubernetes: cleanupDeployment. */
  async function cleanUpHistory(pass: DeploymentPass): Promise<void> {
    const limit = revisionHistoryLimit(pass.deployment);
    if (limit === undefined) return;
    const alive = pass.family.old.filter((replicaSet) => replicaSet.metadata.deletionTimestamp === undefined);
    const oldest = alive.sort((a, b) => Number(revisionOf(a) - revisionOf(b))).slice(0, Math.max(0, alive.length - limit));
    for (const replicaSet of oldest) {
      const { status, metadata } = replicaSet;
      if ((status?.replicas ?? 0) !== 0 || replicasOf(replicaSet) !== 0 || (metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) continue;
      await client.resource(replicaSets).delete(metadata).catch((error: unknown) => {
        if (!hasReason(error, 'NotFound')) throw error;
      });
    }
  }

  async function refuseEverything(deployment: Deployment): Promise<ReconcileResult> {
    recorder.event(objectReference(deployments, deployment), 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
    const generation = deployment.metadata.generation ?? 0;
    if ((deployment.status?.observedGeneration ?? 0) < generation) {
      await client.resource(deployments).updateStatus({ ...deployment, status: { ...deployment.status, observedGeneration: generation } });
    }
    return reconciled;
  }
}
