import * as vscode from 'vscode';
import type { DrydockApi } from '../../../src/extension/main.ts';

export const extension = vscode.extensions.getExtension<DrydockApi>('drydock.drydock') as vscode.Extension<DrydockApi>;
export const folder = (): vscode.Uri => vscode.workspace.workspaceFolders?.[0]?.uri as vscode.Uri;
export const file = (name: string): vscode.Uri => vscode.Uri.joinPath(folder(), name);

/** Waits until the value is there; what is awaited goes into the failure. */
export async function eventually<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>, limitMs = 15_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function openText(content: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument({ language: 'yaml', content });
  await vscode.window.showTextDocument(document);
  return document;
}

/** Replaces the one place of a text in an open document. */
export async function replace(document: vscode.TextDocument, from: string, to: string): Promise<void> {
  const editor = await vscode.window.showTextDocument(document);
  const at = document.getText().indexOf(from);
  if (at < 0) throw new Error(`${from} is not in:\n${document.getText()}`);
  await editor.edit((edit) => edit.replace(new vscode.Range(document.positionAt(at), document.positionAt(at + from.length)), to));
}
