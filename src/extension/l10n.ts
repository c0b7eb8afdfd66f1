import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Strings } from '../protocol/index.ts';

export type Language = 'en' | 'ko';

let language: Language = 'en';
let overridden = false;
let strings: Strings = {};

/** Chooses the language that t() speaks: VS Code's own, unless the setting says another. */
export function initialiseLanguage(extensionPath: string, setting: 'auto' | Language): void {
  const ofVsCode: Language = vscode.env.language.toLowerCase().startsWith('ko') ? 'ko' : 'en';
  language = setting === 'auto' ? ofVsCode : setting;
  overridden = language !== ofVsCode;
  strings = language === 'ko' ? readBundle(path.join(extensionPath, 'media', 'l10n', 'bundle.l10n.ko.json')) : {};
}

/** The message in the user's language; {0}, {1}, … are replaced by values. */
export function t(message: string, ...values: readonly (string | number)[]): string {
  if (!overridden) return vscode.l10n.t(message, ...values);
  const text = Object.hasOwn(strings, message) ? strings[message] ?? message : message;
  return text.replace(/\{(\d+)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}

/** What panels and the language server need to speak the same language. */
export function currentLanguage(): { readonly language: Language; readonly strings: Strings } {
  return { language, strings };
}

function readBundle(file: string): Strings {
  try {
    const bundle: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof bundle === 'object' && bundle !== null ? bundle as Strings : {};
  } catch {
    return {}; // without the bundle the extension speaks English
  }
}
