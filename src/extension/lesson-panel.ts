import path from 'node:path';
import * as vscode from 'vscode';
import { type Disposable, DisposableStore, messageOf } from '../base/index.ts';
import type { Lesson, LessonSession, LessonState } from '../lessons/index.ts';
import { type LessonHostMessage, type LessonPanelMessage, type ObjectRef, parseLessonPanelMessage, ProtocolError } from '../protocol/index.ts';
import type { Cluster } from './cluster.ts';
import { currentLanguage, t } from './l10n.ts';
import type { LessonLibrary } from './lesson-library.ts';
import { toLessonView } from './lesson-view.ts';
import { refreshMs } from './object-store.ts';
import type { UserTerminal } from './user-terminal.ts';
import { panelHtml, panelRoots } from './webview-html.ts';

const lessonViewType = 'drydock.lesson';
const openLessonKey = 'drydock.openLesson';

/** The lesson panel: one lesson at a time, which follows the cluster while the panel is open. */
export interface LessonPanel extends Disposable {
  open(lessonId: string): Promise<void>;
  restore(panel: vscode.WebviewPanel): Promise<void>;
  reset(lessonId: string): Promise<void>;
}

export interface LessonPanelOptions {
  readonly context: vscode.ExtensionContext;
  readonly cluster: Cluster;
  readonly library: LessonLibrary;
  readonly terminal: UserTerminal;
  readonly log: vscode.LogOutputChannel;
  showObject(ref: ObjectRef): void;
}

/** No panel is open yet. Opening one starts the cluster. */
export function createLessonPanel(options: LessonPanelOptions): LessonPanel {
  const { context } = options;
  let panel: vscode.WebviewPanel | undefined;
  let host: LessonHost | undefined;

  const adopt = (adopted: vscode.WebviewPanel, lesson: Lesson) => {
    panel = adopted;
    panel.iconPath = vscode.Uri.joinPath(context.extensionUri, 'media', 'panel.svg');
    host = new LessonHost(adopted, lesson, options);
    panel.onDidDispose(() => {
      if (panel !== adopted) return;
      host?.dispose();
      panel = undefined;
      host = undefined;
    });
  };
  const find = async (lessonId: string) => (await options.library.lessons()).find((lesson) => lesson.id === lessonId);
  return {
    async open(lessonId) {
      const lesson = await find(lessonId);
      if (lesson === undefined) return void vscode.window.showErrorMessage(t('There is no lesson {0}.', lessonId));
      await context.workspaceState.update(openLessonKey, lessonId);
      if (panel === undefined) adopt(vscode.window.createWebviewPanel(lessonViewType, lesson.title, vscode.ViewColumn.Beside, { enableScripts: true, retainContextWhenHidden: true, localResourceRoots: [...panelRoots(context.extensionUri)] }), lesson);
      else {
        panel.reveal();
        host?.change(lesson);
      }
    },
    async restore(restored) {
      const lesson = await find(context.workspaceState.get<string>(openLessonKey) ?? '');
      if (lesson === undefined) return restored.dispose();
      restored.webview.options = { enableScripts: true, localResourceRoots: [...panelRoots(context.extensionUri)] };
      adopt(restored, lesson);
    },
    async reset(lessonId) {
      const lesson = await find(lessonId);
      if (lesson === undefined) return;
      const session = await options.cluster.start();
      if (host?.lessonId === lessonId) return host.reset();
      const running = options.library.startSession(lesson, session);
      await running.reset();
      options.library.keepProgress(lessonId, running.state.progress);
      running.dispose();
      await options.library.folderOf(lesson, true);
    },
    dispose() {
      panel?.dispose();
    },
  };
}

/** One panel with the session of its lesson. */
class LessonHost implements Disposable {
  private readonly panel: vscode.WebviewPanel;
  private readonly options: LessonPanelOptions;
  private readonly disposables = new DisposableStore();
  private lesson: Lesson;
  private next: Lesson | undefined;
  private session: LessonSession | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isReady = false;

  constructor(panel: vscode.WebviewPanel, lesson: Lesson, options: LessonPanelOptions) {
    this.panel = panel;
    this.lesson = lesson;
    this.options = options;
    this.disposables.add(panel.webview.onDidReceiveMessage((message: unknown) => this.receive(message)));
    this.disposables.add(options.cluster.onDidChange(({ state, message }) => {
      this.post({ type: 'cluster', state, restricted: !vscode.workspace.isTrusted, ...(message === undefined ? {} : { message }) });
      this.startSession();
    }));
    this.disposables.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.post({ type: 'cluster', state: options.cluster.state, restricted: false })));
    panel.webview.html = panelHtml(panel.webview, options.context.extensionUri, 'lesson.js', currentLanguage().language, lesson.title);
    void this.findNext();
    this.startSession();
    if (options.cluster.session === undefined) void options.cluster.start().catch(() => undefined); // a lesson needs its cluster
  }

  get lessonId(): string {
    return this.lesson.id;
  }

  change(lesson: Lesson): void {
    if (lesson.id === this.lesson.id) return;
    this.lesson = lesson;
    this.panel.title = lesson.title;
    void this.options.context.workspaceState.update(openLessonKey, lesson.id);
    void this.findNext();
    this.startSession();
  }

  async reset(): Promise<void> {
    try {
      await this.session?.reset();
      await this.options.library.folderOf(this.lesson, true);
    } catch (error) {
      this.post({ type: 'failed', message: messageOf(error) });
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.session?.dispose();
    this.disposables.dispose();
  }

  private async findNext(): Promise<void> {
    const lessons = await this.options.library.lessons();
    this.next = lessons[lessons.findIndex((lesson) => lesson.id === this.lesson.id) + 1];
    this.showSoon();
  }

  private startSession(): void {
    this.session?.dispose();
    this.session = undefined;
    const { cluster, library } = this.options;
    if (cluster.session !== undefined) {
      this.session = library.startSession(this.lesson, cluster.session);
      const { id } = this.lesson;
      let kept = this.session.state.progress;
      this.session.onChange(({ progress }) => {
        if (progress !== kept) library.keepProgress(id, progress);
        kept = progress;
        this.showSoon();
      });
    }
    this.showSoon();
  }

  private state(): LessonState {
    if (this.session !== undefined) return this.session.state;
    const progress = this.options.library.progressOf(this.lesson.id);
    return { lesson: this.lesson, progress, currentStep: this.lesson.steps.find((step) => !progress.doneSteps.includes(step.id)), results: new Map() };
  }

  private showSoon(): void {
    if (!this.isReady) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.post({ type: 'lesson', lesson: toLessonView(this.state(), this.next) });
    }, refreshMs);
  }

  private post(message: LessonHostMessage): void {
    if (this.isReady) void this.panel.webview.postMessage(message);
  }

  private receive(raw: unknown): void {
    try {
      void this.answer(parseLessonPanelMessage(raw)).catch((error: unknown) => this.post({ type: 'failed', message: messageOf(error) }));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.options.log.warn(`lesson: ${error.message}`);
    }
  }

  private async answer(message: LessonPanelMessage): Promise<void> {
    switch (message.type) {
      case 'ready': {
        this.isReady = true;
        const { language, strings } = currentLanguage();
        this.post({ type: 'init', language, strings, cluster: this.options.cluster.state, restricted: !vscode.workspace.isTrusted });
        this.post({ type: 'lesson', lesson: toLessonView(this.state(), this.next) });
        return;
      }
      case 'problem': return this.options.log.error(`lesson: ${message.message}`);
      case 'startCluster': return void vscode.commands.executeCommand('drydock.startCluster');
      case 'manageTrust': return void vscode.commands.executeCommand('workbench.trust.manage');
      case 'runCommand': return this.type(message.stepId, message.command, true);
      case 'insertCommand': return this.type(message.stepId, message.command, false);
      case 'openFile': return this.openFile(message.stepId, message.path);
      case 'revealHint': return this.session?.revealHint(message.stepId, message.count);
      case 'revealSolution': return this.session?.revealSolution(message.stepId);
      case 'reset': return this.reset();
      case 'openLesson': return void vscode.commands.executeCommand('drydock.openLesson', message.lessonId);
      case 'showObject': return this.options.showObject(message.ref);
      case 'openLink': return void vscode.env.openExternal(vscode.Uri.parse(message.url, true));
    }
  }

  /** Only what the step shows is ever typed into a terminal. */
  private async type(stepId: string, text: string, run: boolean): Promise<void> {
    const command = this.lesson.steps.find((step) => step.id === stepId)?.commands.find((candidate) => candidate.run === text);
    if (command === undefined) throw new ProtocolError(`step ${stepId} has no such command`);
    const folder = await this.options.library.folderOf(this.lesson);
    const name = command.keepsRunning ? `Drydock: ${command.run.split(' ').slice(0, 2).join(' ')}` : `Drydock: ${this.lesson.id}`;
    await this.options.terminal.type(text, run, { name, folder });
  }

  private async openFile(stepId: string, file: string): Promise<void> {
    if (this.lesson.steps.find((step) => step.id === stepId)?.files.includes(file) !== true) throw new ProtocolError(`step ${stepId} has no such file`);
    const folder = await this.options.library.folderOf(this.lesson);
    await vscode.window.showTextDocument(vscode.Uri.file(path.join(folder, file)), { viewColumn: vscode.ViewColumn.One, preview: false });
  }
}
