import type { Health } from '../../src/graph/index.ts';

/** The colours of a drawing, taken from VS Code's theme. */
export interface Theme {
  readonly foreground: string;
  readonly muted: string;
  readonly background: string;
  readonly surface: string;
  readonly border: string;
  readonly accent: string;
  readonly focus: string;
  readonly health: Readonly<Record<Health, string>>;
  readonly font: string;
  /** High-contrast themes: full-strength lines, no tints. */
  readonly highContrast: boolean;
}

/** Reads the theme as it is now. VS Code changes the variables and the body's class when the user changes the theme. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const read = (name: string, fallback: string) => style.getPropertyValue(`--vscode-${name}`).trim() || fallback;
  const highContrast = document.body.classList.contains('vscode-high-contrast') || document.body.classList.contains('vscode-high-contrast-light');
  const foreground = read('foreground', '#cccccc');
  return {
    foreground,
    muted: highContrast ? foreground : read('descriptionForeground', '#9d9d9d'),
    background: read('editor-background', '#1f1f1f'),
    surface: read('editorWidget-background', '#202020'),
    border: highContrast ? read('contrastBorder', foreground) : read('widget-border', read('editorWidget-border', '#454545')),
    accent: read('charts-blue', '#3794ff'),
    focus: read('focusBorder', '#007fd4'),
    health: {
      ok: read('charts-green', '#89d185'), progressing: read('charts-blue', '#3794ff'), warning: read('charts-yellow', '#cca700'),
      error: read('charts-red', '#f14c4c'), neutral: highContrast ? foreground : read('descriptionForeground', '#9d9d9d'),
    },
    font: read('font-family', 'sans-serif'),
    highContrast,
  };
}

/** Calls when the theme changes. */
export function onThemeChange(listener: () => void): void {
  new MutationObserver(listener).observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-kind', 'data-vscode-theme-id'] });
  new MutationObserver(listener).observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}
