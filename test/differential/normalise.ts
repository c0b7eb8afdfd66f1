/** What one server answered to one step, before normalising. */
export interface RawAnswer {
  readonly code: number;
  readonly headers: readonly (readonly [string, string])[];
  /** Parsed where it is JSON. */
  readonly body: unknown;
  /** Watch events stand for the answer of a READ. */
  readonly isEvents?: boolean;
}

const UUID = /\b(?!0{8}-)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const CLUSTER_IP = /\b10\.(?:9[6-9]|10\d|11[01])\.\d+\.\d+\b/g;
const GENERATED = (prefix: string): RegExp => new RegExp(`${prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9])`, 'g');
const REVISION_TEXTS = [/(?<=ResourceVersion in record \()\d+/g, /(?<=resourceVersion\\?":\\?")\d+/g, /(?<=too old resource version: \d+ \()\d+(?=\))/g, /(?<=current: )\d+/g, /(?<=revision is )\d+/g];
const DAY_MS = 86_400_000;
const NODE_PORT_MIN = 30_000;
const NODE_PORT_MAX = 32_767;

/**
 * Makes the answers of one behaviour comparable: what differs from run to run gets a name, the same value always the same one
 * (`uid-1`, `ip-2`). Revisions of objects are numbered in their order (`r3`); a list's that is the newest one is `now`.
 */
export class Normaliser {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #prefixes: readonly string[];
  readonly #revisions: number[];
  readonly #nowMs: number;
  /** The newest revision of an object so far. */
  #newest = 0;

  /** All answers of the behaviour in order: revisions are ranked among all. */
  constructor(answers: readonly RawAnswer[], generatedPrefixes: readonly string[], nowMs: number) {
    this.#prefixes = ['kube-api-access-', ...generatedPrefixes];
    const revisions = new Set<number>();
    for (const { body } of answers) collectRevisions(body, revisions);
    this.#revisions = [...revisions].sort((a, b) => a - b);
    this.#nowMs = nowMs;
  }

  /** The body of the next answer. */
  body(body: unknown): unknown {
    const revisions = new Set([this.#newest]);
    collectRevisions(body, revisions);
    this.#newest = Math.max(...revisions);
    return this.value(body);
  }

  text(text: string): string {
    let result = text
      .replace(UUID, (uid) => this.#nameOf('uid', uid))
      .replace(TIME, (time, fraction: string | undefined) => (Math.abs(Date.parse(time) - this.#nowMs) > DAY_MS ? time : fraction === undefined ? '<time>' : `<time.${'0'.repeat(fraction.length - 1)}>`))
      .replace(CLUSTER_IP, (ip) => (ip.startsWith('10.96.0.') || ip === '10.96.77.77' ? ip : this.#nameOf('ip', ip)));
    for (const prefix of this.#prefixes) result = result.replace(GENERATED(prefix), (name) => `${prefix}${this.#nameOf('<generated', name)}>`);
    for (const pattern of REVISION_TEXTS) result = result.replace(pattern, '<now>');
    return result;
  }

  value(value: unknown, key = '', isList = false): unknown {
    if (typeof value === 'number') return (key === 'nodePort' || key === 'healthCheckNodePort') && value >= NODE_PORT_MIN && value <= NODE_PORT_MAX ? this.#nameOf('port', String(value)) : value;
    if (typeof value === 'string') {
      if (key === 'resourceVersion') return this.#revision(value, isList);
      if (key === 'continue') return value === '' ? '' : `<continue ${this.#continueKey(value)}>`;
      return this.text(value);
    }
    if (Array.isArray(value)) return value.map((item) => this.value(item, key));
    // Facts are recorded, prose is not.
    if (key === 'columnDefinitions' && typeof value === 'object' && value !== null) return { ...value, description: undefined };
    if (typeof value !== 'object' || value === null) return value;
    const list = hasListRevision(value);
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [this.text(name), this.value(item, name, (key === 'metadata' && isList) || (list && name === 'metadata'))]));
  }

  #revision(text: string, isList: boolean): string {
    if (text === '' || text === '0' || !/^\d+$/.test(text)) return text;
    if (isList && Number(text) >= this.#newest) return 'now';
    const rank = this.#revisions.indexOf(Number(text));
    return rank < 0 ? '<other>' : `r${rank + 1}`;
  }

  /** Where the next page begins. */
  #continueKey(token: string): string {
    try {
      const { start = '' } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { readonly start?: string };
      return this.text(start.replaceAll('\0', '\\0'));
    } catch {
      return 'unreadable';
    }
  }

  #nameOf(kind: string, value: string): string {
    const known = this.#names.get(`${kind} ${value}`);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const name = `${kind}-${count}`;
    this.#names.set(`${kind} ${value}`, name);
    return name;
  }
}

/** Revisions of objects, not of lists. */
function collectRevisions(value: unknown, into: Set<number>, isList = false): void {
  if (Array.isArray(value)) for (const item of value) collectRevisions(item, into);
  else if (typeof value === 'object' && value !== null) {
    const list = hasListRevision(value);
    for (const [name, item] of Object.entries(value)) {
      if (name === 'resourceVersion' && typeof item === 'string' && /^[1-9]\d*$/.test(item)) {
        if (!isList) into.add(Number(item));
      } else collectRevisions(item, into, list && name === 'metadata');
    }
  }
}

/** Lists, Tables and bookmarks say how far the store was, not when something was written. */
function hasListRevision(value: object): boolean {
  const { items, rows, metadata } = value as { readonly items?: unknown; readonly rows?: unknown; readonly metadata?: { readonly annotations?: object } | null };
  return Array.isArray(items) || Array.isArray(rows) || 'k8s.io/initial-events-end' in (metadata?.annotations ?? {});
}
