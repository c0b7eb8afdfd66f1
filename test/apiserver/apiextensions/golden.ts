import { readFileSync } from 'node:fs';
import type { ApiRequest } from '../../../src/client/index.ts';
import type { CustomHarness } from './harness.ts';

/** A request and what kube-apiserver 1.36.1 answered. */
export interface Step {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: ApiRequest['patchType'];
  readonly code: number;
  readonly answer: unknown;
  readonly warnings?: readonly string[];
}

/** What is compared: maps have no order in Go, so that neither have causes and warnings. */
export interface Outcome {
  readonly code: number;
  readonly answer: unknown;
  readonly warnings: readonly string[];
}

export function readSteps(file: string): readonly Step[] {
  return JSON.parse(readFileSync(new URL(`testdata/${file}`, import.meta.url), 'utf8')) as readonly Step[];
}

export function upstreamOutcome({ code, answer, warnings = [] }: Step, variable = VARIABLE): Outcome {
  return { code, answer: code >= 400 ? comparable(answer as Refusal) : withoutVariables(answer, variable), warnings: code >= 400 ? [] : [...warnings].sort() };
}

interface Refusal {
  readonly message?: string;
  readonly reason?: string | null;
  readonly causes?: readonly { readonly message?: string; readonly field?: string; readonly reason?: string }[] | null;
}

function comparable({ message = '', reason, causes }: Refusal): object {
  const list = (causes ?? []).map((cause) => `${cause.reason} ${cause.field}: ${cause.message}`).sort();
  return { reason: reason ?? '', causes: list, ...(list.length > 1 ? {} : { message }) };
}

const VARIABLE: ReadonlySet<string> = new Set(['uid', 'creationTimestamp', 'resourceVersion', 'managedFields', 'lastTransitionTime', 'time']);
/** The same, but for who owns which field. */
export const VARIABLE_BUT_OWNERS: ReadonlySet<string> = new Set([...VARIABLE].filter((key) => key !== 'managedFields'));

function withoutVariables(value: unknown, variable: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutVariables(item, variable)).sort(byManager);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !variable.has(key)).map(([key, item]) => [key, withoutVariables(item, variable)]));
}

/** Owners are sorted by the time of their writes, which goes by in another way here. Other lists stay in their order. */
function byManager(a: unknown, b: unknown): number {
  const [left, right] = [a, b].map((item) => (typeof item === 'object' && item !== null && 'fieldsV1' in item ? JSON.stringify([(item as { manager?: string }).manager, item]) : ''));
  return (left ?? '') < (right ?? '') ? -1 : (left ?? '') > (right ?? '') ? 1 : 0;
}

const VERBS = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const;

/** Sends the request to Drydock. */
export async function drydockOutcome(server: CustomHarness, step: Step, variable = VARIABLE): Promise<Outcome> {
  const url = new URL(step.path, 'https://x');
  const parts = url.pathname.split('/').slice(2);
  const [group = '', version = '', ...rest] = parts;
  const namespaced = rest[0] === 'namespaces';
  const [resource = '', name, subresource] = namespaced ? rest.slice(2) : rest;
  const query = Object.fromEntries([...url.searchParams].map(([key, value]) => [key, value === 'true' ? true : value]));
  const request: ApiRequest = {
    verb: step.method === 'GET' && name === undefined ? 'list' : VERBS[step.method], group, version, resource, query: { fieldManager: 'recorder', ...query },
    ...(namespaced ? { namespace: rest[1] ?? '' } : {}), ...(name === undefined ? {} : { name }), ...(subresource === undefined ? {} : { subresource }),
    ...(step.body === undefined ? {} : { body: step.body }), ...(step.method === 'PATCH' ? { patchType: step.contentType ?? 'application/merge-patch+json' } : {}),
  };
  try {
    const answer = await server.request(request);
    return { code: answer.code, answer: withoutVariables(JSON.parse(JSON.stringify(answer.object)), variable), warnings: [...answer.warnings].sort() };
  } catch (error) {
    const { status } = error as { readonly status: { readonly code: number; readonly message: string; readonly reason?: string; readonly details?: { readonly causes?: Refusal['causes'] } } };
    const { code, message, reason, details } = status;
    return { code, answer: comparable({ message, reason: reason ?? '', causes: details?.causes ?? [] }), warnings: [] };
  }
}
