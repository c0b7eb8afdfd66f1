import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** The page of a panel: one script of ours, nothing else may run or load. */
export function panelHtml(webview: vscode.Webview, extensionUri: vscode.Uri, script: string, language: string, title: string): string {
  const nonce = randomBytes(16).toString('base64');
  const source = webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview', script)).toString();
  const policy = [
    "default-src 'none'", `script-src 'nonce-${nonce}'`, `style-src ${webview.cspSource} 'nonce-${nonce}'`, `font-src ${webview.cspSource}`, `img-src ${webview.cspSource} data:`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
</head>
<body>
<script nonce="${nonce}" src="${source}"></script>
</body>
</html>`;
}

/** Where a panel may load from. */
export const panelRoots = (extensionUri: vscode.Uri): readonly vscode.Uri[] => [vscode.Uri.joinPath(extensionUri, 'dist', 'webview'), vscode.Uri.joinPath(extensionUri, 'media')];

const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
