import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { activeWebview, launchChromium, openFile, runCommand } from '../../scripts/browser.ts';
import { measureGraphFrames } from './graph-frames.ts';
import { restrictedWalk } from './restricted.ts';
import { ensureCodeServer, startCodeServer } from '../../scripts/code-server.ts';
import { root } from '../../scripts/root.ts';

/*
 * The whole flow as a person walks it, in a real VS Code in a browser, from the packaged VSIX: start, apply, look, learn.
 * Each step leaves a picture in test/browser/screens (git-ignored but for the ones that the README shows).
 */
const STEP_MS_MAX = 20_000;
/** Of our own code in the median frame of a large graph. The goal; what the browser adds on a machine without a GPU is reported. */
const SCRIPT_MS_MAX = 4;
const screens = path.join(root, 'test', 'browser', 'screens');
const scratch = mkdtempSync(path.join(tmpdir(), 'dw-'));
const workspace = path.join(scratch, 'workspace');
mkdirSync(screens, { recursive: true });
cpSync(path.join(root, 'media', 'sample-workspace'), workspace, { recursive: true });
const vsix = readdirSync(root).find((name) => /^drydock-.*\.vsix$/.test(name));
assert.ok(vsix !== undefined, 'npm run package comes first');

const settings = {
  'workbench.startupEditor': 'none', 'chat.disableAIFeatures': true, 'telemetry.telemetryLevel': 'off', 'extensions.autoCheckUpdates': false, 'extensions.autoUpdate': false,
  'workbench.enableExperiments': false, 'terminal.integrated.gpuAcceleration': 'off', 'workbench.secondarySideBar.defaultVisibility': 'hidden', 'workbench.colorTheme': 'Default Dark Modern',
};
/** What VS Code itself asks for: its gallery, and its own name for a webview's files. */
const VS_CODE_OWN = /^https:\/\/(open-vsx\.org\/|[^/]*\.vscode-cdn\.net\/)|^vscode-/;
const counts = { passed: 0, failed: 0, skipped: 0 };
const server = await ensureCodeServer(console.error);
const running = await startCodeServer(server, {
  userDataFolder: path.join(scratch, 'ud'), extensionsFolder: path.join(scratch, 'ex'), vsix: path.join(root, vsix), logFile: openSync(path.join(scratch, 'log'), 'w'),
  settings,
  extraArgs: ['--disable-workspace-trust'],
  environment: { HOME: scratch },
});
const browser = await launchChromium(process.env['CHROMIUM'] ?? '/usr/bin/chromium');
try {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 })).newPage();
  page.setDefaultTimeout(STEP_MS_MAX);
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!/^(http:\/\/(127\.0\.0\.1|localhost)|data:|blob:)/.test(request.url())) foreign.push(request.url());
  });
  await page.goto(`${running.url}?folder=${workspace}`);
  await walk(page);
  await step('the graph stays smooth with 1,000 pods on 30 nodes', async () => {
    const times = await measureGraphFrames(browser, path.join(screens, '20-graph-1000.png'));
    const text = Object.entries(times).map(([name, value]: [string, number]) => `${name} ${name === 'frames' ? value : value.toFixed(1)}`).join(', ');
    console.log(`    ${text}`);
    assert.ok(times.scriptMedianMs <= SCRIPT_MS_MAX, text);
  });
  await restrictedWalk({ server, browser, vsix: path.join(root, vsix), scratch, settings, screens, step });
  await step('nothing was asked of any other machine', async () => assert.deepEqual(foreign.filter((url) => !VS_CODE_OWN.test(url)), []));
} finally {
  await browser.close();
  await running.stop();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 ? 0 : 1);

async function walk(page: Page): Promise<void> {
  const picture = (name: string) => page.screenshot({ path: path.join(screens, `${name}.png`) });
  const row = (text: string | RegExp) => page.locator('.pane-body .monaco-list-row', { hasText: text }).first();
  const palette = (title: string) => runCommand(page, `Drydock: ${title}`);

  await step('the cluster starts when Drydock is first opened, and the tree and the status bar show it', async () => {
    await page.locator('.activitybar [aria-label="Drydock"]').first().click();
    await row('node-3').waitFor();
    await page.locator('.statusbar-item', { hasText: /3 nodes/ }).waitFor();
    await picture('02-cluster');
  });
  await step('a cluster that was stopped stays so, and the empty tree says how to go on', async () => {
    await palette('Stop Cluster');
    const start = page.locator('.monaco-button', { hasText: 'Start Cluster' }).first();
    await start.waitFor();
    await palette('Refresh');
    await picture('01-welcome');
    await start.click();
    await row('node-3').waitFor();
  });
  await step('the graph of an empty cluster says how to begin', async () => {
    await palette('Open Graph');
    await activeWebview(page).locator('.empty', { hasText: 'Nothing runs here yet' }).waitFor();
    await picture('03-graph-empty');
    await runCommand(page, 'View: Close All Editors');
  });
  await step('a manifest is applied from the line above it, which then tells its state', async () => {
    await openFile(page, 'nginx-deployment.yaml');
    await page.locator('.codelens-decoration a', { hasText: 'Apply' }).first().click();
    await page.locator('.codelens-decoration', { hasText: '3/3 ready' }).waitFor();
    await picture('03-applied');
  });
  await step('a mistake is marked while it is typed', async () => {
    await page.locator('.view-line', { hasText: 'replicas: 3' }).first().click();
    await page.keyboard.press('End');
    await page.keyboard.type('x');
    await page.locator('.squiggly-error').first().waitFor();
    await picture('04-mistake');
    await page.keyboard.press('Backspace');
    await page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
  });
  await step('the graph shows nodes, controllers and pods', async () => {
    await palette('Open Graph');
    await activeWebview(page).locator('.summary', { hasText: '3 of 3 pods ready' }).waitFor();
    assert.ok(await paintedPixels(page) > 2000, 'the canvas shows something');
    await picture('05-graph');
  });
  await step('every object of the graph can be reached by keyboard and opened', async () => {
    const inner = activeWebview(page);
    await inner.locator('[role=treeitem]').first().focus();
    await page.keyboard.type('node-2');
    const item = inner.locator('[role=treeitem][aria-selected=true]', { hasText: 'Node node-2' });
    await item.waitFor();
    await inner.locator('.details', { hasText: 'node-2' }).waitFor();
    await picture('06-graph-keyboard');
    await page.keyboard.press('Escape');
    const words = await inner.locator('body').ariaSnapshot();
    for (const part of ['toolbar "Graph"', 'combobox "Namespace"', 'checkbox', 'button "List"', 'tree "Cluster objects"', 'treeitem "Node node-1, Ready"', 'img "Picture of the cluster', 'group "Zoom"', 'button "Zoom in"']) assert.ok(words.includes(part), `${part} is in:\n${words}`);
    await inner.locator('vscode-button', { hasText: 'List' }).click();
    await inner.locator('body:not(.with-list)').waitFor();
  });
  await step('the graph follows the theme', async () => {
    for (const [theme, name] of [['Dark High Contrast', 'high-contrast'], ['Light Modern', 'light']] as const) {
      await setTheme(page, theme);
      await page.waitForTimeout(400); // the colours fade
      await picture(`07-graph-${name}`);
    }
    await setTheme(page, 'Dark Modern');
  });
  await step('a lesson opens, runs its command in the terminal, and ticks by itself', async () => {
    await runCommand(page, 'View: Close All Editors');
    await row('Your first app').dblclick();
    const lesson = activeWebview(page);
    await lesson.locator('h1', { hasText: 'Your first app' }).waitFor();
    await picture('08-lesson');
    await lesson.locator('vscode-button[aria-label^="Run kubectl apply"]').first().click();
    await lesson.locator('.step.done', { hasText: 'Run the app' }).waitFor();
    await picture('09-lesson-step-done');
  });
  await step('a hint is given when it is asked for', async () => {
    const lesson = activeWebview(page);
    await lesson.locator('vscode-button', { hasText: 'Show a hint' }).click();
    await lesson.locator('.hint', { hasText: 'Hint 1' }).waitFor();
    await picture('10-hint');
    const words = await lesson.locator('body').ariaSnapshot();
    for (const part of ['heading "Your first app" [level=1]', 'progressbar "1 of 12 steps done"', 'button "Ask from inside , current step" [expanded]', 'button "Run kubectl exec rc/kubia -- curl -s localhost:8080"', 'status']) assert.ok(words.includes(part), `${part} is in:\n${words}`);
  });
  await step('the lesson follows the theme', async () => {
    for (const [theme, name] of [['Dark High Contrast', 'high-contrast'], ['Light Modern', 'light']] as const) {
      await setTheme(page, theme);
      await page.waitForTimeout(400);
      await picture(`12-lesson-${name}`);
    }
    await setTheme(page, 'Dark Modern');
  });
  await step('the terminal has a kubectl that knows the cluster', async () => {
    await palette('Open Drydock Terminal');
    await page.locator('.xterm.focus').waitFor(); // it takes the focus when it opens
    await page.keyboard.type('kubectl get nodes\n');
    await page.locator('.xterm.focus .xterm-rows', { hasText: 'node-3' }).waitFor();
    await picture('11-terminal');
    await page.keyboard.type('kubectl scale rc/kubia --replicas=3; kubectl delete deployment nginx-deployment; clear\n');
  });
  await step('lesson and graph stand side by side, and the graph shows where traffic goes', async () => {
    await runCommand(page, 'View: Close All Editors');
    await openFile(page, 'kubia-service.yaml');
    await page.locator('.codelens-decoration a', { hasText: 'Apply' }).first().click();
    await page.locator('.codelens-decoration', { hasText: 'ClusterIP' }).waitFor();
    await runCommand(page, 'View: Close All Editors');
    await row('Your first app').dblclick();
    await activeWebview(page).locator('.step.current .checks').waitFor();
    await page.waitForTimeout(1500); // panels take the focus once they are there, also from a palette that is open
    await row('node-3').click();
    await palette('Open Graph');
    await page.locator('.tab.active', { hasText: 'Cluster Graph' }).waitFor();
    await page.waitForTimeout(1500);
    await page.locator('[aria-label^="Hide Panel"]').first().click();
    await page.waitForTimeout(1500); // what moved has come to rest
    await picture('13-everything');
    if (process.env['README_PICTURE'] !== undefined) await page.screenshot({ path: path.join(root, 'media', 'screenshot.png') });
  });
}

async function step(name: string, run: () => Promise<void>): Promise<void> {
  const started = performance.now();
  try {
    await run();
    counts.passed++;
    console.log(`  ✔ ${name} (${Math.round(performance.now() - started)} ms)`);
  } catch (error) {
    counts.failed++;
    console.log(`  ✖ ${name}: ${error instanceof Error ? error.message.slice(0, 600) : String(error)}`);
    for (const page of browser.contexts().flatMap((context) => context.pages())) await page.screenshot({ path: path.join(screens, `failed-${counts.failed}.png`) });
  }
}

/** By the label that the picker shows. */
async function setTheme(page: Page, label: string): Promise<void> {
  const picker = page.locator('.quick-input-widget');
  await page.keyboard.press('F1');
  await picker.locator('input').first().fill('>Preferences: Color Theme');
  // Not the first row: others begin with the same words.
  await picker.locator('.monaco-list-row[aria-label^="Preferences: Color Theme"]').first().click();
  const row = picker.locator('.monaco-list-row', { hasText: label }).first();
  await picker.locator('input[aria-label*="heme" i], input[placeholder*="heme" i]').first().waitFor();
  await picker.locator('input').first().fill(label);
  await row.click();
  await picker.waitFor({ state: 'hidden' }); // the next picker would be the one that closes
}

/** Pixels of the graph's canvas that are not empty. */
function paintedPixels(page: Page): Promise<number> {
  return activeWebview(page).locator('canvas').evaluate((node) => {
    const canvas = node as unknown as { width: number; height: number; getContext(kind: '2d'): { getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray } } };
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let painted = 0;
    for (let index = 3; index < data.length; index += 4) if (data[index] !== 0) painted++;
    return painted;
  });
}
