import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { StatusError } from '../../../src/api/index.ts';
import type { TokenSigner, UserInfo } from '../../../src/apiserver/index.ts';
import type { ApiRequest, Verb } from '../../../src/client/index.ts';
import { ADMIN, type Harness, startServer } from '../harness.ts';

/** A request to kube-apiserver 1.36.1 without controllers, and what came of it. */
interface Step {
  readonly do: string;
  readonly as?: 'node';
  readonly body?: object;
  readonly code: number;
  /** The Status without what is the same in all. */
  readonly refused?: object;
  /** Parts of the object that was answered, by path. */
  readonly shows?: Readonly<Record<string, unknown>>;
  readonly warnings?: readonly string[];
}

const NODE: UserInfo = { name: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] };
/** No token of these is looked into. */
const NO_SIGNER: TokenSigner = { issuer: 'https://kubernetes.default.svc.cluster.local', sign: () => 'token', verify: () => undefined };
const VERBS: Readonly<Record<string, Verb>> = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** /api/v1/namespaces/a/pods/p/status?dryRun=All */
function requestOf({ do: what, body }: Step): ApiRequest {
  const [method = '', url = ''] = what.split(' ');
  const [path = '', query] = url.split('?');
  const parts = path.split('/').slice(1);
  const [group, version] = parts[0] === 'api' ? ['', parts[1]] : [parts[1], parts[2]];
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const [namespace, [resource, name, subresource]] = rest[0] === 'namespaces' && rest.length > 2 ? [rest[1], rest.slice(2)] : [undefined, rest];
  return {
    verb: VERBS[method] as Verb, group: group ?? '', version: version ?? '', resource: resource ?? '',
    ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }), ...(subresource === undefined ? {} : { subresource }),
    ...(body === undefined ? {} : { body: JSON.parse(JSON.stringify(body)) as object }), ...(method === 'PATCH' ? { patchType: 'application/merge-patch+json' } : {}),
    ...(query === undefined ? {} : { query: { dryRun: 'All' } }),
  };
}

async function answerTo(server: Harness, step: Step): Promise<Omit<Step, 'do' | 'as' | 'body'>> {
  try {
    const { code, object, warnings } = await server.request(requestOf(step), step.as === 'node' ? NODE : ADMIN);
    const shows = Object.fromEntries(Object.keys(step.shows ?? {}).map((path) => [path, valueAt(object, path)]));
    return { code, ...(step.shows === undefined ? {} : { shows }), ...(warnings.length === 0 ? {} : { warnings }) };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const { kind: _kind, apiVersion: _apiVersion, metadata: _metadata, status: _status, code: _code, ...refused } = error.status;
    // Upstream leaves an empty reason out.
    return { code: error.code, refused: error.reason === '' ? { ...refused, reason: undefined } : refused };
  }
}

function valueAt(object: unknown, path: string): unknown {
  let value = object as Readonly<Record<string, unknown>> | undefined;
  for (const key of path.split('.')) value = value?.[key] as typeof value;
  return value ?? null;
}

/** Without what is another each time. */
function masked(answer: object): unknown {
  const text = JSON.stringify(answer)
    .replaceAll(/\b(p|a)-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1-SUFFIX').replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  return JSON.parse(text);
}

const scenarios: { readonly title: string; readonly steps: Step[] }[] = [];
for (const line of readFileSync(new URL('testdata/plugins.jsonl', import.meta.url), 'utf8').trimEnd().split('\n')) {
  const parsed = JSON.parse(line) as Step & { readonly title?: string };
  if (parsed.title !== undefined) scenarios.push({ title: parsed.title, steps: [] });
  else scenarios.at(-1)?.steps.push(parsed);
}

describe('admission answers as kube-apiserver does', () => {
  it.each(scenarios.map(({ title, steps }) => [title, steps] as const))('%s', async (_title, steps) => {
    const server = await startServer({ tokenSigner: NO_SIGNER });
    for (const step of steps) {
      const { do: what, as: _as, body: _body, ...expected } = step;
      // Warnings of a refused request are told, too, but not by request().
      const { warnings: _warnings, ...refusal } = expected;
      expect({ do: what, ...masked(await answerTo(server, step)) as object }).toEqual({ do: what, ...masked(step.refused === undefined ? expected : refusal) as object });
    }
  });
});
