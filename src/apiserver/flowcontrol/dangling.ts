import { type FlowSchema, type FlowSchemaCondition, formatTime, hasReason } from '../../api/index.ts';
import type { Transport } from '../../client/index.ts';
import type { Clock } from '../../world/index.ts';
import { GROUP } from './bootstrap-configuration.ts';

/** Kubernetes: ConfigConsumerAsFieldManager. */
const FIELD_MANAGER = 'api-priority-and-fairness-config-consumer-v1';
const MINUTE_MS = 60_000;
/** Servers of several minds would write forever: one schema is written so often in a minute, then there is a pause. */
const UPDATES_PER_MINUTE_MAX = 5;

/** Whether the priority level of a flow schema is missing, as its condition says it. Kubernetes: presyncFlowSchemaStatus. */
export function danglingCondition({ spec }: FlowSchema, isDangling: boolean, now: string): FlowSchemaCondition {
  const reference = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(spec.priorityLevelConfiguration.name)}`;
  return {
    type: 'Dangling', status: isDangling ? 'True' : 'False', lastTransitionTime: now, reason: isDangling ? 'NotFound' : 'Found',
    message: isDangling ? `${reference} but there is no such object` : `${reference} and it exists`,
  };
}

/** Keeps the condition Dangling of flow schemas. */
export class DanglingConditions {
  private readonly transport: Transport;
  private readonly clock: Clock;
  private updates: { readonly name: string; readonly atMs: number }[] = [];

  constructor(transport: Transport, clock: Clock) {
    this.transport = transport;
    this.clock = clock;
  }

  /** Says of each whether its level is missing. Gives back false where some are left for later. Never rejects. */
  async update(flowSchemas: readonly FlowSchema[], isDangling: (schema: FlowSchema) => boolean): Promise<boolean> {
    let complete = true;
    for (const schema of flowSchemas) {
      const nowMs = this.clock.nowMs();
      const wanted = danglingCondition(schema, isDangling(schema), formatTime(nowMs));
      const current = schema.status?.conditions?.find(({ type }) => type === 'Dangling');
      if (current !== undefined && current.status === wanted.status && current.reason === wanted.reason && current.message === wanted.message) continue;
      complete = this.mayWrite(schema.metadata.name, nowMs) && await this.write(schema.metadata.name, wanted) && complete;
    }
    return complete;
  }

  private mayWrite(name: string, nowMs: number): boolean {
    this.updates = this.updates.filter(({ atMs }) => atMs > nowMs - MINUTE_MS);
    if (this.updates.filter((update) => update.name === name).length > UPDATES_PER_MINUTE_MAX) return false;
    this.updates.push({ name, atMs: nowMs });
    return true;
  }

  private async write(name: string, condition: FlowSchemaCondition): Promise<boolean> {
    const body = { apiVersion: `${GROUP}/v1`, kind: 'FlowSchema', metadata: { name }, status: { conditions: [condition] } };
    try {
      await this.transport.request({
        verb: 'patch', group: GROUP, version: 'v1', resource: 'flowschemas', subresource: 'status', name, patchType: 'application/apply-patch+yaml', body,
        query: { fieldManager: FIELD_MANAGER, force: true },
      });
      return true;
    } catch (error) {
      return hasReason(error, 'NotFound');
    }
  }
}
