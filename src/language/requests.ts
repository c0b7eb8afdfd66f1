import type { TextRange } from './problem.ts';
import type { Manifest } from './manifests.ts';

/** Requests that the extension makes of the language server besides LSP's own, so that no YAML is parsed in the extension host. */
export const requests = {
  /** ManifestsParams → ManifestsResult */
  manifests: 'drydock/manifests',
  /** LocateParams → LocateResult */
  locate: 'drydock/locate',
  /** StringifyParams → string */
  stringify: 'drydock/stringify',
  /** KindsParams, a notification: kinds that the cluster serves beyond the built-in ones. */
  customKinds: 'drydock/customKinds',
} as const;

/** The manifests in a text. */
export interface ManifestsParams {
  readonly text: string;
  /** False: without the objects themselves. */
  readonly bodies: boolean;
}

/** A range as lines and UTF-16 columns, both from 0. */
export interface LineRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

export interface PlacedManifest extends Omit<Manifest, 'range' | 'titleRange'> {
  readonly range: LineRange;
  readonly titleRange: LineRange;
}

export interface ManifestsResult {
  readonly manifests: readonly PlacedManifest[];
}

/** Where fields of one document stand. */
export interface LocateParams {
  readonly text: string;
  /** Manifest.index */
  readonly index: number;
  /** As Status causes name them. */
  readonly fields: readonly string[];
}

export interface LocateResult {
  /** One for each field, in order. */
  readonly ranges: readonly LineRange[];
}

/** An object to be written as YAML. */
export interface StringifyParams {
  readonly object: unknown;
}

export interface CustomKind {
  readonly apiVersion: string;
  readonly kind: string;
  /** The version's openAPIV3Schema, as the CustomResourceDefinition has it. */
  readonly schema?: unknown;
}

export interface KindsParams {
  readonly kinds: readonly CustomKind[];
}

/** initializationOptions of the language server. */
export interface LanguageServerOptions {
  /** English → the user's language. */
  readonly strings: Readonly<Record<string, string>>;
}

export type { TextRange };
