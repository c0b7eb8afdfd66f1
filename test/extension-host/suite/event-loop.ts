import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { deployments, nodes } from '../../../src/api/index.ts';
import { eventually, extension } from './support.ts';

const PODS = 300;
const RESOLUTION_MS = 1;
/** The last changes are still drawn when the last pod is ready. */
const SETTLE_MS = 2000;
/** The goal is 4 ms on a machine of one's own; here a browser, VS Code, the cluster and other tests share two cores. */
const DELAY_P999_MS_MAX = 250;

describe('the extension host', () => {
  it(`stays free while ${PODS} pods start under an open graph`, async function () {
    this.timeout(90_000);
    const api = await extension.activate();
    const { client } = await api.start();
    await vscode.commands.executeCommand('drydock.openGraph');
    const { items } = await client.resource(nodes).list();
    assert.equal(items.length, 3);
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
    await client.resource(deployments).create({
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'many', namespace: 'default' },
      spec: { replicas: PODS, selector: { matchLabels: { app: 'many' } }, template: { metadata: { labels: { app: 'many' } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.10' }] } } },
    } as never);
    await eventually('all that the nodes hold are ready', async () => {
      const { status } = await client.resource(deployments).get({ namespace: 'default', name: 'many' });
      return (status?.readyReplicas ?? 0) >= PODS;
    }, 60_000);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    histogram.disable();
    const [median, p999, max] = [histogram.percentile(50), histogram.percentile(99.9), histogram.max].map((value) => value / 1e6) as [number, number, number];
    console.log(`      event-loop delay: median ${median.toFixed(1)} ms, p99.9 ${p999.toFixed(1)} ms, longest ${max.toFixed(1)} ms`);
    assert.ok(p999 <= DELAY_P999_MS_MAX, `p99.9 is ${p999.toFixed(1)} ms`);
    await client.resource(deployments).delete({ namespace: 'default', name: 'many' }, { propagationPolicy: 'Background' });
  });
});
