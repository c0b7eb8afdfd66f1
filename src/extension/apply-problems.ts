import * as vscode from 'vscode';
import { type Disposable, DisposableStore, messageOf } from '../base/index.ts';
import { fieldsOf } from './errors.ts';
import { type LanguageService, toVsCodeRange } from './language-service.ts';

/** What the API server said against a manifest, on the lines that it is about; gone with the next edit. */
export interface ApplyProblems extends Disposable {
  /** text is what was sent: its index-th document failed with error. */
  report(uri: vscode.Uri, text: string, index: number, error: unknown): Promise<void>;
  clear(uri: vscode.Uri): void;
}

/** A diagnostic collection of its own, apart from what the language server says before anything is sent. */
export function createApplyProblems(language: LanguageService): ApplyProblems {
  const disposables = new DisposableStore();
  const collection = disposables.add(vscode.languages.createDiagnosticCollection('drydock-apply'));
  disposables.add(vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
    if (contentChanges.length > 0) collection.delete(document.uri);
  }));
  return {
    async report(uri, text, index, error) {
      const fields = fieldsOf(error);
      const ranges = await language.locate(text, index, fields.length === 0 ? [''] : fields.map(({ field }) => field));
      const found = ranges.map((range, at) => {
        const cause = fields[at];
        const diagnostic = new vscode.Diagnostic(toVsCodeRange(range), cause === undefined ? messageOf(error) : `${cause.field}: ${cause.message}`, vscode.DiagnosticSeverity.Error);
        diagnostic.source = 'kube-apiserver';
        diagnostic.code = 'rejected';
        return diagnostic;
      });
      collection.set(uri, [...collection.get(uri) ?? [], ...found]);
    },
    clear: (uri) => collection.delete(uri),
    dispose: () => disposables.dispose(),
  };
}
