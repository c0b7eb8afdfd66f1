import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { StatusError } from '../../../src/api/index.ts';
import type { ApiRequest, Verb } from '../../../src/client/index.ts';
import { ADMIN, type Harness, startServer } from '../harness.ts';

/** A request to kube-apiserver 1.36.1, and what came of it. */
interface Step {
  readonly do: string;
  readonly body?: object;
  readonly code: number;
  /** The Status without what is the same in all. */
  readonly refused?: object;
  /** Parts of the object that was answered, by path. */
  readonly shows?: Readonly<Record<string, unknown>>;
  readonly warnings?: readonly string[];
}

const VERBS: Readonly<Record<string, Verb>> = { POST: 'create', PUT: 'update', DELETE: 'delete' };
/** The user that asked upstream. */
const ASKER = { ...ADMIN, name: 'admin' };

/** E.g. POST /api/v1/namespaces/a/configmaps */
function requestOf({ do: what, body }: Step): ApiRequest {
  const [method = '', path = ''] = what.split(' ');
  const parts = path.split('/').slice(1);
  const isCore = parts[0] === 'api';
  const rest = parts.slice(isCore ? 2 : 3);
  const [namespace, [resource, name, subresource]] = rest[0] === 'namespaces' && rest.length > 2 ? [rest[1], rest.slice(2)] : [undefined, rest];
  return {
    verb: VERBS[method] as Verb, group: isCore ? '' : parts[1] ?? '', version: (isCore ? parts[1] : parts[2]) ?? '', resource: resource ?? '',
    ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }), ...(subresource === undefined ? {} : { subresource }),
    ...(body === undefined ? {} : { body: JSON.parse(JSON.stringify(body)) as object }),
  };
}

async function answerTo(server: Harness, step: Step): Promise<object> {
  try {
    const { code, object, warnings } = await server.request(requestOf(step), ASKER);
    const shows = Object.fromEntries(Object.keys(step.shows ?? {}).map((path) => [path, valueAt(object, path)]));
    return { code, ...(step.shows === undefined ? {} : { shows }), ...(warnings.length === 0 ? {} : { warnings }) };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const { kind: _kind, apiVersion: _apiVersion, metadata: _metadata, status: _status, code, ...refused } = error.status;
    return { code, refused };
  }
}

function valueAt(object: unknown, path: string): unknown {
  let value = object as Readonly<Record<string, unknown>> | undefined;
  for (const key of path.split('.')) value = value?.[key] as typeof value;
  return value ?? null;
}

/** Without what is another each time. */
function masked(answer: object): unknown {
  return JSON.parse(JSON.stringify(answer).replaceAll(/\bgen-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, 'gen-SUFFIX'));
}

const scenarios: { readonly title: string; readonly steps: Step[] }[] = [];
for (const line of readFileSync(new URL('testdata/admission-policies.jsonl', import.meta.url), 'utf8').trimEnd().split('\n')) {
  const parsed = JSON.parse(line) as Step & { readonly title?: string };
  if (parsed.title !== undefined) scenarios.push({ title: parsed.title, steps: [] });
  else scenarios.at(-1)?.steps.push(parsed);
}

describe('admission policies answer as kube-apiserver does', () => {
  it.each(scenarios.map(({ title, steps }) => [title, steps] as const))('%s', async (_title, steps) => {
    const server = await startServer();
    for (const step of steps) {
      const { do: what, body: _body, ...expected } = step;
      expect({ do: what, ...masked(await answerTo(server, step)) as object }).toEqual({ do: what, ...masked(expected) as object });
    }
  });
});
