export { type ClusterView, evaluateCheck, takeBaseline } from './check.ts';
export * from './lesson.ts';
export { LessonError, parseLesson } from './parse-lesson.ts';
export { type LessonProgress, NO_PROGRESS, parseProgress } from './progress.ts';
export { type LessonSession, type LessonSessionOptions, type LessonState, startLessonSession } from './session.ts';
