import assert from 'node:assert/strict';
import { cpSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { activeWebview, openFile, runCommand } from '../../scripts/browser.ts';
import { type CodeServer, startCodeServer } from '../../scripts/code-server.ts';
import { root } from '../../scripts/root.ts';

/** Where the walk happens and what it reports to. */
export interface RestrictedWalk {
  readonly server: CodeServer;
  readonly browser: Browser;
  readonly vsix: string;
  /** A folder of its own, short, since a unix socket lives below it. */
  readonly scratch: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly screens: string;
  step(name: string, run: () => Promise<void>): Promise<void>;
}

/** A folder that came from somewhere: the user, who reads Korean, does not trust it at first, and later does. */
export async function restrictedWalk({ server, browser, vsix, scratch, settings, screens, step }: RestrictedWalk): Promise<void> {
  const workspace = path.join(scratch, 'from-elsewhere');
  cpSync(path.join(root, 'media', 'sample-workspace'), workspace, { recursive: true });
  const korean = JSON.parse(readFileSync(path.join(root, 'media', 'l10n', 'bundle.l10n.ko.json'), 'utf8')) as Readonly<Record<string, string>>;
  /** What stands on the screen for an English text; a text that is not translated is found nowhere. */
  const t = (text: string, ...values: readonly number[]) => (korean[text] ?? `no translation of ${text}`).replace(/\{(\d)\}/g, (_, at: string) => String(values[Number(at)]));
  const running = await startCodeServer(server, {
    userDataFolder: path.join(scratch, 'ud2'), extensionsFolder: path.join(scratch, 'ex2'), vsix, logFile: openSync(path.join(scratch, 'log2'), 'w'),
    settings: { ...settings, 'drydock.language': 'ko', 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'always' }, environment: { HOME: scratch },
  });
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  try {
    page.setDefaultTimeout(30_000);
    const picture = (name: string) => page.screenshot({ path: path.join(screens, `${name}.png`) });
    await page.goto(`${running.url}?folder=${workspace}`);
    await step('a folder that is not trusted gets a cluster that runs no programs, and Drydock says so', async () => {
      await page.locator('.monaco-button', { hasText: /^No, / }).first().click();
      await page.locator('.activitybar [aria-label="Drydock"]').first().click();
      await page.locator('.pane-body .monaco-list-row', { hasText: 'node-3' }).first().waitFor();
      await page.locator('.notification-toast', { hasText: t('This workspace is not trusted, so pods run no programs of yours. Everything else works.') }).waitFor();
      await page.locator('.pane-body', { hasText: t('Restricted mode: pods run no programs of yours.') }).first().waitFor();
      await picture('30-restricted');
    });
    await step('a pod whose program may not run says why', async () => {
      await openFile(page, 'kubia-rc.yaml');
      await page.locator('.codelens-decoration a', { hasText: t('Apply') }).first().click();
      await page.locator('.codelens-decoration', { hasText: '0/1 ready' }).waitFor();
      await runCommand(page, 'Drydock: Open Graph');
      const graph = activeWebview(page);
      await graph.locator('.trust', { hasText: t('This workspace is not trusted: pods run no programs of yours.') }).waitFor();
      await selectPod(page);
      await graph.locator('.details .why', { hasText: 'this workspace is not trusted, so its programs do not run on this machine' }).waitFor();
      await picture('31-restricted-pod');
    });
    await step('after the folder is trusted the cluster restarts and the program runs', async () => {
      await activeWebview(page).locator('.trust vscode-button', { hasText: t('Manage trust') }).click();
      await page.locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ }).first().click();
      await page.keyboard.press('Escape'); // it is shown over the rest
      const graph = activeWebview(page);
      await graph.locator('.summary', { hasText: t('{0} of {1} pods ready', 1, 1) }).waitFor();
      assert.equal(await graph.locator('.trust').isVisible(), false);
      await picture('32-trusted');
    });
    await step('a lesson speaks Korean', async () => {
      await runCommand(page, 'View: Close All Editors');
      await page.locator('.pane-body .monaco-list-row', { hasText: '첫 번째 앱' }).first().dblclick();
      const lesson = activeWebview(page);
      await lesson.locator('.step.current .checks').waitFor();
      await lesson.locator('h3', { hasText: t('The cluster checks') }).waitFor();
      await picture('33-korean-lesson');
    });
  } catch (error) {
    await page.screenshot({ path: path.join(screens, 'failed-restricted.png') });
    throw error;
  } finally {
    await page.context().close();
    await running.stop();
  }
}

async function selectPod(page: Page): Promise<void> {
  await activeWebview(page).locator('[role=treeitem]', { hasText: 'Pod kubia' }).first().waitFor({ state: 'attached' });
  await activeWebview(page).locator('[role=treeitem]').first().focus();
  await page.keyboard.type('kubia');
  for (let down = 0; down < 12 && !(await activeWebview(page).locator('.details .kind', { hasText: 'Pod' }).isVisible()); down++) await page.keyboard.press('ArrowDown');
}
