import * as vscode from 'vscode';
import { type Disposable } from '../base/index.ts';
import type { Lesson, LessonProgress } from '../lessons/index.ts';
import { t } from './l10n.ts';
import type { LessonLibrary } from './lesson-library.ts';

/** One line of the Lessons tree. */
export type LessonEntry =
  | { readonly kind: 'chapter'; readonly chapter: string; readonly lessons: readonly Lesson[] }
  | { readonly kind: 'lesson'; readonly lesson: Lesson }
  | { readonly kind: 'step'; readonly lesson: Lesson; readonly index: number };

export type LessonTree = vscode.TreeDataProvider<LessonEntry> & Disposable;

/** Chapters, lessons, steps, and how far the learner is. */
export function createLessonTree(library: LessonLibrary, changed: vscode.EventEmitter<LessonEntry | undefined>): LessonTree {
  const listener = library.onDidChangeProgress(() => changed.fire(undefined));
  return {
    async getChildren(entry) {
      switch (entry?.kind) {
        case undefined: return chapters(await library.lessons());
        case 'chapter': return entry.lessons.map((lesson) => ({ kind: 'lesson', lesson }));
        case 'lesson': return entry.lesson.steps.map((_, index) => ({ kind: 'step', lesson: entry.lesson, index }));
        case 'step': return [];
      }
    },
    getTreeItem(entry) {
      switch (entry.kind) {
        case 'chapter': return chapterItem(entry.chapter, entry.lessons, library);
        case 'lesson': return lessonItem(entry.lesson, library.progressOf(entry.lesson.id));
        case 'step': return stepItem(entry.lesson, entry.index, library.progressOf(entry.lesson.id));
      }
    },
    dispose: () => listener.dispose(),
  };
}

function chapters(lessons: readonly Lesson[]): LessonEntry[] {
  return [...new Set(lessons.map((lesson) => lesson.chapter))].map((chapter) => ({ kind: 'chapter', chapter, lessons: lessons.filter((lesson) => lesson.chapter === chapter) }));
}

function chapterItem(chapter: string, lessons: readonly Lesson[], library: LessonLibrary): vscode.TreeItem {
  const done = lessons.filter((lesson) => isDone(lesson, library.progressOf(lesson.id))).length;
  const item = new vscode.TreeItem(t('Chapter {0}', chapter), vscode.TreeItemCollapsibleState.Expanded);
  item.id = `chapter/${chapter}`;
  item.description = `${done}/${lessons.length}`;
  item.iconPath = new vscode.ThemeIcon('book');
  item.contextValue = 'chapter';
  item.accessibilityInformation = { label: t('Chapter {0}, {1} of {2} lessons done', chapter, done, lessons.length) };
  return item;
}

function lessonItem(lesson: Lesson, progress: LessonProgress): vscode.TreeItem {
  const done = lesson.steps.filter((step) => progress.doneSteps.includes(step.id)).length;
  const item = new vscode.TreeItem(lesson.title, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `lesson/${lesson.id}`;
  item.description = done === 0 ? t('{0} min', lesson.minutes) : `${done}/${lesson.steps.length}`;
  item.tooltip = lesson.summary;
  item.iconPath = isDone(lesson, progress) ? new vscode.ThemeIcon('pass-filled', new vscode.ThemeColor('testing.iconPassed')) : new vscode.ThemeIcon('mortar-board');
  item.contextValue = 'lesson';
  item.command = { command: 'drydock.openLesson', title: t('Open Lesson'), arguments: [lesson.id] };
  item.accessibilityInformation = { label: t('Lesson {0}, {1} of {2} steps done', lesson.title, done, lesson.steps.length) };
  return item;
}

function stepItem(lesson: Lesson, index: number, progress: LessonProgress): vscode.TreeItem {
  const step = lesson.steps[index];
  const isStepDone = step !== undefined && progress.doneSteps.includes(step.id);
  const isCurrent = !isStepDone && lesson.steps.findIndex((other) => !progress.doneSteps.includes(other.id)) === index;
  const item = new vscode.TreeItem(step?.title ?? '', vscode.TreeItemCollapsibleState.None);
  item.id = `step/${lesson.id}/${step?.id ?? index}`;
  item.iconPath = isStepDone ? new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed')) : new vscode.ThemeIcon(isCurrent ? 'arrow-right' : 'circle-outline');
  item.contextValue = 'step';
  item.command = { command: 'drydock.openLesson', title: t('Open Lesson'), arguments: [lesson.id] };
  const state = isStepDone ? t('done') : isCurrent ? t('current step') : t('not done yet');
  item.accessibilityInformation = { label: `${step?.title ?? ''}, ${state}` };
  return item;
}

const isDone = (lesson: Lesson, progress: LessonProgress) => lesson.steps.every((step) => progress.doneSteps.includes(step.id));
