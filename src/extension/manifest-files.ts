import * as vscode from 'vscode';
import type { LanguageService } from './language-service.ts';
import type { ManifestInFile } from './manifest-actions.ts';
import { t } from './l10n.ts';

/** Most files of a folder that are applied at once; more is a folder that was not meant. */
const filesMax = 500;

/**
 * The manifests that a command is about: a lens's (uri and position), files and folders picked in the explorer, or else
 * the active editor's selection or text. Empty, with a word to the user, where there are none.
 */
export async function pickManifests(language: LanguageService, args: readonly unknown[]): Promise<readonly ManifestInFile[]> {
  const [first, second] = args;
  if (first instanceof vscode.Uri && typeof second === 'number') {
    const inFile = await manifestsOf(language, first);
    return inFile.slice(second, second + 1);
  }
  const uris = Array.isArray(second) && second.every((item) => item instanceof vscode.Uri) ? second as vscode.Uri[] : first instanceof vscode.Uri ? [first] : [];
  const found = uris.length > 0 ? (await Promise.all((await filesBelow(uris)).map((uri) => manifestsOf(language, uri)))).flat() : await inEditor(language);
  if (found.length === 0) void vscode.window.showWarningMessage(t('There are no Kubernetes manifests here.'));
  return found;
}

async function inEditor(language: LanguageService): Promise<readonly ManifestInFile[]> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) return [];
  const all = await manifestsOf(language, editor.document.uri);
  if (editor.selections.every((selection) => selection.isEmpty)) return all;
  // a selection means the documents that it touches
  return all.filter(({ manifest }) => editor.selections.some((selection) => selection.start.line <= manifest.range.end.line && selection.end.line >= manifest.range.start.line && !(selection.start.line === manifest.range.end.line && manifest.range.end.character === 0)));
}

async function manifestsOf(language: LanguageService, uri: vscode.Uri): Promise<readonly ManifestInFile[]> {
  const document = await vscode.workspace.openTextDocument(uri);
  const text = document.getText();
  return (await language.manifests(text)).map((manifest) => ({ uri, text, manifest }));
}

async function filesBelow(uris: readonly vscode.Uri[]): Promise<readonly vscode.Uri[]> {
  const files: vscode.Uri[] = [];
  for (const uri of uris) {
    // what is open in an editor need not be on a disk
    if (vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString())) {
      files.push(uri);
      continue;
    }
    const stat = await vscode.workspace.fs.stat(uri);
    if ((stat.type & vscode.FileType.Directory) === 0) files.push(uri);
    else files.push(...(await vscode.workspace.findFiles(new vscode.RelativePattern(uri, '**/*.{yaml,yml,json}'), '**/node_modules/**', filesMax)).toSorted((a, b) => (a.path < b.path ? -1 : 1)));
  }
  return files;
}
