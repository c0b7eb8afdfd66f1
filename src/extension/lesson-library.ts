import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { type Disposable, Emitter, type Listen, messageOf } from '../base/index.ts';
import { type Lesson, type LessonProgress, type LessonSession, parseLesson, parseProgress, startLessonSession } from '../lessons/index.ts';
import { currentLanguage } from './l10n.ts';
import { hostClock } from './object-store.ts';
import type { ClusterSession } from './session.ts';

/** The lessons that come with the extension, and how far the learner is in each. */
export interface LessonLibrary extends Disposable {
  /** In the order of their chapters. Lessons that do not parse are left out, and the log says why. */
  lessons(): Promise<readonly Lesson[]>;
  progressOf(lessonId: string): LessonProgress;
  keepProgress(lessonId: string, progress: LessonProgress): void;
  readonly onDidChangeProgress: Listen<string>;
  startSession(lesson: Lesson, session: ClusterSession): LessonSession;
  /** The learner's own copy of the lesson's files, made on first use; fresh: anew. */
  folderOf(lesson: Lesson, fresh?: boolean): Promise<string>;
}

/** A library over dist/lessons; progress is kept in the extension's global state. Lessons are read when first asked for. */
export function createLessonLibrary(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): LessonLibrary {
  const source = path.join(context.extensionPath, 'dist', 'lessons');
  const changed = new Emitter<string>();
  let loaded: Promise<readonly Lesson[]> | undefined;
  const key = (lessonId: string) => `lesson.${lessonId}`;

  const load = async (): Promise<readonly Lesson[]> => {
    const folders = await readdir(source, { withFileTypes: true }).catch(() => []);
    const lessons: Lesson[] = [];
    for (const { name } of folders.filter((entry) => entry.isDirectory())) { // one after the other: each takes a few milliseconds of parsing
      try {
        const folder = path.join(source, name);
        const words = await readFile(path.join(folder, `${currentLanguage().language}.md`), 'utf8').catch(() => readFile(path.join(folder, 'en.md'), 'utf8'));
        lessons.push(parseLesson(await readFile(path.join(folder, 'lesson.yaml'), 'utf8'), words));
      } catch (error) {
        log.error(`lesson ${name}: ${messageOf(error)}`);
      }
    }
    return lessons.toSorted((a, b) => a.chapter.localeCompare(b.chapter, 'en', { numeric: true }) || a.id.localeCompare(b.id));
  };
  const progressOf = (lessonId: string) => parseProgress(context.globalState.get(key(lessonId)));
  return {
    lessons: () => (loaded ??= load()),
    progressOf,
    keepProgress(lessonId, progress) {
      void context.globalState.update(key(lessonId), progress);
      changed.fire(lessonId);
    },
    onDidChangeProgress: changed.event,
    startSession(lesson, session) {
      return startLessonSession({
        lesson, progress: progressOf(lesson.id), client: session.client, informers: session.objects.informers,
        schedule: (delayMs, run) => hostClock.schedule(delayMs, run),
        readLog: async (namespace, pod) => String(await session.transport.get(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`, '*/*')),
      });
    },
    async folderOf(lesson, fresh = false) {
      const folder = path.join(context.globalStorageUri.fsPath, 'lessons', lesson.id);
      if (fresh) await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      // the learner's edits stay: only what is not there yet is copied
      await cp(path.join(source, lesson.id, 'files'), path.join(folder, 'files'), { recursive: true, force: false, errorOnExist: false }).catch((error: unknown) => log.debug(messageOf(error)));
      return folder;
    },
    dispose: () => changed.dispose(),
  };
}
