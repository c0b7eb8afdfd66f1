import { Cluster } from '@ngrok/webernetes';
import { isPodRunning, type NodeLike, nodeIsReady, type PodLike } from './conditions.ts';
import { pauseDeployment, readScenario, report, startStopwatch } from './sample.ts';

void run();

async function run(): Promise<void> {
  const scenario = readScenario();
  let stop = startStopwatch();
  const cluster = new Cluster({ nodes: scenario.nodes });
  await cluster.init();
  await new Promise<void>((resolve) => {
    const names = new Set<string>();
    cluster.informer('nodes', (_event: string, node: NodeLike) => {
      if (nodeIsReady(node)) names.add(node.metadata?.name ?? '');
      if (names.size === scenario.nodes) resolve();
    });
  });
  if (scenario.pods > 0) {
    stop = startStopwatch();
    const running = new Promise<void>((resolve) => {
      const names = new Set<string>();
      cluster.informer('pods', (_event: string, pod: PodLike) => {
        if (isPodRunning(pod)) names.add(pod.metadata?.name ?? '');
        if (names.size === scenario.pods) resolve();
      });
    });
    await cluster.apply([pauseDeployment(scenario.pods, 'registry.k8s.io/pause:3.10')]);
    await running;
  }
  report(stop());
}
