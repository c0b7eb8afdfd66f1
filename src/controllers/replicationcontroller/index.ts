import { replicationControllerKind } from '../replicaset/kind.ts';
import { startReplicaController } from '../replicaset/controller.ts';
import type { StartController } from '../shared/context.ts';

/** Kubernetes: the replicationcontroller controller, which is the ReplicaSet's with another kind. */
export const startReplicationController: StartController = (context) => startReplicaController(context, replicationControllerKind);
