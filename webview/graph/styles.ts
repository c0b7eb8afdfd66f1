/** The graph panel's style sheet; all colours are VS Code's. */
export const graphStyles = `
html, body { height: 100%; margin: 0; padding: 0; }
body { display: flex; flex-direction: column; color: var(--vscode-foreground); background: var(--vscode-editor-background); font-family: var(--vscode-font-family); font-size: 13px; overflow: hidden; }
.toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; padding: 6px 12px; border-bottom: 1px solid var(--vscode-widget-border, transparent); }
.toolbar .space { flex: 1; }
.toolbar vscode-button[appearance=icon] { min-width: 26px; }
.with-list .toolbar vscode-button[aria-pressed=true] { background: var(--vscode-toolbar-activeBackground, var(--vscode-toolbar-hoverBackground)); }
.toolbar .summary { color: var(--vscode-descriptionForeground); }
.namespaces { min-width: 150px; z-index: 3; }
main { position: relative; display: flex; flex: 1; min-height: 0; }
.stage { position: relative; flex: 1; min-width: 0; overflow: hidden; }
canvas { position: absolute; inset: 0; width: 100%; height: 100%; cursor: grab; touch-action: none; }
.outline { position: absolute; left: 0; top: 0; bottom: 0; width: 300px; overflow: auto; z-index: 2; opacity: 0; pointer-events: none; padding: 6px 0; box-sizing: border-box; background: var(--vscode-sideBar-background); border-right: 1px solid var(--vscode-widget-border, transparent); }
.outline:focus-within { opacity: 1; pointer-events: auto; }
.with-list .outline { position: static; opacity: 1; pointer-events: auto; }
.outline [role=treeitem] { padding: 3px 8px 3px calc(var(--level) * 14px); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; cursor: pointer; }
.outline [role=treeitem][aria-selected=true] { background: var(--vscode-list-activeSelectionBackground); color: var(--vscode-list-activeSelectionForeground); }
.outline [role=treeitem]:focus { outline: 1px solid var(--vscode-focusBorder); outline-offset: -1px; }
.outline [data-health=error] { color: var(--vscode-errorForeground); }
.details { position: absolute; right: 12px; top: 12px; width: 250px; max-height: calc(100% - 24px); overflow: auto; box-sizing: border-box; padding: 12px 14px; z-index: 2; background: var(--vscode-editorWidget-background); border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-editorWidget-border))); border-radius: 6px; box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent); }
.details[hidden], .notice[hidden] { display: none; }
.details-head { display: flex; justify-content: space-between; align-items: center; }
.details .kind, .details .muted { color: var(--vscode-descriptionForeground); font-size: 12px; }
.details h2 { font-size: 14px; margin: 2px 0 6px; overflow-wrap: anywhere; }
.details p { margin: 2px 0; overflow-wrap: anywhere; }
.details .status[data-health=error] { color: var(--vscode-errorForeground); }
.details .actions { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 12px; }
.notice { position: absolute; left: 50%; bottom: 24px; transform: translateX(-50%); max-width: 80%; padding: 10px 16px; z-index: 4; background: var(--vscode-notifications-background, var(--vscode-editorWidget-background)); border: 1px solid var(--vscode-contrastBorder, var(--vscode-notifications-border, var(--vscode-widget-border))); border-radius: 6px; }
`;
