import type { Pod } from '../../../api/index.ts';

/** What a kubelet counts of its pods, in Prometheus' text. Kubernetes: pkg/kubelet/metrics; the names that tell of pods, not of a machine. */
export function kubeletMetrics(nodeName: string, items: readonly Pod[]): string {
  const states = new Map<string, number>([['created', 0], ['exited', 0], ['running', 0], ['unknown', 0]]);
  for (const pod of items) {
    for (const { state } of pod.status?.containerStatuses ?? []) {
      const name = state?.running !== undefined ? 'running' : state?.terminated !== undefined ? 'exited' : 'created';
      states.set(name, (states.get(name) ?? 0) + 1);
    }
  }
  const running = items.filter(({ status }) => status?.phase === 'Running').length;
  return [
    '# HELP kubelet_node_name The node\'s name. The count is always 1.', '# TYPE kubelet_node_name gauge', `kubelet_node_name{node=${JSON.stringify(nodeName)}} 1`,
    '# HELP kubelet_running_pods Number of pods that have a running pod sandbox', '# TYPE kubelet_running_pods gauge', `kubelet_running_pods ${running}`,
    '# HELP kubelet_running_containers Number of containers currently running', '# TYPE kubelet_running_containers gauge',
    ...[...states].map(([state, count]) => `kubelet_running_containers{container_state="${state}"} ${count}`), '',
  ].join('\n');
}
