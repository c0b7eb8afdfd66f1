import { formatDuration, formatMicroTime } from '../../api/index.ts';
import type { FlowControl } from './flow-control.ts';
import type { FlowRequest } from './queue-set.ts';

/** The priority levels as a table. Kubernetes: /debug/api_priority_and_fairness/dump_priority_levels. */
export function dumpPriorityLevels(flowControl: FlowControl): string {
  const header = [
    'PriorityLevelName', 'ActiveQueues', 'IsIdle', 'IsQuiescing', 'WaitingRequests', 'ExecutingRequests', 'DispatchedRequests', 'RejectedRequests',
    'TimedoutRequests', 'CancelledRequests',
  ];
  const levels = [...flowControl.levels.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return table([header, ...levels.map(({ name, quiescing, queues }) => [
    name, queues.queues.filter(({ waiting }) => waiting.length > 0).length, queues.isIdle, quiescing, queues.waiting, queues.executing, queues.dispatchedTotal,
    queues.rejectedTotal, 0, queues.cancelledTotal,
  ].map(String))]);
}

/** Every queue. Kubernetes: dump_queues. */
export function dumpQueues(flowControl: FlowControl): string {
  const rows = [['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse', 'NextDispatchR', 'InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum']];
  for (const { name, queues } of flowControl.levels.values()) {
    queues.queues.forEach(({ waiting, executing, seatsInUse, nextDispatch, seatsWaiting, workWaiting }, index) => {
      const initialSeats = waiting.reduce((sum, { estimate }) => sum + estimate.initialSeats, 0);
      rows.push([name, String(index), String(waiting.length), String(executing), String(seatsInUse), seatSeconds(nextDispatch), String(initialSeats), String(seatsWaiting), seatSeconds(workWaiting)]);
    });
  }
  return table(rows);
}

/** Every request that waits or runs. Kubernetes: dump_requests. */
export function dumpRequests(flowControl: FlowControl, withDetails: boolean): string {
  const rows = [[
    'PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher', 'ArriveTime', 'InitialSeats', 'FinalSeats', 'AdditionalLatency', 'StartTime',
    ...(withDetails ? ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource'] : []),
  ]];
  for (const { name, queues } of flowControl.levels.values()) {
    const add = (queueIndex: number, index: number, request: FlowRequest) => {
      const { estimate, info } = request;
      rows.push([
        name, request.flowSchemaName, String(queueIndex), String(index), request.flowDistinguisher, date(flowControl, request.arrivedMs), String(estimate.initialSeats),
        String(estimate.finalSeats), formatDuration(estimate.additionalSeconds * 1000), date(flowControl, request.startedMs),
        ...(withDetails ? [request.userName, info.verb, info.path, info.namespace, info.name, info.group === '' ? info.version : `${info.group}/${info.version}`, info.resource, info.subresource] : []),
      ]);
    };
    queues.queues.forEach((queue, queueIndex) => {
      queue.waiting.forEach((request, index) => add(queueIndex, index, request));
      for (const request of queues.requestsExecuting) if (request.queue === queue) add(queueIndex, -1, request);
    });
    for (const request of queues.requestsExecuting) if (request.queue === undefined) add(-1, -1, request);
  }
  return table(rows);
}

/** Go's zero time where it has not begun. */
function date(flowControl: FlowControl, elapsedMs: number): string {
  return elapsedMs === 0 ? '0001-01-01T00:00:00Z' : formatMicroTime(flowControl.dateOf(elapsedMs));
}

function seatSeconds(value: number): string {
  return `${value.toFixed(8)}ss`;
}

/** Columns as Go's tabwriter sets them: each as wide as its widest cell and a space, at least 8. */
function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell, index) => (index < row.length - 1 ? `${cell},` : cell)));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(8, ...cells.map((row) => (row[column]?.length ?? 0) + 1)));
  return cells.map((row) => `${row.map((cell, index) => (index < row.length - 1 ? cell.padEnd(widths[index] ?? 0) : cell)).join('')}\n`).join('');
}
