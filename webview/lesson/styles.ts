/** The lesson panel's style sheet; all colours are VS Code's. */
export const lessonStyles = `
body { margin: 0; padding: 0; color: var(--vscode-foreground); background: var(--vscode-editor-background); font-family: var(--vscode-font-family); font-size: 14px; line-height: 1.6; word-break: keep-all; overflow-wrap: anywhere; }
main { max-width: 760px; margin: 0 auto; padding: 20px 28px 60px; }
h1 { font-size: 24px; line-height: 1.3; margin: 2px 0 8px; }
h3 { font-size: 13px; margin: 18px 0 4px; color: var(--vscode-descriptionForeground); font-weight: 600; }
.muted { color: var(--vscode-descriptionForeground); font-size: 13px; margin: 0; }
.summary { font-size: 15px; margin: 0 0 14px; }
.progress { display: flex; align-items: center; gap: 12px; margin-bottom: 18px; }
.bar { flex: 1; height: 6px; border-radius: 3px; background: var(--vscode-editorWidget-border, var(--vscode-widget-border)); overflow: hidden; outline: 1px solid var(--vscode-contrastBorder, transparent); }
.fill { height: 100%; background: var(--vscode-charts-green, var(--vscode-progressBar-background)); transition: width 0.3s; }
.notice:empty { display: none; }
.notice { border-left: 3px solid var(--vscode-editorInfo-foreground); padding: 4px 14px 10px; margin: 0 0 16px; background: var(--vscode-textBlockQuote-background); }
.notice p { margin: 6px 0; }
.error { color: var(--vscode-errorForeground); }
.step { border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-editorWidget-border))); border-radius: 6px; margin-bottom: 8px; }
.step.current { border-color: var(--vscode-focusBorder); }
.step h2 { margin: 0; font-size: 15px; }
.step-head { display: flex; align-items: center; gap: 12px; width: 100%; padding: 9px 14px; border: 0; background: none; color: inherit; font: inherit; text-align: left; cursor: pointer; border-radius: 6px; }
.step-head:focus-visible { outline: 2px solid var(--vscode-focusBorder); outline-offset: -2px; }
.mark { flex: none; display: inline-grid; place-items: center; width: 24px; height: 24px; border-radius: 50%; font-size: 12px; font-weight: 600; color: var(--vscode-badge-foreground); background: var(--vscode-badge-background); }
.step.done .mark { color: var(--vscode-editor-background); background: var(--vscode-charts-green); }
.step.locked .step-head { color: var(--vscode-descriptionForeground); font-weight: 400; }
.step-body { padding: 0 18px 18px 50px; }
.step-body > p { margin: 6px 0 10px; }
code { font-family: var(--vscode-editor-font-family); font-size: 0.92em; color: var(--vscode-textPreformat-foreground); background: var(--vscode-textPreformat-background, var(--vscode-textCodeBlock-background)); padding: 1px 4px; border-radius: 3px; }
pre code { display: block; padding: 10px; overflow: auto; white-space: pre; }
.command { display: flex; align-items: center; gap: 8px; margin: 8px 0; padding: 6px 8px 6px 12px; border-radius: 4px; background: var(--vscode-textCodeBlock-background); outline: 1px solid var(--vscode-contrastBorder, transparent); }
.command code { flex: 1; background: none; padding: 0; color: var(--vscode-foreground); overflow-wrap: anywhere; word-break: break-word; }
.file { margin: 4px 8px 4px 0; }
.checks { list-style: none; margin: 0; padding: 0; }
.checks li { display: flex; align-items: baseline; gap: 10px; padding: 3px 0; }
.tick { width: 16px; text-align: center; color: var(--vscode-descriptionForeground); }
.passed .tick { color: var(--vscode-charts-green); font-weight: 700; }
.detail { margin-left: auto; }
.hint { margin: 12px 0 0; padding: 6px 14px; border-left: 3px solid var(--vscode-textBlockQuote-border, var(--vscode-focusBorder)); background: var(--vscode-textBlockQuote-background); }
.hint p { margin: 4px 0; }
.actions { display: flex; gap: 8px; margin-top: 16px; }
footer { display: flex; align-items: center; gap: 10px; flex-wrap: wrap; margin-top: 20px; }
footer .done { width: 100%; font-size: 16px; font-weight: 600; margin: 0; }
a { color: var(--vscode-textLink-foreground); }
.sr-only { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: reduce) { .fill { transition: none; } }
`;
