import { element } from '../shared/dom.ts';

/** A cluster that starts changes ten times a second; a screen reader hears of it once it has come to rest. */
const REST_MS = 1500;

/** Says things to screen readers alone, the newest only, and only when nothing newer comes for a while. */
export interface Announcer {
  readonly root: HTMLElement;
  say(text: string): void;
}

/** The first text is not said: it is what the page begins with. */
export function createAnnouncer(): Announcer {
  const root = element('div', { class: 'sr-only', role: 'status' });
  let latest: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    root,
    say(text) {
      if (text === latest) return;
      const isFirst = latest === undefined;
      latest = text;
      clearTimeout(timer);
      if (!isFirst) timer = setTimeout(() => (root.textContent = text), REST_MS);
    },
  };
}
