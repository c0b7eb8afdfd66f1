import { readFileSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { afterAll, describe, expect, it } from 'vitest';
import { createApiServer, parseTokenFile } from '../../../src/apiserver/index.ts';
import { createTokenSigner } from '../../../src/apiserver/http/index.ts';
import { openMemoryStore } from '../../../src/etcd/index.ts';
import { type Door, openDoor, testCertificates, world } from '../http/harness.ts';

/** One request of a conversation; ${NAME} stands for what an earlier answer had at its capture's path. */
interface Step {
  /** '' for what only prepares the others. */
  readonly title: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** Default: admin-token. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly capture?: Readonly<Record<string, string>>;
  /** Seconds after which upstream has forgotten whom it let in. */
  readonly pause?: number;
}

type Send = (method: string, path: string, headers: Record<string, string>, body: string | undefined) => Promise<{ readonly code: number; readonly text: string }>;
type Loose = Record<string, any>;

const file = (name: string) => new URL(`testdata/${name}`, import.meta.url);
const steps = JSON.parse(readFileSync(file('steps.json'), 'utf8')) as readonly Step[];
const TOKENS = 'admin-token,admin,admin,"system:masters"\nalice-token,alice,alice,"developers"\nnode-token,system:node:node-1,node-1,"system:nodes"\n';

let door: Door | undefined;
afterAll(() => door?.server.close());

/** Titles with codes and answers, without what is never the same twice. */
async function converse(send: Send): Promise<readonly unknown[]> {
  const captured = new Map<string, string>();
  const filled = (text: string) => text.replace(/\$\{(\w+)\}/g, (_all, name: string) => captured.get(name) ?? '');
  const answers: unknown[] = [];
  for (const { title, method, path, body, token = 'admin-token', headers = {}, capture = {}, pause } of steps) {
    const text = body === undefined ? undefined : filled(JSON.stringify(body));
    const answer = await send(method, path, { authorization: `Bearer ${filled(token)}`, 'content-type': 'application/json', 'user-agent': 'test', ...headers }, text);
    if (pause !== undefined && send === upstream) await new Promise((resolve) => { setTimeout(resolve, pause * 1000); });
    const object = answer.text.startsWith('{') ? JSON.parse(answer.text) as Loose : answer.text;
    for (const [name, at] of Object.entries(capture)) captured.set(name, String(at.split('.').reduce<unknown>((value, key) => (value as Loose | undefined)?.[key], object)));
    if (title !== '') answers.push({ title, code: answer.code, answer: plain(object) });
  }
  return answers;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

function plain(object: Loose | string): unknown {
  if (typeof object === 'string') return object;
  const { metadata, spec, status, ...rest } = object;
  const { managedFields: _managedFields, creationTimestamp, ...kept } = (metadata ?? {}) as Loose;
  const created = creationTimestamp === undefined ? {} : { creationTimestamp: '<time>' };
  const shown: Loose = { ...rest, metadata: { ...kept, ...created }, ...(spec === undefined ? {} : { spec }) };
  if (status?.expirationTimestamp !== undefined) {
    shown['status'] = { seconds: Math.round((Date.parse(status.expirationTimestamp) - Date.parse(creationTimestamp)) / 1000), claims: claimsOf(status.token) };
  } else if (status?.resourceRules !== undefined) {
    // Upstream reads bindings in no order.
    shown['status'] = { ...status, resourceRules: sorted(status.resourceRules).filter((rule) => !JSON.stringify(rule).includes('lab.drydock.dev')), nonResourceRules: sorted(status.nonResourceRules) };
  } else if (status !== undefined) shown['status'] = status;
  if (spec?.token !== undefined) shown['spec'] = { ...spec, token: '<token>' };
  return JSON.parse(JSON.stringify(shown).replace(UUID, '<uuid>')) as unknown;
}

function sorted(rules: readonly object[]): readonly object[] {
  return [...rules].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Times count from when the token was made. */
function claimsOf(token: string): unknown {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Loose;
  const { exp, iat, nbf, 'kubernetes.io': own, ...rest } = claims;
  return { ...rest, exp: exp - iat, nbf: nbf - iat, 'kubernetes.io': { ...own, ...(own.warnafter === undefined ? {} : { warnafter: own.warnafter - iat }) } };
}

const upstream: Send = (method, path, headers, body) => new Promise((resolve, reject) => {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const outgoing = httpsRequest(new URL(path, process.env['UPSTREAM']), { method, headers: { ...headers, ...length }, rejectUnauthorized: false }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => { text += chunk; });
    response.on('end', () => resolve({ code: response.statusCode ?? 0, text }));
  });
  outgoing.on('error', reject);
  outgoing.end(body);
});

describe('authentication and authorization', () => {
  it('answer as kube-apiserver 1.36.1 does', async () => {
    // UPSTREAM=https://… records what a kube-apiserver with these tokens answers.
    if (process.env['UPSTREAM'] !== undefined) writeFileSync(file('upstream.jsonl'), `${(await converse(upstream)).map((each) => JSON.stringify(each)).join('\n')}\n`);
    const certificates = await testCertificates();
    const server = createApiServer({
      world, store: openMemoryStore(), address: { ip: '192.168.1.1', port: 6443 }, tokenSigner: createTokenSigner(certificates.tokenKeyPem), tokens: parseTokenFile(TOKENS, 'tokens.csv'),
    });
    await server.start();
    const opened = door = await openDoor(server);
    const ours = await converse(async (method, path, headers, body) => opened.call(method, path, { client: 'none', headers, ...(body === undefined ? {} : { body }) }));
    server.stop();
    const theirs = readFileSync(file('upstream.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as unknown);
    expect(ours).toEqual(theirs);
  }, process.env['UPSTREAM'] === undefined ? 10_000 : 60_000);
});
