import type { StartController } from '../shared/context.ts';
import { startReplicaController } from './controller.ts';
import { replicaSetKind } from './kind.ts';

/** Kubernetes: the replicaset controller. */
export const startReplicaSetController: StartController = (context) => startReplicaController(context, replicaSetKind);
