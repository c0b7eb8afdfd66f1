/**
 * What VS Code loads: registers everything by name and loads the rest (main.ts, its own bundle) on first use, so that a
 * window in which nobody uses Drydock pays a few milliseconds.
 */
import * as vscode from 'vscode';
import { looksLikeManifest } from './looks-like-manifest.ts';
import type { TreeEntry } from './cluster-tree-model.ts';
import { commandIds } from './command-ids.ts';
import type { LessonEntry } from './lesson-tree.ts';
import type { DrydockApi, Main, Shell } from './main.ts';

/** As near to the start of this module as there is. */
const moduleAtMs = performance.now();
let main: Main | undefined;

/** Called by VS Code on the first activation event. The result is Drydock's API for tests and other extensions. */
export function activate(context: vscode.ExtensionContext): DrydockApi {
  const activatedAtMs = performance.now();
  const clusterChanged = new vscode.EventEmitter<TreeEntry | undefined>();
  const lessonsChanged = new vscode.EventEmitter<LessonEntry | undefined>();
  const filesChanged = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  const textChanged = new vscode.EventEmitter<vscode.Uri>();

  const clusterView = vscode.window.createTreeView<TreeEntry>('drydock.cluster', {
    showCollapseAll: true,
    treeDataProvider: {
      onDidChangeTreeData: clusterChanged.event,
      getChildren(entry) {
        if (entry === undefined) used();
        return load().clusterTree.getChildren(entry);
      },
      getTreeItem: (entry) => load().clusterTree.getTreeItem(entry),
      getParent: (entry) => load().clusterTree.getParent?.(entry),
    },
  });
  const lessonView = vscode.window.createTreeView<LessonEntry>('drydock.lessons', {
    treeDataProvider: {
      onDidChangeTreeData: lessonsChanged.event,
      getChildren: (entry) => load().lessonTree.getChildren(entry),
      getTreeItem: (entry) => load().lessonTree.getTreeItem(entry),
    },
  });
  const status = vscode.window.createStatusBarItem('drydock.status', vscode.StatusBarAlignment.Left, 20);
  const shell: Shell = { context, clusterView, lessonView, status, clusterChanged, lessonsChanged, filesChanged, textChanged };

  const load = (): Main => {
    if (main === undefined) {
      // a name that the bundler does not see through: main is a bundle of its own
      const file = './extension-main.js';
      main = (require(file) as typeof import('./main.ts')).createMain(shell);
    }
    return main;
  };
  const autoStart = (): unknown => vscode.workspace.getConfiguration('drydock').get('autoStart');
  let wasUsed = false;
  /** Somebody looks at Drydock: the cluster shall be there. Once in a window, so that a cluster that was stopped stays so. */
  const used = () => {
    if (wasUsed) return;
    wasUsed = true;
    if (autoStart() === 'onUse') setTimeout(() => load().autoStart(), 0); // after whatever it is that is being answered
  };
  const look = (editor: vscode.TextEditor | undefined) => {
    if (!wasUsed && editor !== undefined && isYaml(editor.document) && looksLikeManifest(editor.document.getText())) used();
  };
  const isYaml = (document: vscode.TextDocument) => document.languageId === 'yaml';
  context.subscriptions.push(
    clusterView, lessonView, status, clusterChanged, lessonsChanged, filesChanged, textChanged,
    ...commandIds.map((id) => vscode.commands.registerCommand(id, (...args: unknown[]) => load().run(id, args))),
    vscode.workspace.registerFileSystemProvider('drydock', {
      onDidChangeFile: filesChanged.event,
      watch: (uri) => load().files.watch(uri, { recursive: false, excludes: [] }),
      stat: (uri) => load().files.stat(uri),
      readDirectory: (uri) => load().files.readDirectory(uri),
      createDirectory: (uri) => load().files.createDirectory(uri),
      readFile: (uri) => load().files.readFile(uri),
      writeFile: (uri, content, options) => load().files.writeFile(uri, content, options),
      delete: (uri, options) => load().files.delete(uri, options),
      rename: (from, to, options) => load().files.rename(from, to, options),
    }, { isCaseSensitive: true }),
    vscode.workspace.registerTextDocumentContentProvider('drydock-text', { onDidChange: textChanged.event, provideTextDocumentContent: (uri, token) => load().texts.provideTextDocumentContent(uri, token) }),
    vscode.window.registerTerminalProfileProvider('drydock.terminal', { provideTerminalProfile: () => load().terminalProfile() }),
    vscode.window.registerWebviewPanelSerializer('drydock.graph', { deserializeWebviewPanel: (panel) => load().restoreGraph(panel) }),
    vscode.window.registerWebviewPanelSerializer('drydock.lesson', { deserializeWebviewPanel: (panel) => load().restoreLesson(panel) }),
    vscode.workspace.onDidOpenTextDocument((document) => {
      if (isYaml(document)) load().startLanguage();
    }),
    vscode.window.onDidChangeActiveTextEditor(look),
  );
  status.command = 'drydock.quickMenu';
  status.text = '$(server) Drydock';
  status.show();
  // after activation: what is open already, and the wish to have the cluster up at once
  setTimeout(() => {
    if (vscode.workspace.textDocuments.some(isYaml)) load().startLanguage();
    look(vscode.window.activeTextEditor);
    if (autoStart() === 'always') load().autoStart();
  }, 0);
  return {
    activationMs: moduleMs + performance.now() - activatedAtMs,
    whenReady: () => load().whenReady(),
    start: () => load().start(),
    get state() {
      return main?.state ?? 'stopped';
    },
    get session() {
      return main?.session;
    },
    get clusterPid() {
      return main?.clusterPid;
    },
    lessonProgress: (lessonId) => load().lessonProgress(lessonId),
    answerQuestionsWith: (answer) => load().answerQuestionsWith(answer),
  };
}

/** Called by VS Code when the window closes: the cluster host must be down before the extension host is. */
export async function deactivate(): Promise<void> {
  await main?.shutDown();
}

/** VS Code may do other things between loading this module and activating it, which is not our time. */
const moduleMs = performance.now() - moduleAtMs;
