import * as vscode from 'vscode';

/** The user's settings, with their defaults filled in. */
export interface Settings {
  /** Worker nodes of the lab. */
  readonly nodes: number;
  /** Where the lab keeps its data; '' is the extension's own storage. */
  readonly dataDir: string;
  readonly unknownImages: 'error' | 'placeholder';
  readonly language: 'auto' | 'en' | 'ko';
}

/** As many as the cluster host takes. */
const nodesMax = 100;

/** Reads the settings as they are now. Values of the wrong type, e.g. from a hand-edited file, count as the default. */
export function readSettings(): Settings {
  const config = vscode.workspace.getConfiguration('drydock');
  const nodes: unknown = config.get('nodes');
  const dataDir: unknown = config.get('dataDir');
  const unknownImages: unknown = config.get('unknownImages');
  const language: unknown = config.get('language');
  return {
    nodes: typeof nodes === 'number' && Number.isInteger(nodes) ? Math.min(nodesMax, Math.max(1, nodes)) : 3,
    dataDir: typeof dataDir === 'string' ? dataDir : '',
    unknownImages: unknownImages === 'error' ? 'error' : 'placeholder',
    language: language === 'en' || language === 'ko' ? language : 'auto',
  };
}
