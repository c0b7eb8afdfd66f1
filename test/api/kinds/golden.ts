import { readFileSync, writeFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';
import {
  builtinResources, fieldErrorBody, prepareForApproval, preparePodResize, validateApproval, validatePodResize, type CertificateSigningRequest, type FieldError, type KubernetesObject, type Pod, type ResourceDefinition,
} from '../../../src/api/index.ts';

/** One block of a golden script: a command, YAML documents, ----, the whole output. A block's first line is `command: what it shows`. */
export interface GoldenCase {
  readonly command: string;
  readonly title: string;
  readonly input: string;
  readonly output: string;
}

/** The moment at which ages are printed in golden scripts. */
export const goldenNowMs = Date.UTC(2026, 0, 1, 12, 0, 0);

export function readGolden(path: string): GoldenCase[] {
  const blocks = readFileSync(path, 'utf8').split(/^={4,}\n/m).filter((block) => block.trim() !== '');
  return blocks.map((block) => {
    const [head = '', output = ''] = block.split(/^----\n/m);
    const end = head.indexOf('\n');
    const [command = '', ...title] = head.slice(0, end).split(': ');
    return { command, title: title.join(': '), input: head.slice(end + 1), output };
  });
}

export function writeGolden(path: string, cases: readonly GoldenCase[]): void {
  writeFileSync(path, cases.map(({ command, title, input, output }) => `====\n${command}: ${title}\n${input}----\n${output}`).join(''));
}

function definitionOf(object: KubernetesObject): ResourceDefinition {
  const [version = '', group = ''] = (object.apiVersion ?? '').split('/').reverse();
  const definition = builtinResources.find((item) => item.group === group && item.version === version && item.kind === object.kind);
  if (definition === undefined) throw new Error(`no kind ${object.apiVersion} ${object.kind}`);
  return definition;
}

/** The version of a kind that is served beside the stored one. */
function olderVersionOf(object: KubernetesObject): ResourceDefinition {
  const { group, kind } = definitionOf(object);
  const older = builtinResources.find((item) => item.group === group && item.kind === kind && item.conversion !== undefined);
  if (older === undefined) throw new Error(`one version of ${kind}`);
  return older;
}

/** Runs a block as the server would: objects get their namespace and identity before their rules are asked. */
export function runGolden({ command, input }: Pick<GoldenCase, 'command' | 'input'>): string {
  const documents = parseAllDocuments(input).map((document) => document.toJS() as KubernetesObject);
  const objects = documents.map((object) => {
    const definition = definitionOf(object);
    const metadata = definition.namespaced ? { namespace: 'default', ...object.metadata } : object.metadata;
    return definition.strategy.defaults({ ...object, metadata: metadata ?? {} } as KubernetesObject);
  });
  const last = objects.at(-1) as KubernetesObject;
  const { strategy, columns } = definitionOf(last);
  switch (command) {
    case 'defaults':
      return toYaml(last);
    case 'create': {
      const created = strategy.prepareForCreate(last);
      return errorsText(strategy.validateCreate(created));
    }
    case 'created':
      return toYaml(strategy.prepareForCreate(last));
    case 'warn':
      return linesOf(strategy.warnings?.(last));
    case 'update': {
      const [old, next] = identified(objects);
      return errorsText(strategy.validateUpdate(strategy.prepareForUpdate(next, old), old));
    }
    case 'updated': {
      const [old, next] = identified(objects);
      return toYaml(strategy.prepareForUpdate(next, old));
    }
    case 'update-status': {
      const [old, next] = identified(objects);
      return errorsText(strategy.validateStatusUpdate?.(strategy.prepareForStatusUpdate?.(next, old) ?? next, old) ?? []);
    }
    case 'updated-status': {
      const [old, next] = identified(objects);
      return toYaml(strategy.prepareForStatusUpdate?.(next, old) ?? next);
    }
    case 'resize': {
      const [old, next] = identified(objects) as unknown as [Pod, Pod];
      return errorsText(validatePodResize(preparePodResize(next, old), old));
    }
    case 'resized': {
      const [old, next] = identified(objects) as unknown as [Pod, Pod];
      return toYaml(preparePodResize(next, old));
    }
    case 'converted':
      return toYaml(olderVersionOf(last).conversion?.fromStorage(last));
    case 'warn-update': {
      const [old, next] = identified(objects);
      return linesOf(strategy.warnings?.(strategy.prepareForUpdate(next, old), old));
    }
    case 'warn-status': {
      const [old, next] = identified(objects);
      return linesOf(strategy.statusWarnings?.(next, old));
    }
    case 'update-approval': {
      const [old, next] = identified(objects) as [CertificateSigningRequest, CertificateSigningRequest];
      return errorsText(validateApproval(prepareForApproval(next, old), old));
    }
    case 'updated-approval': {
      const [old, next] = identified(objects) as [CertificateSigningRequest, CertificateSigningRequest];
      return toYaml(prepareForApproval(next, old));
    }
    case 'columns':
      return columns.map((column) => `${column.name}${column.priority > 0 ? '*' : ''}: ${String(column.cell(last, goldenNowMs))}\n`).join('');
    default:
      throw new Error(`no command ${command}`);
  }
}

/** The stored object and the next one with what the server carries over. */
function identified(objects: readonly KubernetesObject[]): [KubernetesObject, KubernetesObject] {
  const [first, second] = objects as [KubernetesObject, KubernetesObject];
  const identity = { uid: 'u1', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
  const old = { ...first, metadata: { ...first.metadata, ...identity, generation: first.metadata.generation ?? 1 } };
  return [old, { ...second, metadata: { ...identity, generation: old.metadata.generation, ...second.metadata } }];
}

function errorsText(errors: readonly FieldError[]): string {
  return errors.map((error) => `${error.field}: ${fieldErrorBody(error)}\n`).join('');
}

function linesOf(lines: readonly string[] = []): string {
  return lines.map((line) => `${line}\n`).join('');
}

function toYaml(object: unknown): string {
  return stringify(object, { lineWidth: 0, sortMapEntries: true, aliasDuplicateObjects: false });
}
