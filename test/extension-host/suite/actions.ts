import assert from 'node:assert/strict';
import http from 'node:http';
import * as vscode from 'vscode';
import type { DrydockApi } from '../../../src/extension/main.ts';
import { configMaps, deployments, isPodReady, pods } from '../../../src/api/index.ts';
import { eventually, extension, file, openText, replace } from './support.ts';

const manifest = (replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: act
spec:
  replicas: ${replicas}
  selector:
    matchLabels: {app: act}
  template:
    metadata:
      labels: {app: act}
    spec:
      containers:
      - name: web
        image: nginx
        ports:
        - containerPort: 80
`;
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'act' };
const shownText = () => vscode.window.activeTextEditor?.document.getText() ?? '';

describe('what can be done with an object', () => {
  let api: DrydockApi;
  const client = async () => (await api.whenReady()).client;
  const live = async () => (await client()).resource(deployments).get({ namespace: 'default', name: 'act' });

  before(async function () {
    this.timeout(60_000);
    api = await extension.activate();
    await api.start();
    const document = await openText(manifest(1));
    await vscode.commands.executeCommand('drydock.apply', document.uri);
    await eventually('the pod is ready', async () => (await live()).status?.readyReplicas === 1);
  });
  afterEach(() => api.answerQuestionsWith(undefined));

  it('shows what an apply would change, and changes nothing', async () => {
    const document = await openText(manifest(4));
    await vscode.commands.executeCommand('drydock.diff', document.uri, 0);
    const { input } = await eventually('a diff', () => vscode.window.tabGroups.activeTabGroup.activeTab?.input instanceof vscode.TabInputTextDiff && vscode.window.tabGroups.activeTabGroup.activeTab) as { readonly input: vscode.TabInputTextDiff };
    const [before, after] = await Promise.all([vscode.workspace.openTextDocument(input.original), vscode.workspace.openTextDocument(input.modified)]);
    assert.match(before.getText(), /^ {2}replicas: 1$/m);
    assert.match(after.getText(), /^ {2}replicas: 4$/m);
    assert.equal((await live()).spec.replicas, 1);
  });

  it('describes it with its events', async () => {
    await vscode.commands.executeCommand('drydock.describe', deployment);
    const text = await eventually('the description', () => shownText().includes('Replicas:') && shownText());
    assert.match(text, /^Name: +act$/m);
    assert.match(text, /ScalingReplicaSet/);
  });

  it('asks before a conflicting save, and overwrites, keeps or compares as it is told', async () => {
    const uri = vscode.Uri.parse('drydock:/namespaces/default/deployments.apps/act.yaml');
    const document = await vscode.workspace.openTextDocument(uri);
    const label = async (value: string) => (await api.whenReady()).transport.request({
      verb: 'patch', group: 'apps', version: 'v1', resource: 'deployments', namespace: 'default', name: 'act', patchType: 'application/merge-patch+json', body: { metadata: { labels: { by: value } } },
    });
    await replace(document, 'replicas: 1', 'replicas: 2');
    await label('somebody');
    const asked: (readonly string[])[] = [];
    api.answerQuestionsWith(({ choices }) => {
      asked.push(choices);
      return undefined;
    });
    assert.equal(await document.save(), false);
    assert.deepEqual(asked, [['Compare', 'Overwrite', 'Reload']]);
    assert.equal((await live()).spec.replicas, 1, 'nothing is saved without an answer');
    api.answerQuestionsWith(({ choices }) => choices[1]);
    assert.equal(await document.save(), true);
    assert.equal((await live()).spec.replicas, 2);
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });

  it('scales', async () => {
    api.answerQuestionsWith(() => 'many');
    await vscode.commands.executeCommand('drydock.scale', deployment);
    assert.equal((await live()).spec.replicas, 2, 'only a number will do');
    api.answerQuestionsWith(() => '3');
    await vscode.commands.executeCommand('drydock.scale', deployment);
    assert.equal((await live()).spec.replicas, 3);
  });

  it('opens logs and forwards a port', async function () {
    this.timeout(40_000);
    const pod = await eventually('a ready pod', async () => (await (await client()).resource(pods).list({ namespace: 'default', labelSelector: 'app=act' })).items.find(isPodReady));
    const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: pod.metadata.name };
    await vscode.commands.executeCommand('drydock.logs', ref);
    assert.ok(await eventually('a terminal with the log', () => vscode.window.terminals.some(({ name }) => name.includes(pod.metadata.name ?? '?'))));
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    api.answerQuestionsWith(() => String(port));
    void vscode.commands.executeCommand('drydock.portForward', ref); // it ends when its notification is closed
    assert.equal(await eventually('an answer through the port', () => statusOf(port)), 200);
  });

  it('says what is wrong with YAML that does not parse, and with an object that is too large', async function () {
    this.timeout(40_000);
    const broken = await openText('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: broken\ndata: {}\n');
    await vscode.commands.executeCommand('drydock.apply', broken.uri);
    assert.ok((await eventually('a problem', () => vscode.languages.getDiagnostics(broken.uri).length > 0 && vscode.languages.getDiagnostics(broken.uri))).length > 0);
    const large = await openText(`apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: large\ndata:\n  text: ${'x'.repeat(3_500_000)}\n`);
    const [outcome] = await vscode.commands.executeCommand<readonly { readonly result: string; readonly message?: string }[]>('drydock.apply', large.uri);
    assert.equal(outcome?.result, 'failed');
    assert.match(outcome.message ?? '', /too large|Too long|limit is|may not be/i);
    assert.equal(await (await client()).resource(configMaps).get({ namespace: 'default', name: 'large' }).catch(() => undefined), undefined);
  });

  it('keeps how far a lesson is', async function () {
    this.timeout(60_000);
    await vscode.commands.executeCommand('drydock.resetLesson', 'first-app');
    await vscode.commands.executeCommand('drydock.openLesson', 'first-app');
    await vscode.commands.executeCommand('drydock.apply', file('kubia-rc.yaml'));
    await eventually('the first step is done', () => api.lessonProgress('first-app').includes('run'), 30_000);
    // Closed and opened again it reads what was kept, as it does after a reload of the window.
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('drydock.openLesson', 'first-app');
    assert.deepEqual(api.lessonProgress('first-app'), ['run']);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('deletes after asking', async () => {
    api.answerQuestionsWith(() => undefined);
    await vscode.commands.executeCommand('drydock.deleteObject', deployment);
    assert.equal((await live()).metadata.deletionTimestamp, undefined, 'no answer, no deletion');
    api.answerQuestionsWith(({ choices }) => choices[0]);
    await vscode.commands.executeCommand('drydock.deleteObject', deployment);
    assert.ok(await eventually('it is gone', async () => live().then(() => false, () => true)));
  });
});

function statusOf(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    http.get({ host: '127.0.0.1', port, path: '/' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', () => resolve(undefined));
  });
}
