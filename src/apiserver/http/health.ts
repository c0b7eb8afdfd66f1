import { messageOf } from '../../base/index.ts';
import type { HttpDeps } from './deps.ts';
import type { Exchange } from './exchange.ts';
import { SELF } from './pod-target.ts';
import type { QueryParameters } from './query.ts';
import { respondNotFoundText, respondText } from './respond.ts';

interface Check {
  readonly name: string;
  /** Rejects where it fails. */
  run(deps: HttpDeps): Promise<void>;
}

const PING: Check = { name: 'ping', run: async () => {} };

/** Reads from the store. Kubernetes: the etcd health check. */
const ETCD: Check = {
  name: 'etcd',
  async run(deps) {
    await deps.apiServer.request(SELF, { verb: 'list', group: '', version: 'v1', resource: 'namespaces', query: { limit: 1 } });
  },
};

/** Whether it takes writes. One that does not is alive, and can be read: starting the server again would not help. */
const ETCD_WRITES: Check = {
  name: 'etcd',
  async run(deps) {
    const failure = deps.apiServer.writeFailure();
    if (failure !== undefined) throw new Error(failure);
    await ETCD.run(deps);
  },
};

/** All others: what the server does when it starts, each once it is done. */
function checksOf(deps: HttpDeps, endpoint: string): readonly Check[] {
  const hooks = (deps.apiServer.startHooks?.() ?? []).filter((name) => endpoint === 'readyz' || name !== 'informer-sync');
  return [...CHECKS[endpoint] ?? [], ...hooks.map((name) => ({ name, run: async () => {} }))];
}

const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  healthz: [PING, ETCD],
  livez: [PING, ETCD],
  readyz: [PING, ETCD_WRITES],
};

/** /healthz, /livez, /readyz with ?verbose and ?exclude, and one check alone below them. Kubernetes: apiserver/pkg/server/healthz. */
export async function serveHealth(deps: HttpDeps, exchange: Exchange, path: string, parameters: QueryParameters): Promise<void> {
  const [, endpoint = '', ...rest] = path.split('/');
  const only = rest.join('/');
  const checks = checksOf(deps, endpoint);
  if (only !== '') {
    const check = checks.find((item) => item.name === only);
    if (check === undefined) return respondNotFoundText(exchange);
    const failure = await run(check, deps);
    if (failure !== undefined) return respondText(exchange, 500, `internal server error: ${failure}\n`);
    return exchange.respond(200, { 'content-type': 'text/plain; charset=utf-8' }, Buffer.from('ok', 'utf8'));
  }
  const excluded = parameters.get('exclude') ?? [];
  const lines: string[] = [];
  let failed = false;
  for (const check of checks) {
    if (excluded.includes(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    const failure = await run(check, deps);
    failed ||= failure !== undefined;
    lines.push(failure === undefined ? `[+]${check.name} ok` : `[-]${check.name} failed: reason withheld`);
  }
  const unknown = [...new Set(excluded)].filter((name) => !checks.some((check) => check.name === name)).sort();
  if (unknown.length > 0) lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown.map((name) => JSON.stringify(name)).join(',')}`);
  if (failed) return respondText(exchange, 500, `${lines.join('\n')}\n${endpoint} check failed\n`);
  respondText(exchange, 200, parameters.has('verbose') ? `${lines.join('\n')}\n${endpoint} check passed\n` : 'ok');
}

async function run(check: Check, deps: HttpDeps): Promise<string | undefined> {
  try {
    await check.run(deps);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
