/** The graph panel's style sheet; all colours are VS Code's. */
export const graphStyles = `
html, body { height: 100%; margin: 0; padding: 0; }
body { display: flex; flex-direction: column; color: var(--vscode-foreground); background: var(--vscode-editor-background); font-family: var(--vscode-font-family); font-size: 13px; overflow: hidden; }
.toolbar { display: flex; align-items: center; gap: 10px; padding: 6px 12px; min-height: 28px; border-bottom: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-editorWidget-border, transparent))); white-space: nowrap; }
.toolbar .space { flex: 1; }
.toolbar .summary { color: var(--vscode-descriptionForeground); overflow: hidden; text-overflow: ellipsis; min-width: 0; }
.toolbar vscode-checkbox { margin: 0; }
.with-list .toolbar vscode-button[aria-pressed=true] { background: var(--vscode-toolbar-activeBackground, var(--vscode-toolbar-hoverBackground)); outline: 1px solid var(--vscode-contrastActiveBorder, transparent); }
.namespaces { flex: none; width: 150px; min-width: 0; z-index: 3; }
.trust { display: flex; align-items: center; justify-content: space-between; gap: 12px; padding: 6px 12px; background: var(--vscode-inputValidation-warningBackground, var(--vscode-textBlockQuote-background)); color: var(--vscode-inputValidation-warningForeground, inherit); border-bottom: 1px solid var(--vscode-inputValidation-warningBorder, transparent); }
.trust vscode-button { flex: none; }
.trust[hidden], .empty[hidden], .legend[hidden] { display: none; }
main { position: relative; display: flex; flex: 1; min-height: 0; }
.stage { position: relative; flex: 1; min-width: 0; overflow: hidden; container-type: inline-size; }
canvas { position: absolute; inset: 0; width: 100%; height: 100%; cursor: grab; touch-action: none; }
.zoom { position: absolute; right: 12px; bottom: 12px; display: flex; gap: 2px; padding: 2px; border-radius: 5px; background: var(--vscode-editorWidget-background); border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-editorWidget-border))); }
.zoom vscode-button { min-width: 28px; }
.legend { position: absolute; left: 16px; bottom: 16px; display: flex; gap: 16px; font-size: 11px; color: var(--vscode-descriptionForeground); pointer-events: none; }
.legend span::before { content: ''; display: inline-block; width: 22px; margin-right: 6px; vertical-align: middle; border-top: 1.5px dashed var(--vscode-descriptionForeground); }
.legend .selects::before { border-top: 2px solid var(--vscode-charts-blue); }
.legend .no-traffic::before { border-top: 2px dotted var(--vscode-charts-yellow); }
@container (max-width: 420px) { .legend { display: none; } }
.empty { position: absolute; left: 50%; bottom: 22%; transform: translateX(-50%); width: min(400px, 80%); padding: 18px 22px; text-align: center; word-break: keep-all; border-radius: 8px; background: var(--vscode-editorWidget-background); border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-editorWidget-border))); }
.empty h2 { font-size: 15px; margin: 0 0 6px; }
.empty p { margin: 0 0 12px; color: var(--vscode-descriptionForeground); }
.empty .actions { display: flex; flex-wrap: wrap; gap: 8px; justify-content: center; }
.outline { position: absolute; left: 0; top: 0; bottom: 0; width: clamp(180px, 38%, 300px); overflow: auto; opacity: 0; pointer-events: none; padding: 6px 0; box-sizing: border-box; background: var(--vscode-sideBar-background); border-right: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-editorWidget-border, transparent))); }
.with-list .outline { position: static; flex: none; opacity: 1; pointer-events: auto; }
.outline [role=treeitem] { padding: 3px 8px 3px calc(var(--level) * 14px); content-visibility: auto; contain-intrinsic-height: auto 24px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; cursor: pointer; }
.outline [role=treeitem][aria-selected=true] { background: var(--vscode-list-activeSelectionBackground); color: var(--vscode-list-activeSelectionForeground); }
.outline [role=treeitem]:focus { outline: 1px solid var(--vscode-focusBorder); outline-offset: -1px; }
.outline [data-health=error] { color: var(--vscode-errorForeground); }
.details { position: absolute; right: 12px; top: 12px; width: 270px; max-height: calc(100% - 70px); overflow: auto; box-sizing: border-box; padding: 10px 14px 14px; z-index: 2; background: var(--vscode-editorWidget-background); border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-editorWidget-border))); border-radius: 6px; box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent); }
.details[hidden], .notice[hidden] { display: none; }
.details-head { display: flex; justify-content: space-between; align-items: center; }
.details .kind { color: var(--vscode-descriptionForeground); font-size: 12px; }
.details h2 { font-size: 14px; margin: 2px 0 6px; overflow-wrap: anywhere; }
.details p { margin: 2px 0; overflow-wrap: anywhere; }
.details .status { font-weight: 600; }
.details .status[data-health=error] { color: var(--vscode-errorForeground); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 3px 12px; margin: 8px 0 0; font-size: 12px; }
.facts dt { color: var(--vscode-descriptionForeground); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.facts .why { grid-column: 1 / -1; margin-bottom: 6px; padding: 6px 8px; border-left: 3px solid var(--vscode-editorWarning-foreground); background: var(--vscode-textBlockQuote-background); max-height: 9em; overflow: auto; }
.details .actions { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 12px; }
@media (max-width: 640px) { .details { left: 12px; right: 12px; top: auto; bottom: 12px; width: auto; max-height: 55%; } }
.sr-only { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.notice { position: absolute; left: 50%; bottom: 24px; transform: translateX(-50%); max-width: 80%; padding: 10px 16px; z-index: 4; background: var(--vscode-notifications-background, var(--vscode-editorWidget-background)); border: 1px solid var(--vscode-contrastBorder, var(--vscode-notifications-border, var(--vscode-widget-border))); border-radius: 6px; }
`;
