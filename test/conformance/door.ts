import { createApiServer, type TokenSigner } from '../../src/apiserver/index.ts';
import { openMemoryStore } from '../../src/etcd/index.ts';
import { type Answer, type Door, openDoor, world } from '../apiserver/http/harness.ts';

export type Json = { readonly [key: string]: any };

/** An API server behind its HTTPS door, and nobody else: no controllers. */
export interface ConformanceDoor extends Door {
  /** The answer's JSON; a body that is an object goes out as JSON. */
  json(method: string, path: string, body?: object | string, contentType?: string): Promise<Json>;
  get(path: string, accept?: string): Promise<Answer>;
  /** Asks again until the function finds what it looks for; what is published late comes within a second or two. */
  eventually<T>(what: string, find: () => Promise<T>): Promise<Exclude<Awaited<T>, false | undefined>>;
  close(): Promise<void>;
}

const tokenSigner: TokenSigner = { issuer: 'https://kubernetes.default.svc.cluster.local', sign: () => 'unsigned', verify: () => undefined };

export async function openConformanceDoor(): Promise<ConformanceDoor> {
  const apiServer = createApiServer({ world, store: openMemoryStore(), address: { ip: '127.0.0.1', port: 6443 }, tokenSigner });
  await apiServer.start();
  const door = await openDoor(apiServer);
  return {
    ...door,
    async json(method, path, body, contentType = 'application/json') {
      const answer = await door.call(method, path, body === undefined ? {} : { headers: { 'content-type': contentType }, body: typeof body === 'string' ? body : JSON.stringify(body) });
      return answer.json();
    },
    get: (path, accept) => door.call('GET', path, accept === undefined ? {} : { headers: { accept } }),
    async eventually<T>(what: string, find: () => Promise<T>) {
      for (let attempt = 0; attempt < 250; attempt++) {
        const found = await find();
        if (found !== undefined && found !== false) return found as Exclude<Awaited<T>, false | undefined>;
        await world.clock.sleep(20);
      }
      throw new Error(`${what}: not within 5 s`);
    },
    async close() {
      await door.server.close();
      apiServer.stop();
    },
  };
}
