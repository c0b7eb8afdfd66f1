import { messageOf } from '../../base/index.ts';
import {
  ANNOTATION_DEPLOYMENT_REVISION, type Deployment, deployments, type DeploymentStatus, hasReason, LABEL_POD_TEMPLATE_HASH, type LabelSelector, type NewObject, type PodTemplateSpec, type ReplicaSet, replicaSets, sameValue,
} from '../../api/index.ts';
import { objectReference } from '../../client/index.ts';
import type { ControllerContext } from '../shared/context.ts';
import { isControlledBy, isNamespaceTerminating, newControllerReference } from '../shared/owners.ts';
import { maxRevision, newReplicaSetAnnotations, replicaAnnotations, sameAnnotations, updatedAnnotations } from './annotations.ts';
import { conditionOf, newCondition, reasons, withCondition } from './conditions.ts';
import { progressDeadlineMs } from './limits.ts';
import { podTemplateHash } from './pod-template-hash.ts';
import { type ReplicaSetFamily, replicasOf, sameTemplate, sortFamily, sumDesired } from './replica-sets.ts';
import { currentReplicasNow, type Scaling } from './rolling.ts';

/** One pass over one Deployment: what it knows, which each of its writes brings up to date. */
export class DeploymentPass {
  deployment: Deployment;
  family: ReplicaSetFamily;
  private replicaSets: readonly ReplicaSet[];
  private readonly context: ControllerContext;

  constructor(context: ControllerContext, deployment: Deployment, replicaSets: readonly ReplicaSet[]) {
    this.context = context;
    this.deployment = deployment;
    this.replicaSets = replicaSets;
    this.family = sortFamily(deployment, replicaSets);
  }

  /** Brings the current ReplicaSet's annotations and the Deployment's revision in step, where there is a current one. Kubernetes: getNewReplicaSet, first half. */
  async syncCurrent(): Promise<void> {
    const { current, old } = this.family;
    if (current === undefined) return;
    const annotations = updatedAnnotations(this.deployment, current, maxRevision(old) + 1n);
    const minReadySeconds = this.deployment.spec.minReadySeconds ?? 0;
    if (annotations !== (current.metadata.annotations ?? annotations) || (current.spec.minReadySeconds ?? 0) !== minReadySeconds) {
      await this.updateReplicaSet({ ...current, metadata: { ...current.metadata, annotations }, spec: { ...current.spec, minReadySeconds } });
      return;
    }
    const isNew = progressDeadlineMs(this.deployment) !== undefined && conditionOf(this.deployment.status, 'Progressing') === undefined;
    const status = isNew ? this.statusWith('True', reasons.foundNewReplicaSet, `Found new replica set "${current.metadata.name}"`) : this.deployment.status ?? {};
    await this.writeStatus(status, current.metadata.annotations?.[ANNOTATION_DEPLOYMENT_REVISION]);
  }

  /** The current ReplicaSet, made where there is none. Kubernetes: getNewReplicaSet, second half. */
  async ensureCurrent(): Promise<ReplicaSet> {
    const { deployment, family } = this;
    if (family.current !== undefined) return family.current;
    const revision = maxRevision(family.old) + 1n;
    const replicas = currentReplicasNow(deployment, 0, sumDesired(family.old));
    const wanted = newReplicaSet(deployment, replicas, newReplicaSetAnnotations(deployment, revision));
    const { created, isOurs } = await this.createReplicaSet(wanted);
    this.setReplicaSet(created);
    const { name } = created.metadata;
    if (!isOurs && replicas > 0) this.event('Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`);
    const tellsProgress = !isOurs && progressDeadlineMs(deployment) !== undefined;
    const status = tellsProgress ? this.statusWith('True', reasons.newReplicaSetCreated, `Created new replica set "${name}"`) : deployment.status ?? {};
    await this.writeStatus(status, String(revision));
    return created;
  }

  /** Resizes ReplicaSets and tells of each. Kubernetes: scaleReplicaSet. */
  async scaleAll(plan: readonly Scaling[]): Promise<void> {
    for (const { replicaSet, replicas } of plan) {
      const before = replicasOf(replicaSet);
      const annotations = { ...replicaSet.metadata.annotations, ...replicaAnnotations(this.deployment) };
      if (before === replicas && sameAnnotations(annotations, replicaSet.metadata.annotations ?? {})) continue;
      await this.updateReplicaSet({ ...replicaSet, metadata: { ...replicaSet.metadata, annotations }, spec: { ...replicaSet.spec, replicas } });
      if (before === replicas) continue;
      const direction = replicas > before ? 'up' : 'down';
      this.event('Normal', 'ScalingReplicaSet', `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`);
    }
  }

  /** Writes status, and the revision where one is given; false where both are as they should be. */
  async writeStatus(status: DeploymentStatus, revision?: string): Promise<boolean> {
    const { deployment } = this;
    const { annotations } = deployment.metadata;
    const newRevision = revision !== undefined && annotations?.[ANNOTATION_DEPLOYMENT_REVISION] !== revision;
    if (!newRevision && sameValue(status, deployment.status)) return false;
    const metadata = newRevision ? { ...deployment.metadata, annotations: { ...annotations, [ANNOTATION_DEPLOYMENT_REVISION]: revision } } : deployment.metadata;
    this.deployment = await this.context.client.resource(deployments).updateStatus({ ...deployment, metadata, status });
    return true;
  }

  /** Creates, or takes the one of that name where it is ours already; another's raises collisionCount and rejects. */
  private async createReplicaSet(wanted: NewObject<ReplicaSet>): Promise<{ readonly created: ReplicaSet; readonly isOurs: boolean }> {
    const resource = this.context.client.resource(replicaSets);
    const { deployment } = this;
    try {
      return { created: await resource.create(wanted), isOurs: false };
    } catch (error) {
      if (hasReason(error, 'AlreadyExists')) {
        const existing = await resource.get({ namespace: deployment.metadata.namespace ?? '', name: wanted.metadata.name ?? '' });
        if (isControlledBy(existing, deployment) && sameTemplate(existing.spec.template, deployment.spec.template)) return { created: existing, isOurs: true };
        await this.writeStatus({ ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 });
      } else if (!isNamespaceTerminating(error)) {
        const message = `Failed to create new replica set "${wanted.metadata.name}": ${messageOf(error)}`;
        if (progressDeadlineMs(deployment) !== undefined) await this.writeStatus(this.statusWith('False', reasons.replicaSetCreateError, message));
        this.event('Warning', reasons.replicaSetCreateError, message);
      }
      throw error;
    }
  }

  private statusWith(conditionStatus: 'True' | 'False', reason: string, message: string): DeploymentStatus {
    const { status } = this.deployment;
    const condition = newCondition('Progressing', conditionStatus, reason, message, this.context.clock.nowMs());
    return { ...status, conditions: withCondition(status?.conditions ?? [], condition) };
  }

  private async updateReplicaSet(replicaSet: ReplicaSet): Promise<void> {
    this.setReplicaSet(await this.context.client.resource(replicaSets).update(replicaSet));
  }

  private setReplicaSet(replicaSet: ReplicaSet): void {
    this.replicaSets = [...this.replicaSets.filter((other) => other.metadata.uid !== replicaSet.metadata.uid), replicaSet];
    this.family = sortFamily(this.deployment, this.replicaSets);
  }

  private event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.recorder.event(objectReference(deployments, this.deployment), type, reason, message);
  }
}

/** The ReplicaSet of a Deployment's template. It shares the template's frozen parts. */
function newReplicaSet(deployment: Deployment, replicas: number, annotations: Readonly<Record<string, string>>): NewObject<ReplicaSet> {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = podTemplateHash(template, deployment.status?.collisionCount);
  const hashLabel = { [LABEL_POD_TEMPLATE_HASH]: hash };
  const labelled: PodTemplateSpec = { ...template, metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...hashLabel } } };
  const labelledSelector: LabelSelector = { ...selector, matchLabels: { ...selector.matchLabels, ...hashLabel } };
  const { namespace } = deployment.metadata;
  return {
    apiVersion: 'apps/v1', kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labelled.metadata?.labels },
      annotations,
      ownerReferences: [newControllerReference(deployments, deployment)],
    },
    spec: { replicas, ...(minReadySeconds === undefined ? {} : { minReadySeconds }), selector: labelledSelector, template: labelled },
  };
}
