import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { formatJson } from './format-json.ts';
import { Normaliser, type RawAnswer } from './normalise.ts';
import type { Scenario, Step } from './scenario.ts';

/** A server to ask. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls: RequestOptions;
  /** Whether its caches follow its writes, so that steps that say so have to wait. */
  readonly isLate?: boolean;
}

/** Who may ask, by the name that `As:` gives. All servers know these tokens. */
export const TOKENS: Readonly<Record<string, string>> = { admin: 'admin-token', alice: 'alice-token', node: 'node-token', stranger: 'no-such-token' };

const PATCH_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json-patch+json', merge: 'application/merge-patch+json', strategic: 'application/strategic-merge-patch+json', apply: 'application/apply-patch+yaml',
};
/** Headers of the answer that are recorded without asking. */
const RECORDED = ['content-type', 'warning', 'retry-after', 'location', 'allow', 'www-authenticate'];
/** How long an answer or an event may take. */
const ANSWER_MS_MAX = 10_000;
/** How far a real server's caches may be behind. */
const LATE_MS = 500;

interface Sent {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface OpenWatch {
  readonly request: ClientRequest;
  readonly lines: string[];
  ended: boolean;
  wake: () => void;
}

/** What the answers of one replay say, a text for each step in order. */
export async function replay(scenario: Scenario, namespace: string, target: Target, nowMs: number): Promise<readonly string[]> {
  const player = new Player(target, namespace);
  try {
    await player.prepare();
    const texts: string[] = [];
    for (const { steps } of scenario.behaviours) {
      const answers: RawAnswer[] = [];
      for (const step of steps) answers.push(await player.play(step));
      const normaliser = new Normaliser(answers, player.generatedPrefixes, nowMs);
      texts.push(...answers.map((answer) => textOf(answer, normaliser)));
    }
    return texts;
  } finally {
    await player.cleanUp();
  }
}

function textOf({ code, headers, body, isEvents }: RawAnswer, normaliser: Normaliser): string {
  const bodyText = (value: unknown): string => {
    if (typeof value === 'string') return normaliser.text(value).replace(/\n+$/, '').replace(/^$/gm, '·');
    return formatJson(normaliser.body(value));
  };
  if (isEvents === true) return (body as unknown[]).map(bodyText).join('\n');
  return [String(code), ...headers.map(([name, value]) => `${name}: ${normaliser.text(value)}`), ...(body === '' ? [] : [bodyText(body)])].join('\n');
}

class Player {
  readonly generatedPrefixes: string[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #target: Target;
  readonly #namespace: string;
  readonly #saved = new Map<string, unknown>();
  readonly #watches = new Map<string, OpenWatch>();
  /** Paths of what was created, oldest first. */
  readonly #created: string[] = [];

  constructor(target: Target, namespace: string) {
    this.#target = target;
    this.#namespace = namespace;
  }

  /** A namespace of its own, with the service account that its pods ask for. */
  async prepare(): Promise<void> {
    await this.#create('/api/v1/namespaces', { metadata: { name: this.#namespace } });
    await this.#create(`/api/v1/namespaces/${this.#namespace}/serviceaccounts`, { metadata: { name: 'default' } });
    this.#created.push(`/api/v1/namespaces/${this.#namespace}/serviceaccounts/default`);
  }

  async play(step: Step): Promise<RawAnswer> {
    switch (step.verb) {
      case 'OPEN': return this.#open(step);
      case 'READ': return this.#read(step);
      case 'CLOSE': {
        this.#watches.get(step.target)?.request.destroy();
        return { code: 0, headers: [], body: [], isEvents: true };
      }
      default: return this.#send(step);
    }
  }

  /** Leaves nothing behind: a real server is shared. */
  async cleanUp(): Promise<void> {
    for (const { request } of this.#watches.values()) request.destroy();
    for (const path of this.#created.reverse()) {
      const gone = await this.#askAsAdmin('DELETE', `${path}?gracePeriodSeconds=0`);
      if (gone.code === 200) await this.#askAsAdmin('PATCH', path, { metadata: { finalizers: null } });
    }
    await this.#askAsAdmin('DELETE', `/api/v1/namespaces/${this.#namespace}`);
    await this.#askAsAdmin('PUT', `/api/v1/namespaces/${this.#namespace}/finalize`, { metadata: { name: this.#namespace }, spec: { finalizers: [] } });
    this.#agent.destroy();
  }

  async #send(step: Step): Promise<RawAnswer> {
    const { path, headers, body, save, show, isAwaited } = this.#requestOf(step, step.target);
    if (isAwaited && this.#target.isLate === true) await new Promise((resolve) => setTimeout(resolve, LATE_MS));
    const answer = await this.#ask(step.verb, path, body, headers);
    const parsed = parsedBody(answer);
    if (save !== undefined) this.#saved.set(save, parsed);
    this.#noteCreated(step.verb, path, answer.code, parsed);
    return { code: answer.code, headers: shown(answer.headers, show), body: parsed };
  }

  #requestOf(step: Step, target: string): { path: string; headers: Record<string, string>; body: Buffer | undefined; save: string | undefined; show: readonly string[]; isAwaited: boolean } {
    const headers: Record<string, string> = {};
    let user = 'admin';
    let patch: string | undefined;
    let save: string | undefined;
    let show: readonly string[] = [];
    let isAwaited = false;
    for (const [name, value] of step.headers) {
      if (name === 'As') user = value;
      else if (name === 'Patch') patch = value;
      else if (name === 'Save') save = value;
      else if (name === 'After') isAwaited = value === 'caches';
      else if (name === 'Show') show = value.split(', ');
      else headers[name.toLowerCase()] = this.#filled(value);
    }
    const token = TOKENS[user];
    if (token !== undefined) headers['authorization'] ??= `Bearer ${token}`;
    let body: Buffer | undefined;
    if (step.body !== '') {
      const text = this.#filled(step.body);
      const isRaw = 'content-type' in headers;
      headers['content-type'] ??= patch === undefined ? 'application/json' : PATCH_TYPES[patch] as string;
      body = isRaw ? rawBody(text) : Buffer.from(JSON.stringify(parse(text)));
      const prefix = /"?generateName"?: "?([a-z0-9-]+)/.exec(text)?.[1];
      if (prefix !== undefined) this.generatedPrefixes.push(prefix);
    }
    return { path: this.#filled(target), headers, body, save, show, isAwaited };
  }

  #noteCreated(verb: string, path: string, code: number, body: unknown): void {
    if (code !== 201 || path.includes('dryRun=')) return;
    const bare = path.split('?')[0] as string;
    const name = (body as { readonly metadata?: { readonly name?: string } } | null)?.metadata?.name;
    if (verb === 'POST' && name !== undefined && !/\/(binding|eviction|token)$/.test(bare)) this.#created.push(`${bare}/${name}`);
    if (verb === 'PUT' || verb === 'PATCH') this.#created.push(bare);
  }

  /** Fills in `NS`, `<saved.path.to.value>` and `<<text*count>>`. */
  #filled(text: string): string {
    return text
      .replace(/\bNS\b/g, this.#namespace)
      .replace(/<<(.+?)\*(\d+)>>/g, (_, unit: string, count: string) => unit.repeat(Number(count)))
      .replace(/<([a-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)+)(\+1)?>/g, (whole, path: string, next: string | undefined) => {
        const [name = '', ...fields] = path.split('.');
        let value = this.#saved.get(name);
        if (value === undefined) return whole;
        for (const field of fields) value = (value as Record<string, unknown> | undefined)?.[field];
        return next === undefined ? String(value) : String(Number(value) + 1);
      });
  }

  #open(step: Step): Promise<RawAnswer> {
    const [name = '', target = ''] = step.target.split(' ');
    const { path, headers, show } = this.#requestOf(step, target);
    return new Promise((resolve, reject) => {
      const request = this.#request('GET', path, headers, (response) => {
        const watch: OpenWatch = { request, lines: [], ended: false, wake: () => undefined };
        this.#watches.set(name, watch);
        let rest = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() as string;
          watch.lines.push(...lines);
          watch.wake();
        });
        response.on('error', () => undefined).on('close', () => {
          if (rest !== '') watch.lines.push(rest);
          watch.ended = true;
          watch.wake();
        });
        if (response.statusCode === 200) resolve({ code: 200, headers: shown(response.headers, show), body: '' });
        else response.on('end', () => resolve({ code: response.statusCode ?? 0, headers: shown(response.headers, show), body: JSON.parse([...watch.lines, rest].join('\n')) }));
      });
      request.on('error', reject).end();
    });
  }

  async #read(step: Step): Promise<RawAnswer> {
    const [name = '', count = '1'] = step.target.split(' ');
    const watch = this.#watches.get(name);
    if (watch === undefined) throw new Error(`no watch ${name}`);
    const wanted = Number(count);
    while (watch.lines.length < wanted && !watch.ended) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${name} has ${watch.lines.length} of ${wanted} events: ${watch.lines.join('\n').slice(0, 2000)}`)), ANSWER_MS_MAX);
        watch.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return { code: 0, headers: [], body: watch.lines.splice(0, wanted).map((line) => JSON.parse(line) as unknown), isEvents: true };
  }

  async #create(path: string, body: object): Promise<void> {
    const answer = await this.#askAsAdmin('POST', path, body);
    if (answer.code !== 201) throw new Error(`POST ${path}: ${answer.code} ${answer.text}`);
  }

  #askAsAdmin(method: string, path: string, body?: object): Promise<Sent> {
    const type = method === 'PATCH' ? PATCH_TYPES['merge'] as string : 'application/json';
    return this.#ask(method, path, body === undefined ? undefined : Buffer.from(JSON.stringify(body)), { authorization: `Bearer ${TOKENS['admin'] as string}`, ...(body === undefined ? {} : { 'content-type': type }) });
  }

  #ask(method: string, path: string, body: Buffer | undefined, headers: Record<string, string>): Promise<Sent> {
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    return new Promise((resolve, reject) => {
      const request = this.#request(method, path, { ...headers, ...length }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        response.on('end', () => resolve({ code: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }));
      });
      request.setTimeout(ANSWER_MS_MAX, () => request.destroy(new Error(`${method} ${path}: no answer`)));
      request.on('error', reject).end(body);
    });
  }

  #request(method: string, path: string, headers: Record<string, string>, onResponse: (response: IncomingMessage) => void): ClientRequest {
    const { host, port, tls } = this.#target;
    return httpsRequest({ ...tls, host, port, agent: this.#agent, method, path, headers: { 'user-agent': 'differential/1.0', ...headers } }, onResponse);
  }
}

/** `hex: 6b38` and `base64: azhz` stand for bytes. */
function rawBody(text: string): Buffer {
  const coded = /^(hex|base64): (\S+)$/.exec(text);
  return coded === null ? Buffer.from(text) : Buffer.from(coded[2] as string, coded[1] as 'hex' | 'base64');
}

function parsedBody({ headers, text }: Sent): unknown {
  if (!String(headers['content-type'] ?? '').startsWith('application/json')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function shown(headers: IncomingHttpHeaders, more: readonly string[]): [string, string][] {
  return [...RECORDED, ...more].flatMap((name): [string, string][] => {
    const value = headers[name];
    return value === undefined ? [] : [[name, Array.isArray(value) ? value.join(' | ') : value]];
  });
}
