import * as path from 'node:path';
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { Disposable } from '../base/index.ts';
import { type CustomKind, type LanguageServerOptions, type LineRange, type LocateResult, type ManifestsParams, type ManifestsResult, type PlacedManifest, requests } from '../language/index.ts';
import { currentLanguage } from './l10n.ts';

/** The language server, seen from here: everything about YAML happens in its process. */
export interface LanguageService extends Disposable {
  /** Starts the server; other calls do too. */
  start(): Promise<void>;
  manifests(text: string): Promise<readonly PlacedManifest[]>;
  /** As manifests, without their bodies: for whoever only wants to know what is where. */
  headers(text: string): Promise<readonly PlacedManifest[]>;
  locate(text: string, index: number, fields: readonly string[]): Promise<readonly LineRange[]>;
  stringify(object: unknown): Promise<string>;
  setCustomKinds(kinds: readonly CustomKind[]): Promise<void>;
}

/** A service whose process is started on first use. */
export function createLanguageService(extensionPath: string, log: vscode.LogOutputChannel): LanguageService {
  let client: LanguageClient | undefined;
  let started: Promise<LanguageClient> | undefined;
  let customKinds: readonly CustomKind[] = [];

  const start = (): Promise<LanguageClient> => {
    started ??= (async () => {
      const { LanguageClient: Client, State, TransportKind } = await import('vscode-languageclient/node'); // a quarter of the bundle: only where there is YAML
      const module = path.join(extensionPath, 'dist', 'language-server.js');
      const options: LanguageServerOptions = { strings: currentLanguage().strings };
      client = new Client('drydock', 'Drydock', { run: { module, transport: TransportKind.ipc }, debug: { module, transport: TransportKind.ipc } }, {
        documentSelector: [{ language: 'yaml' }], outputChannel: log, initializationOptions: options,
      });
      client.onDidChangeState(({ newState }) => {
        if (newState === State.Stopped) log.warn('the language server stopped'); // the client starts it again
        if (newState === State.Running && customKinds.length > 0) void client?.sendNotification(requests.customKinds, { kinds: customKinds });
      });
      await client.start();
      return client;
    })();
    started.catch(() => (started = undefined)); // the next call tries again
    return started;
  };
  const list = async (params: ManifestsParams) => (await (await start()).sendRequest<ManifestsResult>(requests.manifests, params)).manifests;
  return {
    async start() {
      await start();
    },
    manifests: (text) => list({ text, bodies: true }),
    headers: (text) => list({ text, bodies: false }),
    async locate(text, index, fields) {
      const result = await (await start()).sendRequest<LocateResult>(requests.locate, { text, index, fields });
      return result.ranges;
    },
    stringify: async (object) => (await start()).sendRequest<string>(requests.stringify, { object }),
    async setCustomKinds(kinds) {
      customKinds = kinds;
      await (await start()).sendNotification(requests.customKinds, { kinds });
    },
    dispose() {
      void client?.stop().catch(() => undefined); // it ends with the window anyway
    },
  };
}

/** A range of the language server as VS Code has it. */
export function toVsCodeRange({ start, end }: LineRange): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
