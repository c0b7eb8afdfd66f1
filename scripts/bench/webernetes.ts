import { Cluster } from '@ngrok/webernetes';
import { pauseDeployment, readScenario, report, startStopwatch } from './sample.ts';

const scenario = readScenario();
let stop = startStopwatch();
const cluster = new Cluster({ nodes: scenario.nodes });
await cluster.init();
await count('nodes', scenario.nodes, (node) => node.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true);
if (scenario.pods > 0) {
  stop = startStopwatch();
  const running = count('pods', scenario.pods, (pod) => pod.status?.phase === 'Running' && pod.metadata?.labels?.['app'] === 'web');
  await cluster.apply([pauseDeployment(scenario.pods, 'registry.k8s.io/pause:3.10') as never]);
  await running;
}
report(stop());

/** Resolves once so many objects satisfy the condition, counted by informer. */
function count<R extends 'nodes' | 'pods'>(resource: R, wanted: number, holds: (object: { metadata?: { name?: string; labels?: Record<string, string> }; status?: { phase?: string; conditions?: { type: string; status: string }[] } }) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const names = new Set<string>();
    cluster.informer(resource, (_, object) => {
      const item = object as Parameters<typeof holds>[0];
      if (holds(item)) names.add(item.metadata?.name ?? '');
      if (names.size === wanted) resolve();
    });
  });
}
