import type { ObjectRef } from './object-ref.ts';
import type { PanelCluster, PanelInit, PanelManageTrust, PanelProblem, PanelReady, PanelStartCluster } from './panel.ts';
import { parseCount, parseFields, parseObjectRef, parseText, ProtocolError } from './parse.ts';

/** One check of a step, as the panel shows it. */
export interface LessonCheckView {
  readonly text: string;
  readonly state: 'waiting' | 'passed' | 'failed';
  /** Why it has not passed yet, in a sentence. */
  readonly detail?: string;
}

/** One step of a lesson, as the panel shows it. Texts are Markdown in the user's language. */
export interface LessonStepView {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  readonly state: 'locked' | 'current' | 'done';
  readonly checks: readonly LessonCheckView[];
  /** Only what has been revealed. */
  readonly hints: readonly string[];
  readonly hintCount: number;
  /** Only once it has been revealed. */
  readonly solution?: string;
  readonly hasSolution: boolean;
  /** Shell commands that the step shows and the panel offers to run. The extension runs no others. */
  readonly commands: readonly string[];
  /** Files of the lesson that the step offers to open; paths below the lesson's folder. */
  readonly files: readonly string[];
}

/** A lesson as the panel shows it. */
export interface LessonView {
  readonly id: string;
  readonly chapter: string;
  readonly title: string;
  readonly summary: string;
  readonly minutes?: number;
  readonly steps: readonly LessonStepView[];
  readonly done: boolean;
  readonly nextLesson?: { readonly id: string; readonly title: string };
}

/** The whole lesson: on opening and whenever something in it changed (at most 10 a second). */
export interface LessonShow {
  readonly type: 'lesson';
  readonly lesson: LessonView;
}

/** Something the learner asked for failed, e.g. the namespace could not be reset. */
export interface LessonFailed {
  readonly type: 'failed';
  readonly message: string;
}

/** Extension → lesson panel. */
export type LessonHostMessage = PanelInit | PanelCluster | LessonShow | LessonFailed;

/** Run a command of the step in the Drydock terminal. It must be one of the step's commands. */
export interface LessonRunCommand {
  readonly type: 'runCommand';
  readonly stepId: string;
  readonly command: string;
}

/** Type a command of the step into the Drydock terminal without running it. */
export interface LessonInsertCommand {
  readonly type: 'insertCommand';
  readonly stepId: string;
  readonly command: string;
}

/** Open a file of the lesson in an editor: the learner's own copy, where the lesson's commands run. */
export interface LessonOpenFile {
  readonly type: 'openFile';
  readonly stepId: string;
  readonly path: string;
}

export interface LessonRevealHint {
  readonly type: 'revealHint';
  readonly stepId: string;
  /** How many hints of the step shall be visible. */
  readonly count: number;
}

export interface LessonRevealSolution {
  readonly type: 'revealSolution';
  readonly stepId: string;
}

/** Forget the progress and delete what the lesson made in the cluster. */
export interface LessonReset {
  readonly type: 'reset';
}

/** Go to another lesson. */
export interface LessonOpenLesson {
  readonly type: 'openLesson';
  readonly lessonId: string;
}

/** Show an object in the graph. */
export interface LessonShowObject {
  readonly type: 'showObject';
  readonly ref: ObjectRef;
}

/** Open a page of the official documentation in a browser (https only, after VS Code's own question). */
export interface LessonOpenLink {
  readonly type: 'openLink';
  readonly url: string;
}

/** Lesson panel → extension. */
export type LessonPanelMessage =
  | PanelReady | PanelProblem | PanelStartCluster | PanelManageTrust | LessonRunCommand | LessonInsertCommand | LessonOpenFile
  | LessonRevealHint | LessonRevealSolution | LessonReset | LessonOpenLesson | LessonShowObject | LessonOpenLink;

/** The message that a lesson panel sent, checked field by field. Throws ProtocolError. */
export function parseLessonPanelMessage(message: unknown): LessonPanelMessage {
  const fields = parseFields(message);
  const type = parseText(fields, 'type');
  switch (type) {
    case 'ready':
    case 'startCluster':
    case 'manageTrust':
    case 'reset':
      return { type };
    case 'problem':
      return { type, message: parseText(fields, 'message') };
    case 'runCommand':
    case 'insertCommand':
      return { type, stepId: parseText(fields, 'stepId'), command: parseText(fields, 'command') };
    case 'openFile':
      return { type, stepId: parseText(fields, 'stepId'), path: parseText(fields, 'path') };
    case 'revealHint':
      return { type, stepId: parseText(fields, 'stepId'), count: parseCount(fields, 'count') };
    case 'revealSolution':
      return { type, stepId: parseText(fields, 'stepId') };
    case 'openLesson':
      return { type, lessonId: parseText(fields, 'lessonId') };
    case 'showObject':
      return { type, ref: parseObjectRef(fields, 'ref') };
    case 'openLink': {
      const url = parseText(fields, 'url');
      if (!url.startsWith('https://')) throw new ProtocolError('url must begin with https://');
      return { type, url };
    }
    default:
      throw new ProtocolError(`unknown message ${JSON.stringify(type)}`);
  }
}
