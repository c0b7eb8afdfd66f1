import * as vscode from 'vscode';

/** The scheme of read-only texts: descriptions and the sides of diffs. */
const textScheme = 'drydock-text';
/** Texts kept for editors that are still open, oldest dropped first. */
const textsMax = 100;

/** Read-only documents made of a string, or made anew each time they are asked for. */
export interface Texts extends vscode.TextDocumentContentProvider {
  /** A document with a fixed text. */
  show(name: string, text: string): vscode.Uri;
  /** A document whose text is made when it is opened and on refresh. */
  showLive(name: string, make: () => Promise<string>): vscode.Uri;
  refresh(uri: vscode.Uri): void;
}

/** changed is the event of the registered provider; it was made with it, before this was loaded. */
export function createTexts(changed: vscode.EventEmitter<vscode.Uri>): Texts {
  const makers = new Map<string, () => Promise<string>>();
  let count = 0;
  const keep = (uri: vscode.Uri, make: () => Promise<string>) => {
    makers.set(uri.toString(), make);
    const oldest = makers.keys().next();
    if (makers.size > textsMax && oldest.done !== true) makers.delete(oldest.value);
    return uri;
  };
  return {
    provideTextDocumentContent: async (uri) => (await makers.get(uri.toString())?.()) ?? '',
    show: (name, text) => keep(vscode.Uri.from({ scheme: textScheme, path: `/${name}`, query: String(++count) }), async () => text),
    showLive(name, make) {
      const uri = keep(vscode.Uri.from({ scheme: textScheme, path: `/${name}` }), make);
      changed.fire(uri);
      return uri;
    },
    refresh: (uri) => changed.fire(uri),
  };
}
