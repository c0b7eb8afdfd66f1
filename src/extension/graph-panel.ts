import * as vscode from 'vscode';
import type { KubernetesObject } from '../api/index.ts';
import { type Disposable, DisposableStore } from '../base/index.ts';
import { GRAPH_BATCH_MAX, type GraphAction, type GraphHostMessage, type ObjectRef, parseGraphPanelMessage, ProtocolError } from '../protocol/index.ts';
import type { Cluster } from './cluster.ts';
import { joinApiVersion, type ServedResource } from './discovery.ts';
import { graphKinds, GraphQueue } from './graph-objects.ts';
import { currentLanguage, t } from './l10n.ts';
import { refreshMs } from './object-store.ts';
import type { ClusterSession } from './session.ts';
import { panelHtml, panelRoots } from './webview-html.ts';

const graphViewType = 'drydock.graph';

/** The graph panel, of which there is at most one. */
export interface GraphPanel extends Disposable {
  /** Opens or shows the panel, with an object selected. */
  show(ref?: ObjectRef): void;
  /** Takes over a panel that VS Code kept from before a reload. */
  restore(panel: vscode.WebviewPanel): void;
}

export interface GraphPanelOptions {
  readonly cluster: Cluster;
  readonly extensionUri: vscode.Uri;
  readonly log: vscode.LogOutputChannel;
  act(action: GraphAction, ref: ObjectRef, container: string | undefined): void;
  selected(ref: ObjectRef | undefined): void;
}

/** No panel is open yet. */
export function createGraphPanel(options: GraphPanelOptions): GraphPanel {
  let current: { readonly panel: vscode.WebviewPanel; readonly host: GraphHost } | undefined;
  const adopt = (panel: vscode.WebviewPanel) => {
    panel.iconPath = vscode.Uri.joinPath(options.extensionUri, 'media', 'panel.svg');
    const host = new GraphHost(panel, options);
    current = { panel, host };
    panel.onDidDispose(() => {
      host.dispose();
      if (current?.host === host) current = undefined;
    });
    return host;
  };
  return {
    show(ref) {
      if (current === undefined) {
        adopt(vscode.window.createWebviewPanel(graphViewType, t('Cluster Graph'), { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false }, { enableScripts: true, retainContextWhenHidden: true, localResourceRoots: [...panelRoots(options.extensionUri)] }));
      } else current.panel.reveal();
      if (ref !== undefined) current?.host.select(ref);
    },
    restore(panel) {
      current?.panel.dispose();
      panel.webview.options = { enableScripts: true, localResourceRoots: [...panelRoots(options.extensionUri)] };
      adopt(panel);
    },
    dispose() {
      current?.panel.dispose();
    },
  };
}

/** Feeds one panel: objects in bounded batches, one message after the other, none before the panel's script listens. */
class GraphHost implements Disposable {
  private readonly panel: vscode.WebviewPanel;
  private readonly options: GraphPanelOptions;
  private readonly disposables = new DisposableStore();
  private feed = new DisposableStore();
  private readonly queue = new GraphQueue();
  private timer: NodeJS.Timeout | undefined;
  private isReady = false;
  private resetNext = true;
  private isLoading = true;
  private selection: ObjectRef | undefined;

  constructor(panel: vscode.WebviewPanel, options: GraphPanelOptions) {
    this.panel = panel;
    this.options = options;
    this.disposables.add(panel.webview.onDidReceiveMessage((message: unknown) => this.receive(message)));
    this.disposables.add(options.cluster.onDidChange(({ state, message }) => {
      this.post({ type: 'cluster', state, restricted: !vscode.workspace.isTrusted, ...(message === undefined ? {} : { message }) });
      if (state === 'running') this.startFeed();
    }));
    this.disposables.add(panel.onDidChangeViewState(() => {
      if (panel.visible && this.isReady) this.schedule(false);
    }));
    this.disposables.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.post({ type: 'cluster', state: options.cluster.state, restricted: false })));
    panel.webview.html = panelHtml(panel.webview, options.extensionUri, 'graph.js', currentLanguage().language, panel.title);
  }

  select(ref: ObjectRef): void {
    this.selection = ref;
    this.post({ type: 'select', ref });
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.feed.dispose();
    this.disposables.dispose();
  }

  private post(message: GraphHostMessage): void {
    if (this.isReady) void this.panel.webview.postMessage(message);
  }

  private receive(raw: unknown): void {
    try {
      const message = parseGraphPanelMessage(raw);
      switch (message.type) {
        case 'ready': return this.begin();
        case 'problem': return this.options.log.error(`graph: ${message.message}`);
        case 'startCluster': return void vscode.commands.executeCommand('drydock.startCluster');
        case 'manageTrust': return void vscode.commands.executeCommand('workbench.trust.manage');
        case 'begin': return void vscode.commands.executeCommand(`drydock.${message.with}`);
        case 'selected':
          this.selection = message.ref;
          return this.options.selected(message.ref);
        case 'action': return this.options.act(message.action, message.ref, message.container);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.options.log.warn(`graph: ${error.message}`);
    }
  }

  private begin(): void {
    this.isReady = true;
    const { language, strings } = currentLanguage();
    this.post({ type: 'init', language, strings, cluster: this.options.cluster.state, restricted: !vscode.workspace.isTrusted });
    if (this.options.cluster.session !== undefined) this.startFeed();
    if (this.selection !== undefined) this.select(this.selection);
  }

  /** Everything anew, from the watches of the store. */
  private startFeed(): void {
    const { session } = this.options.cluster;
    if (session === undefined || !this.isReady) return;
    this.stopFeed();
    const resources = drawnResources(session);
    for (const resource of resources) {
      const apiVersion = joinApiVersion(resource.group, resource.version);
      const add = (object: KubernetesObject) => this.add(object, apiVersion, resource.kind);
      const informer = session.objects.informer(resource);
      this.feed.add(informer.addEventHandler({ onAdd: add, onUpdate: (_, object) => add(object), onDelete: (object) => this.remove(object.metadata.uid ?? '') }));
    }
    const feed = this.feed;
    void Promise.all(resources.map((resource) => session.objects.informer(resource).waitForSync())).then(() => {
      if (feed !== this.feed) return;
      this.isLoading = false;
      this.schedule(true);
    });
  }

  private stopFeed(): void {
    this.feed.dispose();
    this.feed = new DisposableStore();
    this.queue.clear();
    this.resetNext = true;
    this.isLoading = true;
  }

  private add(object: KubernetesObject, apiVersion: string, kind: string): void {
    this.queue.upsert(object, apiVersion, kind);
    this.schedule(false);
  }

  private remove(uid: string): void {
    this.queue.delete(uid);
    this.schedule(false);
  }

  private schedule(evenIfEmpty: boolean): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.flush(evenIfEmpty);
    }, this.isLoading ? 0 : refreshMs);
  }

  private flush(evenIfEmpty: boolean): void {
    if (!this.panel.visible && !this.resetNext && !this.isLoading) return; // nobody looks: what waits is sent when somebody does
    if (this.queue.isEmpty && !evenIfEmpty && !this.resetNext) return;
    const { upserted, deleted } = this.queue.take(GRAPH_BATCH_MAX);
    const more = this.isLoading || !this.queue.isEmpty;
    if (upserted.length > 0 || deleted.length > 0 || evenIfEmpty || this.resetNext) {
      this.post({ type: 'objects', reset: this.resetNext, upserted, deleted, more });
    }
    this.resetNext = false;
    if (!this.queue.isEmpty) this.timer = setTimeout(() => {
      this.timer = undefined;
      this.flush(true);
    }, 0);
  }
}

function drawnResources(session: ClusterSession): readonly ServedResource[] {
  return session.discovery.resources.filter((resource, index, all) => graphKinds.has(resource.kind) && resource.verbs.has('watch') && all.findIndex((other) => other.group === resource.group && other.kind === resource.kind) === index);
}
