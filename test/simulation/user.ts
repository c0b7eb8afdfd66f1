import { type Deployment, hasReason, type KubernetesObject, type Node, type Pod, type ReplicationController, StatusError } from '../../src/api/index.ts';
import type { Lab } from './lab.ts';
import { pickTemplate } from './templates.ts';

const NAMESPACES = ['default', 'default', 'blue'];
const DEPLOYMENTS = ['web', 'api'];
const CONTROLLERS = ['old'];
const PODS = ['one', 'two', 'three'];
const SERVICES = ['front', 'back'];
const APPS = [...DEPLOYMENTS, ...CONTROLLERS, 'other'];
const CASCADES = [{}, { propagationPolicy: 'Background' }, { propagationPolicy: 'Foreground' }, { propagationPolicy: 'Orphan' }];

/** Somebody with kubectl who does not know what they want. Each action may be refused; what it is refused with has to make sense. */
export class User {
  private readonly lab: Lab;
  private readonly actions: readonly (readonly [weight: number, name: string, run: () => Promise<string | undefined>])[];
  count = 0;

  constructor(lab: Lab) {
    this.lab = lab;
    this.actions = [
      [6, 'create a deployment', () => this.createDeployment()], [5, 'scale a deployment', () => this.scaleDeployment()], [6, 'update an image', () => this.updateImage()],
      [2, 'delete a deployment', () => this.delete('deployments', DEPLOYMENTS)], [2, 'create a controller', () => this.createController()], [2, 'scale a controller', () => this.scaleController()],
      [1, 'delete a controller', () => this.delete('replicationcontrollers', CONTROLLERS)], [3, 'create a service', () => this.createService()], [1, 'delete a service', () => this.delete('services', SERVICES)],
      [3, 'create a pod', () => this.createPod()], [4, 'delete a pod', () => this.deletePod()], [2, 'label a pod', () => this.labelPod()], [1, 'delete a replica set', () => this.deleteReplicaSet()],
      [2, 'cordon or uncordon', () => this.cordon()], [1, 'taint', () => this.taint()], [3, 'create or delete a namespace', () => this.namespace()], [3, 'update with an old version', () => this.staleUpdate()],
      [1, 'restart a rollout', () => this.restart()],
    ];
  }

  /** One action; it goes on by itself. */
  act(): void {
    const total = this.actions.reduce((sum, [weight]) => sum + weight, 0);
    let at = this.lab.random.next() * total;
    const [, name, run] = this.actions.find(([weight]) => (at -= weight) < 0) ?? this.actions[0]!;
    this.count++;
    run().then(
      (outcome) => this.lab.note(`${name}: ${outcome ?? 'nothing there'}`),
      (error: unknown) => {
        this.lab.note(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        const isExpected = hasReason(error, 'NotFound', 'AlreadyExists', 'Conflict', 'Forbidden') || (error instanceof StatusError && /the store's disk failed|the store is closed/.test(error.message));
        if (!isExpected) this.lab.violation(`${name} was refused: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
      },
    );
  }

  /** Opens all nodes to pods again, but for one now and then. */
  async heal(): Promise<void> {
    const nodes = await this.lab.admin.list<Node>('nodes');
    const keep = nodes.length > 1 && this.lab.random.next() < 0.3 ? nodes[0] : undefined;
    for (const node of nodes) {
      if (node === keep) continue;
      await this.open(node.metadata.name);
    }
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.lab.random.next() * items.length)] as T;
  }

  private async pickExisting<T extends KubernetesObject>(resource: string): Promise<T | undefined> {
    const objects = (await this.lab.admin.list<T>(resource)).filter(({ metadata }) => metadata.name !== 'kubernetes' && metadata.deletionTimestamp === undefined);
    return objects.length === 0 ? undefined : this.pick(objects);
  }

  private template(app: string): readonly [string, object] {
    const [name, spec] = pickTemplate(this.lab.random);
    return [name, { metadata: { labels: { app } }, spec }];
  }

  private async createDeployment(): Promise<string> {
    const [namespace, app, replicas] = [this.pick(NAMESPACES), this.pick(DEPLOYMENTS), Math.floor(this.lab.random.next() * 5)];
    const [name, template] = this.template(app);
    const [maxSurge, maxUnavailable] = this.pick([['25%', '25%'], [1, 0], [0, 1], [2, 2], ['100%', '0%']]) as readonly (number | string)[];
    const strategy = this.lab.random.next() < 0.15 ? { type: 'Recreate' } : { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
    await this.lab.admin.create('deployments', namespace, {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: app, namespace },
      spec: { replicas, selector: { matchLabels: { app } }, strategy, revisionHistoryLimit: 2, minReadySeconds: this.pick([0, 0, 3]), template },
    });
    return `${namespace}/${app}, ${replicas} × ${name}`;
  }

  private async scaleDeployment(): Promise<string | undefined> {
    const deployment = await this.pickExisting<Deployment>('deployments');
    if (deployment === undefined) return undefined;
    const { namespace = '', name } = deployment.metadata;
    const replicas = Math.floor(this.lab.random.next() * 6);
    await this.lab.admin.patch('deployments', namespace, name, { spec: { replicas } }, this.pick([undefined, 'scale']));
    return `${namespace}/${name} to ${replicas}`;
  }

  private async updateImage(): Promise<string | undefined> {
    const deployment = await this.pickExisting<Deployment>('deployments');
    if (deployment === undefined) return undefined;
    const { namespace, name } = deployment.metadata;
    const [template, spec] = pickTemplate(this.lab.random);
    await this.lab.admin.update('deployments', { ...deployment, spec: { ...deployment.spec, template: { ...deployment.spec.template, spec } } } as Deployment);
    return `${namespace}/${name} to ${template}`;
  }

  private async restart(): Promise<string | undefined> {
    const deployment = await this.pickExisting<Deployment>('deployments');
    if (deployment === undefined) return undefined;
    const { namespace = '', name } = deployment.metadata;
    await this.lab.admin.patch('deployments', namespace, name, { spec: { template: { metadata: { annotations: { restartedAt: String(this.lab.world.clock.nowMs()) } } } } });
    return `${namespace}/${name}`;
  }

  private async delete(resource: string, names: readonly string[]): Promise<string> {
    const [namespace, name, options] = [this.pick(NAMESPACES), this.pick(names), this.pick(CASCADES)];
    await this.lab.admin.delete(resource, namespace, name, options);
    return `${namespace}/${name} ${JSON.stringify(options)}`;
  }

  private async createController(): Promise<string> {
    const [namespace, app, replicas] = [this.pick(NAMESPACES), this.pick(CONTROLLERS), Math.floor(this.lab.random.next() * 4)];
    const [name, template] = this.template(app);
    await this.lab.admin.create('replicationcontrollers', namespace, { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: app, namespace }, spec: { replicas, selector: { app }, template } });
    return `${namespace}/${app}, ${replicas} × ${name}`;
  }

  private async scaleController(): Promise<string | undefined> {
    const controller = await this.pickExisting<ReplicationController>('replicationcontrollers');
    if (controller === undefined) return undefined;
    const { namespace = '', name } = controller.metadata;
    const replicas = Math.floor(this.lab.random.next() * 4);
    await this.lab.admin.patch('replicationcontrollers', namespace, name, { spec: { replicas } });
    return `${namespace}/${name} to ${replicas}`;
  }

  private async createService(): Promise<string> {
    const [namespace, name, app] = [this.pick(NAMESPACES), this.pick(SERVICES), this.pick(APPS)];
    await this.lab.admin.create('services', namespace, {
      apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { type: this.pick(['ClusterIP', 'NodePort']), selector: { app }, ports: [{ port: 80 }] },
    });
    return `${namespace}/${name} for ${app}`;
  }

  private async createPod(): Promise<string> {
    const [namespace, name, app, restartPolicy] = [this.pick(NAMESPACES), this.pick(PODS), this.pick(APPS), this.pick(['Always', 'OnFailure', 'Never'])];
    const [template, spec] = pickTemplate(this.lab.random);
    await this.lab.admin.create('pods', namespace, { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels: { app } }, spec: { ...spec, restartPolicy } });
    return `${namespace}/${name}, ${template}, ${restartPolicy}, app=${app}`;
  }

  private async deletePod(): Promise<string | undefined> {
    const pod = await this.pickExisting<Pod>('pods');
    if (pod === undefined) return undefined;
    const { namespace = '', name } = pod.metadata;
    const options = this.pick([{}, {}, { gracePeriodSeconds: 0 }, { gracePeriodSeconds: 1 }]);
    await this.lab.admin.delete('pods', namespace, name, options);
    return `${namespace}/${name} ${JSON.stringify(options)}`;
  }

  private async labelPod(): Promise<string | undefined> {
    const pod = await this.pickExisting<Pod>('pods');
    if (pod === undefined) return undefined;
    const { namespace = '', name } = pod.metadata;
    const app = this.pick(APPS);
    await this.lab.admin.patch('pods', namespace, name, { metadata: { labels: { app } } });
    return `${namespace}/${name} app=${app}`;
  }

  private async deleteReplicaSet(): Promise<string | undefined> {
    const set = await this.pickExisting('replicasets');
    if (set === undefined) return undefined;
    const options = this.pick(CASCADES);
    await this.lab.admin.delete('replicasets', set.metadata.namespace ?? '', set.metadata.name, options);
    return `${set.metadata.namespace}/${set.metadata.name} ${JSON.stringify(options)}`;
  }

  private async cordon(): Promise<string> {
    const name = this.pick(this.lab.nodeNames);
    const node = await this.lab.admin.get<Node>('nodes', '', name);
    const unschedulable = node.spec?.unschedulable !== true;
    await this.lab.admin.patch('nodes', '', name, { spec: { unschedulable } });
    return `${name} ${unschedulable ? 'cordoned' : 'uncordoned'}`;
  }

  private async taint(): Promise<string> {
    const name = this.pick(this.lab.nodeNames);
    const effect = this.pick(['NoSchedule', 'NoExecute']);
    await this.lab.admin.patch('nodes', '', name, { spec: { taints: [{ key: 'sim', value: 'yes', effect }] } });
    return `${name} ${effect}`;
  }

  private async open(name: string): Promise<void> {
    await this.lab.admin.patch('nodes', '', name, { spec: { unschedulable: null, taints: [{ key: 'sim', $patch: 'delete' }] } });
    this.lab.note(`${name} opened`);
  }

  private async namespace(): Promise<string> {
    if (this.lab.random.next() < 0.75) {
      await this.lab.admin.create('namespaces', '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'blue' } });
      return 'blue created';
    }
    await this.lab.admin.delete('namespaces', '', 'blue');
    return 'blue deleted';
  }

  /** Two writers with the same old version: the second one is told. */
  private async staleUpdate(): Promise<string | undefined> {
    const deployment = await this.pickExisting<Deployment>('deployments');
    if (deployment === undefined) return undefined;
    const write = (value: string) => this.lab.admin.update('deployments', { ...deployment, metadata: { ...deployment.metadata, annotations: { ...deployment.metadata.annotations, writer: value } } });
    await write(`first ${this.lab.random.next()}`);
    try {
      await write(`second ${this.lab.random.next()}`);
    } catch (error) {
      if (hasReason(error, 'Conflict')) return `${deployment.metadata.name}: conflict, as it should be`;
      throw error;
    }
    this.lab.violation(`an update of deployment ${deployment.metadata.name} at an old version went through`);
    return undefined;
  }
}
