import type { Lesson, LessonState } from '../lessons/index.ts';
import type { LessonCheckView, LessonStepView, LessonView } from '../protocol/index.ts';

/** A lesson's state as its panel shows it. Hints and solutions go out only once they have been revealed. */
export function toLessonView(state: LessonState, next: Lesson | undefined): LessonView {
  const { lesson, progress, currentStep, results } = state;
  return {
    id: lesson.id, chapter: lesson.chapter, title: lesson.title, summary: lesson.summary, minutes: lesson.minutes, done: currentStep === undefined,
    ...(next === undefined ? {} : { nextLesson: { id: next.id, title: next.title } }),
    steps: lesson.steps.map((step): LessonStepView => {
      const isDone = progress.doneSteps.includes(step.id);
      const isCurrent = step.id === currentStep?.id;
      return {
        id: step.id, title: step.title, body: step.body, state: isDone ? 'done' : isCurrent ? 'current' : 'locked',
        checks: step.checks.map((check): LessonCheckView => {
          const result = isCurrent ? results.get(check.id) : undefined;
          const passed = isDone || result?.passed === true;
          return { text: check.text, state: passed ? 'passed' : 'waiting', ...(passed || result === undefined || result.found === '' ? {} : { detail: result.found }) };
        }),
        hints: step.hints.slice(0, progress.hints[step.id] ?? 0), hintCount: step.hints.length,
        hasSolution: step.solution !== undefined, ...(step.solution !== undefined && progress.solutions.includes(step.id) ? { solution: step.solution } : {}),
        commands: step.commands.map((command) => command.run), files: step.files,
      };
    }),
  };
}
