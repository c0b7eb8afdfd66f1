import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/root.ts';
import type { KubernetesObject } from '../../src/api/index.ts';
import { type ClusterView, evaluateCheck, type Lesson, type LessonCheck, LessonError, parseLesson, takeBaseline } from '../../src/lessons/index.ts';

const read = (lesson: string, file: string) => readFileSync(path.join(root, 'lessons', lesson, file), 'utf8');
const load = (lesson: string, language: string): Lesson => parseLesson(read(lesson, 'lesson.yaml'), read(lesson, `${language}.md`));
const lessons = readdirSync(path.join(root, 'lessons'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
const EMPTY: ClusterView = { list: () => [], logLines: () => [] };

describe.each(lessons)('the lesson %s', (id) => {
  it('has the same steps, checks and number of hints in every language', () => {
    const shape = (lesson: Lesson) => lesson.steps.map((step) => ({ id: step.id, checks: step.checks.map((check) => check.id), hints: step.hints.length, solution: step.solution }));
    expect(shape(load(id, 'ko'))).toEqual(shape(load(id, 'en')).map((step, index) => ({ ...step, solution: load(id, 'ko').steps[index]?.solution })));
  });

  it('has no text left in the other language', () => {
    for (const step of load(id, 'ko').steps) for (const text of [step.title, step.body, ...step.hints, ...step.checks.map((check) => check.text)]) expect(text).toMatch(/[가-힣]/);
    expect(read(id, 'en.md')).not.toMatch(/[가-힣]/);
  });

  it('has a hint for every step and a way to pass it', () => {
    for (const step of load(id, 'en').steps) expect([step.id, step.hints.length > 0, step.solution !== undefined]).toEqual([step.id, true, true]);
  });

  it('has every file that it offers', () => {
    for (const step of load(id, 'en').steps) for (const file of step.files) expect(read(id, file)).not.toBe('');
  });

  it('passes no step in an empty cluster, but for what is gone already', () => {
    for (const step of load(id, 'en').steps) {
      const passed = step.checks.filter((check) => evaluateCheck(check, EMPTY, takeBaseline(step, EMPTY)).passed);
      if (passed.length > 0) expect(passed.every((check) => check.kind === 'absent' || (check.kind === 'pods' && check.none))).toBe(true);
    }
  });
});

describe('checks', () => {
  const pod = (name: string, ready = true, labels: Record<string, string> = { app: 'kubia' }): KubernetesObject => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '', labels },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  } as KubernetesObject);
  const viewOf = (pods: readonly KubernetesObject[], logs: Record<string, readonly string[]> = {}): ClusterView => ({ list: ({ resource }) => (resource === 'pods' ? pods : []), logLines: (uid) => logs[uid] ?? [] });
  const check = (rest: object): LessonCheck => ({ id: 'c', text: 'c', namespace: 'default', ...rest }) as LessonCheck;
  const step = (only: LessonCheck) => ({ id: 's', title: '', body: '', commands: [], files: [], checks: [only], hints: [], solution: undefined });

  it('count ready pods exactly', () => {
    const three = check({ kind: 'pods', labelSelector: 'app=kubia', ready: 3, replaced: false, none: false });
    const baseline = takeBaseline(step(three), EMPTY);
    expect(evaluateCheck(three, viewOf([pod('a'), pod('b'), pod('c', false), pod('d', true, { app: 'other' })]), baseline)).toEqual({ passed: false, found: '2/3' });
    expect(evaluateCheck(three, viewOf([pod('a'), pod('b'), pod('c')]), baseline)).toEqual({ passed: true, found: '3/3' });
  });

  it('see that a pod was replaced, not only that one is there', () => {
    const back = check({ kind: 'pods', labelSelector: 'app=kubia', ready: 1, replaced: true, none: false });
    const baseline = takeBaseline(step(back), viewOf([pod('a')]));
    expect(evaluateCheck(back, viewOf([pod('a')]), baseline)).toEqual({ passed: false, found: 'a' });
    expect(evaluateCheck(back, viewOf([pod('b', false)]), baseline)).toEqual({ passed: false, found: '0/1' });
    expect(evaluateCheck(back, viewOf([pod('b')]), baseline)).toEqual({ passed: true, found: '1/1' });
  });

  it('take only new lines of a log for an answer', () => {
    const asked = check({ kind: 'logs', labelSelector: 'app=kubia', contains: 'Received', grows: true, inEach: false });
    const before = viewOf([pod('a')], { 'uid-a': ['starting', 'Received request'] });
    const baseline = takeBaseline(step(asked), before);
    expect(evaluateCheck(asked, before, baseline)).toEqual({ passed: false, found: '' });
    expect(evaluateCheck(asked, viewOf([pod('a')], { 'uid-a': ['starting', 'Received request', 'Received request'] }), baseline)).toEqual({ passed: true, found: '' });
  });

  it('want the line in the log of each pod', () => {
    const each = check({ kind: 'logs', labelSelector: 'app=kubia', contains: 'Received', grows: false, inEach: true });
    const logs = { 'uid-a': ['Received'], 'uid-b': ['Received'] };
    expect(evaluateCheck(each, viewOf([pod('a'), pod('b'), pod('c')], logs), takeBaseline(step(each), EMPTY))).toEqual({ passed: false, found: '2/3' });
    expect(evaluateCheck(each, viewOf([pod('a'), pod('b')], logs), takeBaseline(step(each), EMPTY))).toEqual({ passed: true, found: '2/2' });
  });
});

describe('reading a lesson', () => {
  const words = '# Title\n\nSummary.\n\n## one: First\n\nBody.\n\n- check a: It is there\n- hint: Look.\n';
  it('names the line of a mistake in lesson.yaml', () => {
    expect(() => parseLesson('id: x\nsteps: [\n', words)).toThrow(new LessonError('lesson.yaml, line 3: Flow sequence in block collection must be sufficiently indented and end with a ]'));
  });
  it('refuses words for a check that does not exist, and checks without words', () => {
    const structure = (checks: string) => `id: x\nchapter: "1"\nsteps:\n  - id: one\n    checks: ${checks}\n`;
    expect(() => parseLesson(structure('[]'), words)).toThrow(new LessonError('the words of one speak of a check "a" that does not exist'));
    expect(() => parseLesson(structure('[{ id: b, object: services/web }]'), words)).toThrow(new LessonError('the words of one lack the check "b"'));
  });
});
