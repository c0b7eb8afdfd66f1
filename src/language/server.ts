/** The language server: LSP over the process's own channel, around the pure features. The only file here that knows LSP. */
import {
  CodeActionKind, CompletionItemKind, createConnection, DiagnosticSeverity, InsertTextFormat, InsertTextMode, MarkupKind, ProposedFeatures, TextDocumentSyncKind,
  type CodeAction, type CompletionItem, type Diagnostic,
} from 'vscode-languageserver/node';
import { loadApiSchema } from './api-schema.ts';
import type { Completion } from './completion.ts';
import { inEnglish, type Problem, translateWith } from './problem.ts';
import { type KindsParams, type LanguageServerOptions, type LocateParams, type LocateResult, type ManifestsParams, type ManifestsResult, requests, type StringifyParams } from './requests.ts';
import { stringifyObject } from './stringify.ts';
import { createTextFile, type TextFile } from './text-file.ts';
import { withCustomKinds } from './with-custom-kinds.ts';
import { createLanguageWorkspace, type LanguageWorkspace } from './workspace.ts';

const connection = createConnection(ProposedFeatures.all);
const files = new Map<string, TextFile>();
const baseSchema = loadApiSchema();
let workspace: LanguageWorkspace = createLanguageWorkspace(baseSchema, inEnglish);

const completionKinds: Readonly<Record<Completion['kind'], CompletionItemKind>> = {
  field: CompletionItemKind.Property, value: CompletionItemKind.EnumMember, kind: CompletionItemKind.Class, snippet: CompletionItemKind.Snippet,
};

connection.onInitialize((params) => {
  const options = params.initializationOptions as LanguageServerOptions | undefined;
  if (options?.strings !== undefined) workspace = createLanguageWorkspace(baseSchema, translateWith(options.strings));
  return {
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      completionProvider: { resolveProvider: true, triggerCharacters: [' ', ':', '-'] },
      hoverProvider: true,
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
    },
  };
});

connection.onDidOpenTextDocument(({ textDocument }) => setFile(textDocument.uri, createTextFile(textDocument.text)));
connection.onDidChangeTextDocument(({ textDocument, contentChanges }) => {
  let file = files.get(textDocument.uri);
  for (const change of contentChanges) file = file?.withChange('range' in change ? { range: change.range, text: change.text } : { text: change.text });
  if (file !== undefined) setFile(textDocument.uri, file);
});
connection.onDidCloseTextDocument(({ textDocument }) => {
  files.delete(textDocument.uri);
  workspace.close(textDocument.uri);
  void connection.sendDiagnostics({ uri: textDocument.uri, diagnostics: [] });
});

/** Files that changed since diagnostics were last sent; a burst of keystrokes in one read is answered once. */
const changed = new Set<string>();

function setFile(uri: string, file: TextFile): void {
  files.set(uri, file);
  if (changed.size === 0) setImmediate(publishChanged);
  changed.add(uri);
}

function publishChanged(): void {
  const uris = [...changed];
  changed.clear();
  for (const uri of uris) {
    const file = currentFile(uri);
    if (file === undefined) continue;
    void connection.sendDiagnostics({ uri, diagnostics: workspace.problems(uri).map((problem) => toDiagnostic(file, problem)) });
  }
}

/** The file, with the workspace knowing its newest text. */
function currentFile(uri: string): TextFile | undefined {
  const file = files.get(uri);
  if (file !== undefined) workspace.setText(uri, file.text);
  return file;
}

function toDiagnostic(file: TextFile, problem: Problem): Diagnostic {
  return {
    range: file.rangeAt(problem.range), message: problem.message, code: problem.code, source: 'drydock',
    severity: problem.severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    ...(problem.fix === undefined ? {} : { data: { title: problem.fix.title, range: file.rangeAt(problem.fix.range), newText: problem.fix.newText } }),
  };
}

connection.onCodeAction(({ textDocument, context }): CodeAction[] => context.diagnostics.flatMap((diagnostic) => {
  const fix = diagnostic.data as { readonly title: string; readonly range: Diagnostic['range']; readonly newText: string } | undefined;
  if (diagnostic.source !== 'drydock' || fix === undefined) return [];
  return [{ title: fix.title, kind: CodeActionKind.QuickFix, isPreferred: true, diagnostics: [diagnostic], edit: { changes: { [textDocument.uri]: [{ range: fix.range, newText: fix.newText }] } } }];
}));

connection.onCompletion(({ textDocument, position }): CompletionItem[] => {
  const file = currentFile(textDocument.uri);
  if (file === undefined) return [];
  return workspace.complete(textDocument.uri, file.offsetAt(position)).map((item) => ({
    label: item.label, kind: completionKinds[item.kind], detail: item.detail, sortText: item.sort, filterText: item.label,
    insertTextFormat: InsertTextFormat.Snippet, insertTextMode: InsertTextMode.adjustIndentation,
    textEdit: { range: file.rangeAt(item.replace), newText: item.insert },
    ...(item.documents === undefined ? {} : { data: item.documents }),
    // a field with known values or a bare "key: " goes on to its value at once
    ...(item.kind === 'field' && item.insert.endsWith(': ') ? { command: { title: '', command: 'editor.action.triggerSuggest' } } : {}),
  }));
});

connection.onCompletionResolve(async (item) => {
  const of = item.data as Completion['documents'];
  const text = of === undefined ? undefined : await workspace.document(of);
  return text === undefined ? item : { ...item, documentation: { kind: MarkupKind.Markdown, value: text } };
});

connection.onHover(async ({ textDocument, position }) => {
  const file = currentFile(textDocument.uri);
  const hover = file === undefined ? undefined : await workspace.hover(textDocument.uri, file.offsetAt(position));
  return file === undefined || hover === undefined ? null : { range: file.rangeAt(hover.range), contents: { kind: MarkupKind.Markdown, value: hover.markdown } };
});

connection.onRequest(requests.manifests, ({ text, bodies }: ManifestsParams): ManifestsResult => {
  const file = createTextFile(text);
  return { manifests: workspace.manifests(text).map(({ body, ...manifest }) => ({ ...manifest, range: file.rangeAt(manifest.range), titleRange: file.rangeAt(manifest.titleRange), ...(bodies && body !== undefined ? { body } : {}) })) };
});

connection.onRequest(requests.locate, ({ text, index, fields }: LocateParams): LocateResult => {
  const file = createTextFile(text);
  return { ranges: fields.map((field) => file.rangeAt(workspace.locate(text, index, field))) };
});

connection.onRequest(requests.stringify, ({ object }: StringifyParams): string => stringifyObject(object));

connection.onNotification(requests.customKinds, ({ kinds }: KindsParams) => {
  workspace.setSchema(withCustomKinds(baseSchema, kinds));
  for (const uri of files.keys()) changed.add(uri);
  setImmediate(publishChanged);
});

connection.listen();
