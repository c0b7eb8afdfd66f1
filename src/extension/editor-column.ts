import * as vscode from 'vscode';

/** Where a text opens without covering a panel: the first group that does not show one, else beside. */
export function editorColumn(): vscode.ViewColumn {
  const { activeTabGroup, all } = vscode.window.tabGroups;
  const showsPanel = (group: vscode.TabGroup) => group.activeTab?.input instanceof vscode.TabInputWebview;
  if (!showsPanel(activeTabGroup)) return vscode.ViewColumn.Active;
  return all.find((group) => !showsPanel(group))?.viewColumn ?? vscode.ViewColumn.Beside;
}
