// Reads the models of @kubernetes/client-node as text: field names and types from the .js, prose from the .d.ts.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './root.ts';

const folder = path.join(root, 'node_modules', '@kubernetes', 'client-node', 'dist', 'gen', 'models');

export interface ModelField {
  /** The JSON name. */
  readonly name: string;
  /** e.g. string, Array<V1Container>, { [key: string]: string; } */
  readonly type: string;
  readonly format: string;
  readonly required: boolean;
  readonly description: string;
}

export interface Model {
  readonly name: string;
  readonly description: string;
  readonly fields: readonly ModelField[];
}

/** All models by name, e.g. V1Container. */
export function readModels(): ReadonlyMap<string, Model> {
  const models = new Map<string, Model>();
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.d.ts') || file === 'all.d.ts' || file === 'ObjectSerializer.d.ts') continue;
    const name = file.slice(0, -'.d.ts'.length);
    models.set(name, readModel(name));
  }
  return models;
}

function readModel(name: string): Model {
  const code = readFileSync(path.join(folder, `${name}.js`), 'utf8');
  const types = readFileSync(path.join(folder, `${name}.d.ts`), 'utf8');
  const map = /attributeTypeMap = (\[[\s\S]*?\n\]);/.exec(code)?.[1] ?? '[]';
  const attributes = JSON.parse(map) as readonly { name: string; baseName: string; type: string; format: string }[];

  const [head = '', body = ''] = types.split(/export declare class /);
  const properties = new Map<string, { readonly required: boolean; readonly description: string }>();
  for (const [, comment, property, optional] of body.matchAll(/(?:\/\*\*\n((?:\s*\*(?!\/).*\n)*)\s*\*\/\s*)?'([^']+)'(\??):/g)) {
    properties.set(property ?? '', { required: optional === '', description: prose(comment ?? '') });
  }
  return {
    name,
    description: prose(/\/\*\*\n((?:\s*\*(?!\/).*\n)*)\s*\*\/\s*$/.exec(head)?.[1] ?? ''),
    fields: attributes.map(({ name: property, baseName, type, format }) => ({
      name: baseName, type, format, required: properties.get(property)?.required ?? false, description: properties.get(property)?.description ?? '',
    })),
  };
}

function prose(comment: string): string {
  return comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '')).join('\n').trim().replace(/\\(['"`])/g, '$1');
}
