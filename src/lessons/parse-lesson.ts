import { LineCounter, parseDocument } from 'yaml';
import type { Lesson, LessonCheck, LessonCommand, LessonResource, LessonStep } from './lesson.ts';

/** A lesson's files are not as they must be. The message names the file and the place. */
export class LessonError extends Error {}

/** Reads lesson.yaml and the words of one language. Throws LessonError. */
export function parseLesson(structureText: string, wordsText: string): Lesson {
  const structure = parseStructure(structureText);
  const words = parseWords(wordsText);
  const steps = list(structure, 'steps').map((step) => toStep(record(step, 'step'), words));
  const unknown = [...words.sections.keys()].find((id) => !steps.some((step) => step.id === id));
  if (unknown !== undefined) throw new LessonError(`the words have a section ${JSON.stringify(unknown)} that is no step`);
  return {
    id: text(structure, 'id'), chapter: text(structure, 'chapter'), minutes: Number(structure['minutes'] ?? 0), title: words.title, summary: words.summary,
    resources: (structure['resources'] === undefined ? [] : list(structure, 'resources')).map((item) => toResource(String(item))), steps,
  };
}

interface Section {
  title: string;
  body: string;
  readonly checks: Map<string, string>;
  readonly hints: string[];
  solution: string | undefined;
}

function parseStructure(source: string): Readonly<Record<string, unknown>> {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) throw new LessonError(`lesson.yaml, line ${lines.linePos(error.pos[0]).line}: ${error.message}`);
  return record(document.toJS(), 'lesson.yaml');
}

/** `# title`, a summary, then `## id: title` sections whose `- check id: …`, `- hint: …` and `- solution: …` lines stand at the end. */
function parseWords(source: string): { readonly title: string; readonly summary: string; readonly sections: ReadonlyMap<string, Section> } {
  const [head = '', ...parts] = source.split(/^## /m);
  const title = /^# (.+)$/m.exec(head)?.[1];
  if (title === undefined) throw new LessonError('the words lack a title (# …)');
  const sections = new Map<string, Section>();
  for (const part of parts) {
    const heading = /^([a-z0-9-]+): (.+)\n/.exec(part);
    if (heading === null) throw new LessonError(`"## ${part.split('\n')[0]}" is not "## step: title"`);
    const section: Section = { title: heading[2] as string, body: '', checks: new Map(), hints: [], solution: undefined };
    const body: string[] = [];
    for (const line of part.slice(heading[0].length).split('\n')) {
      const check = /^- check ([a-z0-9-]+): (.+)$/.exec(line);
      if (check !== null) section.checks.set(check[1] as string, check[2] as string);
      else if (line.startsWith('- hint: ')) section.hints.push(line.slice(8));
      else if (line.startsWith('- solution: ')) section.solution = line.slice(12);
      else body.push(line);
    }
    section.body = body.join('\n').trim();
    sections.set(heading[1] as string, section);
  }
  return { title, summary: head.replace(/^# .+$/m, '').trim(), sections };
}

function toStep(step: Readonly<Record<string, unknown>>, words: ReturnType<typeof parseWords>): LessonStep {
  const id = text(step, 'id');
  const section = words.sections.get(id);
  if (section === undefined) throw new LessonError(`the words lack the step ${JSON.stringify(id)}`);
  const commands = (step['commands'] === undefined ? [] : list(step, 'commands')).map(toCommand);
  const checks = list(step, 'checks').map((check) => toCheck(record(check, `a check of ${id}`), section, id));
  const untold = [...section.checks.keys()].find((name) => !checks.some((check) => check.id === name));
  if (untold !== undefined) throw new LessonError(`the words of ${id} speak of a check ${JSON.stringify(untold)} that does not exist`);
  return {
    id, title: section.title, body: section.body, commands, files: (step['files'] === undefined ? [] : list(step, 'files')).map(String), checks, hints: section.hints,
    solution: section.solution ?? (commands.length === 0 ? undefined : commands.map((command) => `\`${command.run}\``).join('\n\n')),
  };
}

function toCommand(value: unknown): LessonCommand {
  if (typeof value === 'string') return { run: value, keepsRunning: false };
  const command = record(value, 'a command');
  return { run: text(command, 'run'), keepsRunning: command['keepsRunning'] === true };
}

function toCheck(check: Readonly<Record<string, unknown>>, section: Section, stepId: string): LessonCheck {
  const id = text(check, 'id');
  const words = section.checks.get(id);
  if (words === undefined) throw new LessonError(`the words of ${stepId} lack the check ${JSON.stringify(id)}`);
  const common = { id, text: words, namespace: typeof check['namespace'] === 'string' ? check['namespace'] : 'default' };
  if (check['object'] !== undefined) {
    const equals = Object.entries(check['equals'] === undefined ? {} : record(check['equals'], `equals of ${id}`)) as [string, string | number | boolean][];
    return { ...common, kind: 'object', resource: toResource(text(check, 'object')), equals: new Map(equals) };
  }
  if (check['absent'] !== undefined) return { ...common, kind: 'absent', resource: toResource(text(check, 'absent')) };
  if (check['pods'] !== undefined) {
    const ready = check['ready'];
    return { ...common, kind: 'pods', labelSelector: text(check, 'pods'), ready: typeof ready === 'number' ? ready : undefined, replaced: check['replaced'] === true, none: check['none'] === true };
  }
  if (check['endpoints'] !== undefined) return { ...common, kind: 'endpoints', service: text(check, 'endpoints'), ready: Number(check['ready']) };
  if (check['logs'] !== undefined) {
    return { ...common, kind: 'logs', labelSelector: text(check, 'logs'), contains: text(check, 'contains'), grows: check['grows'] === true, inEach: check['inEach'] === true };
  }
  throw new LessonError(`the check ${JSON.stringify(id)} of ${stepId} has none of object, absent, pods, endpoints, logs`);
}

/** `deployments.apps/web`, `services/web`, `pods -l app=web`. */
function toResource(source: string): LessonResource {
  const match = /^([a-z]+)(?:\.([a-z0-9.]+))?(?:\/([a-z0-9.-]+)| -l (\S+))$/.exec(source);
  if (match === null) throw new LessonError(`${JSON.stringify(source)} names no resource`);
  return { group: match[2] ?? '', resource: match[1] as string, name: match[3], labelSelector: match[4] };
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new LessonError(`${what} has to be a mapping`);
  return value as Record<string, unknown>;
}

function list(from: Readonly<Record<string, unknown>>, key: string): readonly unknown[] {
  const value = from[key];
  if (!Array.isArray(value)) throw new LessonError(`${key} has to be a list`);
  return value;
}

function text(from: Readonly<Record<string, unknown>>, key: string): string {
  const value = from[key];
  if (typeof value !== 'string' || value === '') throw new LessonError(`${key} has to be a text`);
  return value;
}
