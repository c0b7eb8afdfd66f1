interface PodChanges {
  readonly metadata?: object;
  readonly spec?: object;
  readonly container?: object;
}

/** A pod of one container that runs until it is stopped. */
export const pod = (name: string, { metadata, spec, container }: PodChanges = {}) => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'nginx:1.27', ...container }], ...spec },
});

/** The template of such pods. */
export const podTemplate = (labels: Readonly<Record<string, string>>, changes: Omit<PodChanges, 'metadata'> = {}) => ({ metadata: { labels }, spec: pod('', changes).spec });

/** A workload of apps/v1, or a ReplicationController, whose pods are known by their label app. */
export const workload = (kind: 'Deployment' | 'ReplicaSet' | 'ReplicationController', name: string, replicas: number, more: object = {}, changes: Omit<PodChanges, 'metadata'> = {}) => ({
  apiVersion: kind === 'ReplicationController' ? 'v1' : 'apps/v1', kind, metadata: { name, labels: { app: name } },
  spec: { replicas, selector: kind === 'ReplicationController' ? { app: name } : { matchLabels: { app: name } }, template: podTemplate({ app: name }, changes), ...more },
});

export const ownerReference = (owner: { readonly apiVersion?: string; readonly kind?: string; readonly metadata: { readonly name?: string; readonly uid?: string } }, more: object = {}) => ({
  apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid, ...more,
});
