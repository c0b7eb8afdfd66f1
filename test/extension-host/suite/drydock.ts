import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import type { DrydockApi } from '../../../src/extension/main.ts';
import { deployments, pods, replicationControllers } from '../../../src/api/index.ts';
import { eventually, extension, file, folder, openText } from './support.ts';

/** The goal is 10 ms, and the figure is printed; on a machine that does other things at the same time only a multiple of it tells of a mistake. */
const ACTIVATION_MS_MAX = 50;

const problemsOf = (document: vscode.TextDocument) => eventually('diagnostics', () => {
  const found = vscode.languages.getDiagnostics(document.uri);
  return found.length > 0 && found;
});
const shown = (problems: readonly vscode.Diagnostic[]) => problems.map((problem) => `${problem.range.start.line + 1}: ${problem.message}`).sort();

describe('Drydock in VS Code', () => {
  let api: DrydockApi;
  const client = async () => (await api.whenReady()).client;

  before(async function () {
    this.timeout(60_000);
    api = await extension.activate();
    await api.start();
  });

  it('activates in a few milliseconds of its own time', () => {
    const entry = path.join(extension.extensionPath, 'dist', 'extension.js');
    delete require.cache[entry]; // a second copy: what reading and compiling it takes
    const started = performance.now();
    require(entry);
    const loadMs = performance.now() - started;
    const text = `loading ${loadMs.toFixed(1)} ms, activation ${api.activationMs.toFixed(1)} ms`;
    console.log(`      ${text}`);
    assert.ok(loadMs + api.activationMs <= ACTIVATION_MS_MAX, text);
  });

  it('has a cluster of three ready nodes', async () => {
    assert.equal(api.state, 'running');
    const { nodes } = await import('../../../src/api/index.ts');
    const { items } = await (await client()).resource(nodes).list();
    assert.deepEqual(items.map((node) => node.metadata.name), ['node-1', 'node-2', 'node-3']);
  });

  it('applies a manifest from the editor and shows its live state above it', async () => {
    const document = await vscode.workspace.openTextDocument(file('nginx-deployment.yaml'));
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('drydock.apply', document.uri);
    const titles = await eventually('3/3 ready above the manifest', async () => {
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri, 10);
      const all = lenses.map((lens) => lens.command?.title ?? '');
      return all.some((title) => title.includes('3/3 ready')) && all;
    });
    assert.deepEqual(titles.slice(0, 4), ['Apply', 'Diff', 'Delete', 'Show in Graph']);
    const deployment = await (await client()).resource(deployments).get({ namespace: 'default', name: 'nginx-deployment' });
    assert.equal(deployment.status?.readyReplicas, 3);
  });

  it('applies a whole folder', async () => {
    await vscode.commands.executeCommand('drydock.apply', folder());
    const controller = await eventually('the ReplicationController', async () =>
      (await client()).resource(replicationControllers).get({ namespace: 'default', name: 'kubia' }).catch(() => undefined));
    assert.equal(controller.spec.replicas, 1);
  });

  it('marks what is wrong with a manifest before anything is applied', async () => {
    const document = await openText('apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replica: 3\n  replicas: three\n  selector:\n    matchLabels: {app: web}\n  template:\n    metadata:\n      labels: {app: web}\n    spec:\n      restartPolicy: Sometimes\n      containers:\n      - image: nginx\n');
    const lines = shown(await eventually('four problems', () => {
      const found = vscode.languages.getDiagnostics(document.uri);
      return found.length >= 4 && found;
    }));
    assert.deepEqual(lines.map((line) => line.split(':')[0]), ['14', '16', '6', '7']);
  });

  it('leaves YAML alone that is no manifest', async () => {
    const document = await openText('version: 2\njobs:\n  build: [test]\n');
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.deepEqual(vscode.languages.getDiagnostics(document.uri), []);
  });

  it('documents a field on hover and completes kinds and fields', async () => {
    const document = await openText('apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n  \n');
    const hovers = await eventually('a hover', async () => {
      const found = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, new vscode.Position(5, 4));
      return found.length > 0 && found;
    });
    const text = hovers.flatMap((hover) => hover.contents.map((content) => (typeof content === 'string' ? content : content.value))).join('\n');
    assert.match(text, /Number of desired pods/);
    const list = await vscode.commands.executeCommand<vscode.CompletionList>('vscode.executeCompletionItemProvider', document.uri, new vscode.Position(6, 2));
    const labels = list.items.map((item) => (typeof item.label === 'string' ? item.label : item.label.label));
    for (const wanted of ['selector', 'template', 'strategy']) assert.ok(labels.includes(wanted), `${wanted} is offered`);
    assert.ok(!labels.includes('replicas'), 'what is there already is not offered again');
  });

  it('puts a refused apply on the line that it is about', async () => {
    const document = await openText('apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n  ports:\n  - port: 80\n    nodePort: 99\n  type: NodePort\n');
    await vscode.commands.executeCommand('drydock.apply', document.uri);
    const problems = await problemsOf(document);
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.message ?? '', /provided port is not in the valid range/);
    assert.equal(problems[0]?.range.start.line, 8);
  });

  it('opens a live object as a file; saving it changes the cluster', async () => {
    const uri = vscode.Uri.parse('drydock:/namespaces/default/deployments.apps/nginx-deployment.yaml');
    const document = await vscode.workspace.openTextDocument(uri);
    assert.ok(!document.getText().includes('managedFields'));
    const editor = await vscode.window.showTextDocument(document);
    const at = document.getText().indexOf('replicas: 3');
    await editor.edit((edit) => edit.replace(new vscode.Range(document.positionAt(at), document.positionAt(at + 'replicas: 3'.length)), 'replicas: 2'));
    assert.ok(await document.save());
    const deployment = await (await client()).resource(deployments).get({ namespace: 'default', name: 'nginx-deployment' });
    assert.equal(deployment.spec.replicas, 2);
  });

  it('comes back with everything in it when the cluster host is killed', async function () {
    this.timeout(45_000);
    const before = api.clusterPid as number;
    process.kill(before, 'SIGKILL');
    await eventually('another process', () => api.clusterPid !== undefined && api.clusterPid !== before && api.state === 'running', 30_000);
    const deployment = await (await client()).resource(deployments).get({ namespace: 'default', name: 'nginx-deployment' });
    assert.equal(deployment.spec.replicas, 2);
    await eventually('its pods run again', async () => {
      const { items } = await (await client()).resource(pods).list({ namespace: 'default', labelSelector: 'app=nginx' });
      return items.length === 2 && items.every((pod) => pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'));
    }, 20_000);
  });
});
