/** Everything behind the entry: made on first use, wired once. */
import * as vscode from 'vscode';
import { type Disposable, messageOf } from '../base/index.ts';
import { DisposableStore } from '../base/index.ts';
import type { CustomKind } from '../language/index.ts';
import type { ClusterState, GraphAction, ObjectRef } from '../protocol/index.ts';
import { createApplyProblems } from './apply-problems.ts';
import { type Answer, answerQuestionsWith, ask } from './ask.ts';
import type { TreeEntry } from './cluster-tree-model.ts';
import { type ClusterTree, createClusterTree } from './cluster-tree.ts';
import { type Cluster, createCluster } from './cluster.ts';
import type { CommandId } from './command-ids.ts';
import { createForwards } from './forwards.ts';
import { createGraphPanel } from './graph-panel.ts';
import { initialiseLanguage, t } from './l10n.ts';
import { createLanguageService } from './language-service.ts';
import { createLessonLibrary } from './lesson-library.ts';
import { createLessonPanel } from './lesson-panel.ts';
import { createLessonTree, type LessonEntry, type LessonTree } from './lesson-tree.ts';
import { createLiveFiles, type LiveFiles } from './live-files.ts';
import { createManifestActions } from './manifest-actions.ts';
import { pickManifests } from './manifest-files.ts';
import { createManifestLenses } from './manifest-lenses.ts';
import { createObjectActions } from './object-actions.ts';
import { showQuickMenu } from './quick-menu.ts';
import type { ClusterSession } from './session.ts';
import { readSettings } from './settings.ts';
import { createStatusBar } from './status-bar.ts';
import { createTexts, type Texts } from './texts.ts';
import { createUserTerminal } from './user-terminal.ts';

/** What activate() gives to tests and other extensions. */
export interface DrydockApi {
  /** What activation took of the extension host's time, in ms: the entry module, and activate(). */
  readonly activationMs: number;
  /** The session, now or once the cluster has been started by anybody. */
  whenReady(): Promise<ClusterSession>;
  /** Starts the cluster where it does not run. */
  start(): Promise<ClusterSession>;
  readonly state: ClusterState;
  readonly session: ClusterSession | undefined;
  /** Process id of the cluster host while it runs. */
  readonly clusterPid: number | undefined;
  /** Ids of the steps of a lesson that are done. */
  lessonProgress(lessonId: string): readonly string[];
  /** Answers modal questions in the user's place; undefined asks again. VS Code shows no dialogs under test. */
  answerQuestionsWith(answer: Answer | undefined): void;
}

/** What the entry has registered with VS Code before this was loaded. */
export interface Shell {
  readonly context: vscode.ExtensionContext;
  readonly clusterView: vscode.TreeView<TreeEntry>;
  readonly lessonView: vscode.TreeView<LessonEntry>;
  readonly status: vscode.StatusBarItem;
  readonly clusterChanged: vscode.EventEmitter<TreeEntry | undefined>;
  readonly lessonsChanged: vscode.EventEmitter<LessonEntry | undefined>;
  readonly filesChanged: vscode.EventEmitter<vscode.FileChangeEvent[]>;
  readonly textChanged: vscode.EventEmitter<vscode.Uri>;
}

export interface Main extends Omit<DrydockApi, 'activationMs'> {
  readonly clusterTree: ClusterTree;
  readonly lessonTree: LessonTree;
  readonly files: LiveFiles;
  readonly texts: Texts;
  terminalProfile(): Promise<vscode.TerminalProfile>;
  restoreGraph(panel: vscode.WebviewPanel): Promise<void>;
  restoreLesson(panel: vscode.WebviewPanel): Promise<void>;
  startLanguage(): void;
  /** Starts the cluster where it does not run; what goes wrong is said to the user. */
  autoStart(): void;
  run(id: CommandId, args: readonly unknown[]): Promise<unknown>;
  shutDown(): Promise<void>;
}

/** Makes the extension. Called once, by the entry. */
export function createMain(shell: Shell): Main {
  const { context } = shell;
  const disposables = new DisposableStore();
  context.subscriptions.push(disposables);
  const keep = <T extends Disposable>(item: T): T => disposables.add(item);

  const log = keep(vscode.window.createOutputChannel('Drydock', { log: true }));
  initialiseLanguage(context.extensionPath, readSettings().language);
  const cluster = keep(createCluster(context, log));
  const language = keep(createLanguageService(context.extensionPath, log));
  const problems = keep(createApplyProblems(language));
  const texts = createTexts(shell.textChanged);
  const files = keep(createLiveFiles(cluster, language, problems, shell.filesChanged, (name, text) => texts.show(name, text)));
  const forwards = keep(createForwards(log));
  const manifests = createManifestActions(language, problems, (name, text) => texts.show(name, text));
  const objects = createObjectActions(texts, forwards);
  const terminal = createUserTerminal(cluster);
  const clusterTree = keep(createClusterTree(cluster, shell.clusterChanged));
  const library = keep(createLessonLibrary(context, log));
  const lessonTree = keep(createLessonTree(library, shell.lessonsChanged));
  const graph = keep(createGraphPanel({
    cluster, extensionUri: context.extensionUri, log,
    act: (action, ref, container) => void report(() => actOnGraph(action, ref, container)),
    selected: () => undefined,
  }));
  const lessonPanel = keep(createLessonPanel({ context, cluster, library, terminal, log, showObject: (ref) => graph.show(ref) }));
  keep(createStatusBar(cluster, shell.status));
  keep(showRestriction(cluster, shell.clusterView));
  keep(watchCluster(cluster, log, forwards.stopAll, language.setCustomKinds));
  let hasLenses = false;

  const ready = () => startWithProgress(cluster);
  const withSession = async <T>(run: (session: ClusterSession) => Promise<T>): Promise<T> => run(cluster.session ?? await ready());
  /** Runs something for the user: what goes wrong is said once, and logged. */
  const report = async <T>(run: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await run();
    } catch (error) {
      if (error instanceof vscode.CancellationError) return undefined;
      log.error(error instanceof Error ? error.stack ?? error.message : String(error));
      const showLog = t('Show Log');
      void vscode.window.showErrorMessage(messageOf(error), showLog).then((choice) => {
        if (choice === showLog) log.show();
      });
      return undefined;
    }
  };
  const actOnGraph = (action: GraphAction, ref: ObjectRef, container: string | undefined): Promise<unknown> => withSession(async (session) => {
    switch (action) {
      case 'details': return objects.describe(session, ref);
      case 'openYaml': return objects.openYaml(session, ref);
      case 'logs': return objects.logs(session, ref, container);
      case 'shell': return objects.shell(session, ref, container);
      case 'portForward': return objects.portForward(session, ref);
      case 'scale': return objects.scale(session, ref);
      case 'delete': return objects.remove(session, ref);
      case 'revealInTree': {
        const entry = clusterTree.find(ref);
        return entry === undefined ? undefined : shell.clusterView.reveal(entry, { select: true, focus: true });
      }
    }
  });

  const commands: Readonly<Record<CommandId, (args: readonly unknown[]) => Promise<unknown> | unknown>> = {
    'drydock.startCluster': ready,
    'drydock.stopCluster': () => cluster.stop(),
    'drydock.restartCluster': () => vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: t('Restarting the cluster') }, () => cluster.restart()),
    'drydock.resetCluster': () => resetAfterAsking(cluster),
    'drydock.quickMenu': () => showQuickMenu(cluster),
    'drydock.apply': async (args) => {
      const picked = await pickManifests(language, args);
      return picked.length === 0 ? undefined : withSession((session) => manifests.apply(session, picked));
    },
    'drydock.diff': async (args) => {
      const [first] = await pickManifests(language, args);
      return first === undefined ? undefined : withSession((session) => manifests.diff(session, first));
    },
    'drydock.deleteManifests': async (args) => {
      const picked = await pickManifests(language, args);
      return picked.length === 0 ? undefined : withSession((session) => manifests.remove(session, picked));
    },
    'drydock.showInGraph': async (args) => graph.show(refOfEntry(args[0]) ?? (await refOfManifest(args))),
    'drydock.openGraph': () => graph.show(),
    'drydock.openYaml': (args) => withObject(args, (session, ref) => objects.openYaml(session, ref)),
    'drydock.describe': (args) => withObject(args, (session, ref) => objects.describe(session, ref)),
    'drydock.logs': (args) => withObject(args, (session, ref) => objects.logs(session, ref), 'Pod'),
    'drydock.shell': (args) => withObject(args, (session, ref) => objects.shell(session, ref), 'Pod'),
    'drydock.portForward': (args) => withObject(args, (session, ref) => objects.portForward(session, ref), 'Pod'),
    'drydock.stopPortForward': () => forwards.stop(),
    'drydock.scale': (args) => withObject(args, (session, ref) => objects.scale(session, ref), 'Deployment'),
    'drydock.deleteObject': (args) => withObject(args, (session, ref) => objects.remove(session, ref)),
    'drydock.openTerminal': () => terminal.open(),
    'drydock.showLog': () => log.show(),
    'drydock.showMore': ([entry]) => clusterTree.showMore((entry as TreeEntry).id),
    'drydock.refresh': async () => {
      await cluster.session?.refreshDiscovery();
      shell.clusterChanged.fire(undefined);
    },
    'drydock.newManifest': async () => {
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'yaml', content: '' }));
      await vscode.commands.executeCommand('editor.action.triggerSuggest');
    },
    'drydock.openLesson': async ([id]) => {
      const lessonId = typeof id === 'string' ? id : await pickLesson();
      return lessonId === undefined ? undefined : lessonPanel.open(lessonId);
    },
    'drydock.resetLesson': async ([entry]) => {
      const lessonId = typeof entry === 'string' ? entry : (entry as { readonly lesson?: { readonly id: string } } | undefined)?.lesson?.id ?? await pickLesson();
      return lessonId === undefined ? undefined : lessonPanel.reset(lessonId);
    },
    'drydock.copyName': ([entry]) => vscode.env.clipboard.writeText(refOfEntry(entry)?.name ?? ''),
  };
  /** The object of a tree line, a manifest, or else one that the user picks by name. */
  const withObject = (args: readonly unknown[], run: (session: ClusterSession, ref: ObjectRef) => Promise<void>, kindToPick?: string) => withSession(async (session) => {
    const ref = refOfEntry(args[0]) ?? await refOfManifest(args) ?? await pickObject(session, kindToPick);
    return ref === undefined ? undefined : run(session, ref);
  });
  const refOfManifest = async (args: readonly unknown[]): Promise<ObjectRef | undefined> => {
    if (!(args[0] instanceof vscode.Uri)) return undefined;
    const [first] = await pickManifests(language, args);
    const header = first?.manifest.header;
    if (header?.name === undefined || header.apiVersion === undefined || header.kind === undefined) return undefined;
    const { apiVersion, kind, name } = header;
    const namespaced = cluster.session?.discovery.ofKind(apiVersion, kind)?.namespaced ?? true;
    return { apiVersion, kind, name, ...(namespaced ? { namespace: header.namespace ?? cluster.session?.credentials.namespace ?? 'default' } : {}) };
  };
  const pickLesson = async (): Promise<string | undefined> => {
    const lessons = await library.lessons();
    return (await vscode.window.showQuickPick(lessons.map((lesson) => ({ label: lesson.title, description: t('Chapter {0}', lesson.chapter), detail: lesson.summary, id: lesson.id })), { placeHolder: t('Lesson') }))?.id;
  };

  return {
    clusterTree, lessonTree, files, texts,
    whenReady: () => cluster.whenReady(),
    start: () => cluster.start(),
    get state() {
      return cluster.state;
    },
    get session() {
      return cluster.session;
    },
    get clusterPid() {
      return cluster.pid;
    },
    lessonProgress: (lessonId) => library.progressOf(lessonId).doneSteps,
    answerQuestionsWith,
    terminalProfile: () => terminal.profile(),
    async restoreGraph(panel) {
      graph.restore(panel);
    },
    restoreLesson: (panel) => lessonPanel.restore(panel),
    startLanguage() {
      if (!hasLenses) keep(createManifestLenses(cluster, language));
      hasLenses = true;
      void language.start().catch((error: unknown) => log.error(messageOf(error)));
    },
    autoStart: () => void report(ready),
    run: (id, args) => report(async () => commands[id](args)),
    shutDown: () => cluster.shutDown(),
  };
}

/** Starts the cluster while the status bar says so. */
function startWithProgress(cluster: Cluster): Promise<ClusterSession> {
  return Promise.resolve(vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: t('Starting the cluster') }, () => cluster.start()));
}

async function resetAfterAsking(cluster: Cluster): Promise<void> {
  const yes = t('Reset');
  const choice = await ask({ message: t('Reset the cluster?'), detail: t('Every object in it is deleted. Your files stay as they are.'), choices: [yes] });
  if (choice === yes) await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: t('Resetting the cluster') }, () => cluster.reset());
}

/** What has to happen when the cluster comes or goes: words to the user, kinds for the editor, an end to what hung on it. */
function watchCluster(cluster: Cluster, log: vscode.LogOutputChannel, stopForwards: () => void, setCustomKinds: (kinds: readonly CustomKind[]) => Promise<void>): Disposable {
  const disposables = new DisposableStore();
  let kindsListener: Disposable | undefined;
  let wasLost = false;
  disposables.add(cluster.onDidChange(({ state, message }) => {
    if (state !== 'running') stopForwards();
    if (state === 'lost') {
      wasLost = true;
      void vscode.window.showWarningMessage(message ?? t('The cluster stopped unexpectedly.'), t('Show Log')).then((choice) => {
        if (choice !== undefined) log.show();
      });
    } else if (state === 'running') {
      if (wasLost) void vscode.window.showInformationMessage(t('The cluster is back.'));
      else if (!vscode.workspace.isTrusted) void adviseTrust();
      wasLost = false;
      const { session } = cluster;
      kindsListener?.dispose();
      if (session !== undefined) kindsListener = followCustomKinds(session, setCustomKinds);
    } else if (state === 'stopped' && message !== undefined && wasLost) void vscode.window.showErrorMessage(t('The cluster does not start again: {0}', message));
  }));
  disposables.add(vscode.workspace.onDidGrantWorkspaceTrust(() => {
    if (cluster.state !== 'running' && cluster.state !== 'starting') return;
    void vscode.window.showInformationMessage(t('This workspace is trusted now. The cluster restarts, so that programs can run in pods.'));
    void cluster.restart().catch((error: unknown) => log.error(messageOf(error)));
  }));
  return {
    dispose() {
      kindsListener?.dispose();
      disposables.dispose();
    },
  };
}

/** The tree's own line on what a workspace that is not trusted goes without. */
function showRestriction(cluster: Cluster, view: vscode.TreeView<TreeEntry>): Disposable {
  const show = () => {
    view.message = !vscode.workspace.isTrusted && cluster.session !== undefined ? t('Restricted mode: pods run no programs of yours.') : '';
  };
  const disposables = new DisposableStore();
  disposables.add(cluster.onDidChange(show));
  disposables.add(vscode.workspace.onDidGrantWorkspaceTrust(show));
  return disposables;
}

let hasAdvised = false;

/** Says once what does not work in a workspace that is not trusted, and where that can be changed. */
async function adviseTrust(): Promise<void> {
  if (hasAdvised) return;
  hasAdvised = true;
  const manage = t('Manage Trust');
  const choice = await vscode.window.showInformationMessage(t('This workspace is not trusted, so pods run no programs of yours. Everything else works.'), manage);
  if (choice === manage) await vscode.commands.executeCommand('workbench.trust.manage');
}

interface Definition {
  readonly spec?: {
    readonly group?: string;
    readonly names?: { readonly kind?: string };
    readonly versions?: readonly { readonly name: string; readonly served?: boolean; readonly schema?: { readonly openAPIV3Schema?: unknown } }[];
  };
}

/** Keeps the language server's kinds and the discovery at what the CustomResourceDefinitions say. */
function followCustomKinds(session: ClusterSession, setCustomKinds: (kinds: readonly CustomKind[]) => Promise<void>): Disposable {
  const resource = session.discovery.ofGroupKind('apiextensions.k8s.io', 'CustomResourceDefinition');
  if (resource === undefined) return { dispose: () => undefined };
  const informer = session.objects.informer(resource);
  let known = 0;
  return session.objects.onDidChange((keys) => {
    if (!keys.has(`${resource.group}/${resource.resource}`)) return;
    if (informer.lister.size === 0 && known === 0) return; // nothing to tell, and no reason to start the language server
    known = informer.lister.size;
    const kinds = [...informer.lister.list()].flatMap((definition) => {
      const { spec } = definition as Definition;
      return (spec?.versions ?? []).filter((version) => version.served !== false).map((version): CustomKind => ({ apiVersion: `${spec?.group ?? ''}/${version.name}`, kind: spec?.names?.kind ?? '', schema: version.schema?.openAPIV3Schema }));
    });
    void setCustomKinds(kinds).catch(() => undefined); // without them the editor knows fewer kinds
    void session.refreshDiscovery().catch(() => undefined); // tried again with the next change
  });
}

/** The object that a line of the tree stands for; also takes a plain ref, so that other code and tests can call commands. */
function refOfEntry(argument: unknown): ObjectRef | undefined {
  if (typeof argument !== 'object' || argument === null || argument instanceof vscode.Uri) return undefined;
  const { ref } = argument as { readonly ref?: ObjectRef };
  const plain = ref ?? argument as Partial<ObjectRef>;
  return typeof plain.apiVersion === 'string' && typeof plain.kind === 'string' && typeof plain.name === 'string' ? plain as ObjectRef : undefined;
}

/** Asks for an object of a kind (or first for the kind), from the command palette. */
async function pickObject(session: ClusterSession, kind: string | undefined): Promise<ObjectRef | undefined> {
  const resources = session.discovery.resources.filter((resource) => resource.verbs.has('list'));
  const resource = kind !== undefined ? resources.find((candidate) => candidate.kind === kind)
    : (await vscode.window.showQuickPick(resources.map((candidate) => ({ label: candidate.kind, description: candidate.group, resource: candidate })), { placeHolder: t('Kind') }))?.resource;
  if (resource === undefined) return undefined;
  const { items } = await session.client.resource(resource).list();
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  const picked = await vscode.window.showQuickPick(items.map((item) => ({ label: item.metadata.name ?? '', description: item.metadata.namespace ?? '', item })), { placeHolder: resource.kind });
  if (picked === undefined) return undefined;
  const { name, namespace, uid } = picked.item.metadata;
  return { apiVersion, kind: resource.kind, name: name ?? '', ...(namespace === undefined ? {} : { namespace }), ...(uid === undefined ? {} : { uid }) };
}
