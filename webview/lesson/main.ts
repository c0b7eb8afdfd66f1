import type { ClusterState, LessonHostMessage, LessonPanelMessage, LessonStepView, LessonView } from '../../src/protocol/index.ts';
import { openChannel } from '../shared/channel.ts';
import { addStyles, element } from '../shared/dom.ts';
import { setStrings, translate } from '../shared/strings.ts';
import { registerControls } from '../shared/toolkit.ts';
import { renderInlineMarkdown, renderMarkdown } from './markdown.ts';
import { lessonStyles } from './styles.ts';

registerControls();
addStyles(lessonStyles);
const channel = openChannel<LessonHostMessage, LessonPanelMessage>(onMessage);

let lesson: LessonView | undefined;
let cluster: ClusterState = 'starting';
let clusterMessage: string | undefined;
let restricted = false;
let problem: string | undefined;
/** Steps that the learner opened or closed against the default (only the current one is open). */
const toggled = new Map<string, boolean>();
/** What each part of the page was made from, so that only what changed is made anew and the focus stays where it is. */
const rendered = new Map<string, { readonly source: string; readonly node: HTMLElement }>();
const page = element('main', {});
const announcer = element('div', { class: 'sr-only', role: 'status', 'aria-live': 'polite' });
document.body.replaceChildren(page, announcer);

function onMessage(message: LessonHostMessage): void {
  switch (message.type) {
    case 'init':
      setStrings(message.strings);
      document.documentElement.lang = message.language;
      cluster = message.cluster;
      restricted = message.restricted;
      rendered.clear();
      break;
    case 'cluster':
      cluster = message.state;
      clusterMessage = message.message;
      restricted = message.restricted;
      break;
    case 'lesson':
      announceProgress(lesson, message.lesson);
      if (lesson?.id !== message.lesson.id) toggled.clear();
      lesson = message.lesson;
      problem = undefined;
      break;
    case 'failed':
      problem = message.message;
      break;
  }
  render();
}

function render(): void {
  if (lesson === undefined) return void page.replaceChildren(element('vscode-progress-ring', { 'aria-label': translate('Loading') }));
  const { steps } = lesson;
  const done = steps.filter((step) => step.state === 'done').length;
  const parts = [
    cached('head', JSON.stringify([lesson.id, lesson.title, lesson.summary, lesson.chapter, lesson.minutes]), () => renderHead(lesson as LessonView)),
    cached('progress', `${done}/${steps.length}`, () => renderProgress(done, steps.length)),
    cached('notice', `${cluster}|${clusterMessage ?? ''}|${problem ?? ''}|${restricted}`, renderNotice),
    ...steps.map((step, index) => cached(`step ${step.id}`, JSON.stringify([index, step, isOpen(step)]), () => renderStep(step, index))),
    cached('foot', JSON.stringify([lesson.done, lesson.nextLesson]), () => renderFoot(lesson as LessonView)),
  ];
  if (parts.length !== page.childNodes.length || parts.some((part, index) => page.childNodes[index] !== part)) page.replaceChildren(...parts);
}

/** The part made from this source before, or a new one in its place. */
function cached(key: string, source: string, make: () => HTMLElement): HTMLElement {
  const known = rendered.get(key);
  if (known?.source === source) return known.node;
  const node = make();
  if (known?.node.isConnected === true) {
    const label = known.node.contains(document.activeElement) ? document.activeElement?.getAttribute('data-focus') : null;
    known.node.replaceWith(node);
    if (label !== null && label !== undefined) node.querySelector<HTMLElement>(`[data-focus=${CSS.escape(label)}]`)?.focus();
  }
  rendered.set(key, { source, node });
  return node;
}

function renderHead(view: LessonView): HTMLElement {
  const facts = [translate('Chapter {0}', view.chapter), ...(view.minutes === undefined ? [] : [translate('about {0} minutes', view.minutes)])];
  return element('header', {}, element('p', { class: 'muted' }, facts.join(' · ')), element('h1', {}, view.title), element('p', { class: 'summary' }, view.summary));
}

function renderProgress(done: number, all: number): HTMLElement {
  const bar = element('div', { class: 'bar', role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': String(all), 'aria-valuenow': String(done), 'aria-label': translate('{0} of {1} steps done', done, all) }, element('div', { class: 'fill' }));
  (bar.firstElementChild as HTMLElement).style.width = `${(100 * done) / all}%`;
  return element('div', { class: 'progress' }, bar, element('span', { class: 'muted' }, translate('{0} of {1} steps done', done, all)));
}

function renderNotice(): HTMLElement {
  const notice = element('div', { class: 'notice', role: 'status' });
  if (problem !== undefined) notice.append(element('p', { class: 'error' }, problem));
  if (cluster === 'stopped') {
    notice.append(element('p', {}, translate('The cluster is stopped, so that no check can tick.')), element('vscode-button', { onclick: () => channel.post({ type: 'startCluster' }) }, translate('Start cluster')));
  } else if (cluster !== 'running') notice.append(element('p', {}, clusterMessage ?? translate('Waiting for the cluster …')));
  if (restricted) notice.append(element('p', {}, translate('This workspace is not trusted: pods run no programs of yours, so that some steps cannot be done.')), element('vscode-button', { onclick: () => channel.post({ type: 'manageTrust' }) }, translate('Manage trust')));
  return notice;
}

function isOpen(step: LessonStepView): boolean {
  return toggled.get(step.id) ?? step.state === 'current';
}

function renderStep(step: LessonStepView, index: number): HTMLElement {
  const open = isOpen(step);
  const state = step.state === 'done' ? translate('done') : step.state === 'current' ? translate('current step') : translate('later');
  const heading = element('h2', {}, element('button', {
    class: 'step-head', 'aria-expanded': String(open), 'data-focus': 'head', onclick: () => {
      toggled.set(step.id, !open);
      render();
    },
  }, element('span', { class: 'mark', 'aria-hidden': 'true' }, step.state === 'done' ? '✓' : String(index + 1)), element('span', {}, step.title), element('span', { class: 'sr-only' }, `, ${state}`)));
  const section = element('section', { class: `step ${step.state}` }, heading);
  if (open) section.append(renderStepBody(step));
  return section;
}

function renderStepBody(step: LessonStepView): HTMLElement {
  const body = element('div', { class: 'step-body' }, ...renderMarkdown(step.body, (url) => channel.post({ type: 'openLink', url })));
  for (const path of step.files) {
    const name = path.split('/').at(-1) as string;
    body.append(element('vscode-button', { appearance: 'secondary', class: 'file', 'data-focus': `file ${path}`, onclick: () => channel.post({ type: 'openFile', stepId: step.id, path }) }, translate('Open {0}', name)));
  }
  for (const command of step.commands) body.append(renderCommand(step, command));
  body.append(element('h3', {}, translate('The cluster checks')));
  const list = element('ul', { class: 'checks' });
  for (const check of step.checks) {
    const passed = step.state === 'done' || check.state === 'passed';
    list.append(element('li', { class: passed ? 'passed' : check.state },
      element('span', { class: 'tick', 'aria-hidden': 'true' }, passed ? '✓' : '○'),
      element('span', { class: 'sr-only' }, `${passed ? translate('done') : translate('not yet')}: `),
      element('span', {}, ...renderInlineMarkdown(check.text, (url) => channel.post({ type: 'openLink', url }))),
      ...(passed || check.detail === undefined ? [] : [element('span', { class: 'muted detail' }, check.detail)])));
  }
  body.append(list);
  for (const [index, hint] of step.hints.entries()) body.append(element('div', { class: 'hint' }, element('strong', {}, translate('Hint {0}', index + 1)), ...renderMarkdown(hint, (url) => channel.post({ type: 'openLink', url }))));
  if (step.solution !== undefined) body.append(element('div', { class: 'hint' }, element('strong', {}, translate('Solution')), ...renderMarkdown(step.solution, (url) => channel.post({ type: 'openLink', url }))));
  const actions = element('div', { class: 'actions' });
  if (step.hints.length < step.hintCount) actions.append(element('vscode-button', { appearance: 'secondary', 'data-focus': 'hint', onclick: () => channel.post({ type: 'revealHint', stepId: step.id, count: step.hints.length + 1 }) }, translate('Show a hint')));
  if (step.hasSolution && step.solution === undefined) actions.append(element('vscode-button', { appearance: 'secondary', 'data-focus': 'solution', onclick: () => channel.post({ type: 'revealSolution', stepId: step.id }) }, translate('Show the solution')));
  if (actions.childElementCount > 0) body.append(actions);
  return body;
}

function renderCommand(step: LessonStepView, command: string): HTMLElement {
  return element('div', { class: 'command' },
    element('code', {}, command),
    element('vscode-button', { 'aria-label': translate('Run {0}', command), 'data-focus': `run ${command}`, onclick: () => channel.post({ type: 'runCommand', stepId: step.id, command }) }, translate('Run')),
    element('vscode-button', { appearance: 'secondary', 'aria-label': translate('Type {0} into the terminal', command), 'data-focus': `type ${command}`, onclick: () => channel.post({ type: 'insertCommand', stepId: step.id, command }) }, translate('Type')));
}

function renderFoot(view: LessonView): HTMLElement {
  const foot = element('footer', {});
  if (view.done) foot.append(element('p', { class: 'done' }, translate('You finished this lesson.')));
  const { nextLesson } = view;
  if (view.done && nextLesson !== undefined) foot.append(element('vscode-button', { onclick: () => channel.post({ type: 'openLesson', lessonId: nextLesson.id }) }, translate('Next: {0}', nextLesson.title)));
  foot.append(element('vscode-button', { appearance: 'secondary', onclick: () => channel.post({ type: 'reset' }) }, translate('Start over')));
  return foot;
}

/** Tells a screen reader what ticked, without moving the focus. */
function announceProgress(before: LessonView | undefined, after: LessonView): void {
  if (before?.id !== after.id) return;
  const news: string[] = [];
  for (const [index, step] of after.steps.entries()) {
    const old = before.steps[index];
    if (old === undefined) continue;
    if (step.state === 'done' && old.state !== 'done') news.push(translate('Step done: {0}', step.title));
    else for (const [at, check] of step.checks.entries()) if (check.state === 'passed' && old.checks[at]?.state !== 'passed') news.push(check.text);
  }
  if (news.length > 0) announcer.textContent = news.join('. ');
}

render();
channel.post({ type: 'ready' });
