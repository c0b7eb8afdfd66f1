import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { root } from '../../scripts/root.ts';
import type { GraphItem } from '../../src/graph/index.ts';
import { GRAPH_BATCH_MAX } from '../../src/protocol/index.ts';

const PODS = 1000;
const NODES = 30;
const RUN_MS = 2000;
const UPDATE_PERIOD_MS = 100;
/** Pods that change in one update: a rollout in full swing. */
const CHANGED_PODS = 20;

/** Times of the graph panel's frames while it follows a large, busy cluster and the user moves the picture, in ms. */
export interface FrameTimes {
  readonly frames: number;
  /** From one frame to the next. */
  readonly intervalMedianMs: number;
  readonly intervalP95Ms: number;
  /** Of our own code in a frame. */
  readonly scriptMedianMs: number;
  readonly scriptP95Ms: number;
  readonly scriptMaxMs: number;
}

/** What the page has in its global scope for this measurement. */
interface Measured {
  readonly scripts: number[];
  readonly starts: number[];
}

/** Loads the panel as it is shipped into a page of its own, feeds it, moves it, and measures. picture: a PNG of the whole. */
export async function measureGraphFrames(browser: Browser, picture: string): Promise<FrameTimes> {
  const page = await (await browser.newContext({ viewport: { width: 1200, height: 800 } })).newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  await page.setContent('<!DOCTYPE html><html><body class="vscode-dark" style="background:#1f1f1f"></body></html>');
  await page.evaluate(`
    globalThis.measured = { scripts: [], starts: [] };
    globalThis.acquireVsCodeApi = () => ({ postMessage() {} });
    const original = requestAnimationFrame.bind(globalThis);
    globalThis.requestAnimationFrame = (run) => original((time) => {
      const start = performance.now();
      run(time);
      measured.starts.push(start);
      measured.scripts.push(performance.now() - start);
    });
    for (const [name, value] of Object.entries({ foreground: '#cccccc', 'editor-background': '#1f1f1f', 'editorWidget-background': '#252526', 'charts-green': '#89d185', 'charts-blue': '#3794ff', focusBorder: '#0078d4', 'sideBar-background': '#181818', 'widget-border': '#454545', 'font-family': 'sans-serif', descriptionForeground: '#9d9d9d' })) document.documentElement.style.setProperty('--vscode-' + name, value);
  `);
  await page.addScriptTag({ content: readFileSync(path.join(root, 'dist', 'webview', 'graph.js'), 'utf8') });
  const post = (message: unknown) => page.evaluate((data) => (globalThis as unknown as { postMessage(data: unknown, target: string): void }).postMessage(data, '*'), message);
  await post({ type: 'init', language: 'en', strings: {}, cluster: 'running', restricted: false });
  const items = largeCluster();
  for (let at = 0; at < items.length; at += GRAPH_BATCH_MAX) {
    await post({ type: 'objects', reset: at === 0, upserted: items.slice(at, at + GRAPH_BATCH_MAX), deleted: [], more: at + GRAPH_BATCH_MAX < items.length, revision: '1' });
  }
  await page.locator('.summary', { hasText: `${PODS} of ${PODS} pods ready` }).waitFor();
  await page.locator('[role=treeitem]').nth(items.filter(({ kind }) => kind !== 'EndpointSlice').length - 1).waitFor({ state: 'attached' });
  await page.screenshot({ path: picture });
  const pods = items.filter(({ kind }) => kind === 'Pod');
  await page.evaluate(({ pods: all, runMs, periodMs, changed }) => {
    // types of a page, which this project's tests do not have otherwise
    const scope = globalThis as unknown as {
      measured: { scripts: number[]; starts: number[] }; document: { querySelector(what: string): { dispatchEvent(event: unknown): void } }; WheelEvent: new (type: string, init: object) => unknown;
      postMessage(data: unknown, target: string): void; setInterval(run: () => void, ms: number): number; clearInterval(id: number): void;
    };
    scope.measured.scripts.length = scope.measured.starts.length = 0;
    let round = 0;
    const updates = scope.setInterval(() => {
      round++;
      const upserted = Array.from({ length: changed }, (_, index) => ({ ...all[(round * changed + index) % all.length], status: round % 2 === 0 ? 'Running' : 'ContainerCreating', health: round % 2 === 0 ? 'ok' : 'progressing' }));
      scope.postMessage({ type: 'objects', reset: false, upserted, deleted: [], more: false, revision: String(round) }, '*');
    }, periodMs);
    let step = 0;
    const moves = scope.setInterval(() => {
      step++;
      const zoom = step % 4 === 0;
      scope.document.querySelector('canvas').dispatchEvent(new scope.WheelEvent('wheel', { deltaX: Math.sin(step / 20) * 30, deltaY: zoom ? Math.sin(step / 30) * 40 : Math.cos(step / 20) * 30, ctrlKey: zoom, clientX: 400, clientY: 300, bubbles: true, cancelable: true }));
    }, 8);
    return new Promise<void>((resolve) => setTimeout(() => {
      scope.clearInterval(updates);
      scope.clearInterval(moves);
      resolve();
    }, runMs));
  }, { pods, runMs: RUN_MS, periodMs: UPDATE_PERIOD_MS, changed: CHANGED_PODS });
  const { scripts, starts } = await page.evaluate('measured') as Measured;
  await page.context().close();
  assert.deepEqual(problems, [], 'the panel threw');
  const intervals = starts.slice(1).map((start, index) => start - (starts[index] as number));
  return {
    frames: starts.length, intervalMedianMs: percentile(intervals, 50), intervalP95Ms: percentile(intervals, 95),
    scriptMedianMs: percentile(scripts, 50), scriptP95Ms: percentile(scripts, 95), scriptMaxMs: percentile(scripts, 100),
  };
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

/** 1,000 ready pods of ten Deployments with Services on thirty nodes. */
function largeCluster(): readonly GraphItem[] {
  const item = (apiVersion: string, kind: string, name: string, status: string, rest: Partial<GraphItem> = {}): GraphItem => ({ uid: `${kind}-${name}`, apiVersion, kind, name, health: 'ok', status, facts: [], ...(kind === 'Node' ? {} : { namespace: 'default' }), ...rest });
  const apps = Array.from({ length: 10 }, (_, index) => `app-${index}`);
  return [
    ...Array.from({ length: NODES }, (_, index) => item('v1', 'Node', `node-${index + 1}`, 'Ready')),
    ...apps.flatMap((name) => [
      item('v1', 'Service', name, 'ClusterIP 10.96.0.1:80', { health: 'neutral' }), item('apps/v1', 'Deployment', name, '100/100 ready'), item('apps/v1', 'ReplicaSet', `${name}-5d4f8`, '100/100 ready', { owner: `Deployment-${name}` }),
    ]),
    ...Array.from({ length: PODS }, (_, index) => {
      const app = apps[index % apps.length] as string;
      return item('v1', 'Pod', `${app}-5d4f8-${String(index).padStart(4, '0')}`, 'Running', { owner: `ReplicaSet-${app}-5d4f8`, node: `node-${(index % NODES) + 1}`, facts: [['Image', 'nginx:1.27'], ['IP', `10.244.${index % NODES}.${Math.floor(index / NODES)}`]] });
    }),
    ...apps.map((name, at) => item('discovery.k8s.io/v1', 'EndpointSlice', `${name}-abc`, '', {
      service: name, endpoints: Array.from({ length: PODS / apps.length }, (_, index) => [`${name}-5d4f8-${String(index * apps.length + at).padStart(4, '0')}`, true] as const),
    })),
  ];
}
