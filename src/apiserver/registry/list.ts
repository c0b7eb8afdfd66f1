import { forbidden, type KubernetesList, type KubernetesObject, newInvalidError } from '../../api/index.ts';
import { prefixRangeEnd, StoreError } from '../../etcd/index.ts';
import { newBadRequest } from '../errors.ts';
import { objectOf, type Selection } from '../watchcache/index.ts';
import { type Call, type RegistryDeps } from './call.ts';
import { storeFailure } from './commit.ts';
import { type ContinueToken, decodeContinue, encodeContinue, newExpiredList } from './continue-token.ts';
import { present } from './endpoint.ts';
import { parseRevision, whenReached, whenReadable } from './read.ts';
import { compileSelection } from './selectors.ts';

/** Pairs that one read of the store brings while a page is being filled. */
const STORE_PAGE = 500;

/** LIST. Served from memory; pages after the first, and exact revisions, come from the store's history. */
export function listObjects(deps: RegistryDeps, call: Call): Promise<KubernetesList> | KubernetesList {
  const { query } = call;
  checkListOptions(call);
  const selection = compileSelection(call.endpoint, call.namespace, call.request.name, query);
  const limit = query.limit ?? 0;
  if (query.continue) return continueList(deps, call, selection, limit, decodeContinue(query.continue));
  const revision = parseRevision(query.resourceVersion);
  if (revision !== undefined && revision > 0 && query.resourceVersionMatch === 'Exact') {
    const waiting = whenReached(deps, revision);
    const exact = () => listFromStore(deps, call, selection, limit, '', revision);
    return waiting === undefined ? exact() : waiting.then(exact);
  }
  // Upstream's cache ignores the limit of a list at revision 0.
  const pageLimit = revision === 0 ? 0 : limit;
  const waiting = whenReadable(deps, call);
  return waiting === undefined ? listNow(deps, call, selection, pageLimit) : waiting.then(() => listNow(deps, call, selection, pageLimit));
}

/** The objects as the cache has them. */
export function listNow(deps: RegistryDeps, call: Call, selection: Selection, limit: number): KubernetesList {
  const { endpoint } = call;
  const { objects } = endpoint.cache;
  const { revision } = deps.watchCache;
  if (limit <= 0) {
    const items = objects.list(selection);
    return newList(call, endpoint.conversion === undefined ? items : items.map((item) => present(endpoint, item)), revision);
  }
  const items: KubernetesObject[] = [];
  let lastKey = '';
  for (const entry of objects.candidates(selection)) {
    if (selection.matches !== undefined && !selection.matches(entry.object)) continue;
    if (items.length === limit) {
      const prefix = listPrefix(call, selection);
      const remaining = selection.matches === undefined && selection.name === undefined ? countOf(objects.candidates(selection)) - limit : undefined;
      return newList(call, items, revision, { revision, startKey: `${lastKey.slice(prefix.length)}\0` }, remaining);
    }
    items.push(present(endpoint, entry.object));
    lastKey = entry.key;
  }
  return newList(call, items, revision);
}

function continueList(deps: RegistryDeps, call: Call, selection: Selection, limit: number, token: ContinueToken): Promise<KubernetesList> {
  // A token without a revision goes on with whatever is there now.
  const revision = token.revision > 0 ? token.revision : deps.store.status().revision;
  return listFromStore(deps, call, selection, limit, token.startKey, revision);
}

async function listFromStore(
  deps: RegistryDeps, call: Call, selection: Selection, limit: number, startKey: string, revision: number,
): Promise<KubernetesList> {
  const { endpoint } = call;
  const prefix = listPrefix(call, selection);
  const rangeEnd = prefixRangeEnd(prefix);
  const items: KubernetesObject[] = [];
  let key = prefix + startKey;
  for (;;) {
    const page = limit <= 0 ? 0 : selection.matches === undefined && selection.name === undefined ? limit : STORE_PAGE;
    const result = await deps.store.range({ key, rangeEnd, limit: page, revision }).catch((error: unknown) => {
      if (error instanceof StoreError && error.code === 'compacted') throw newExpiredList(call.query.continue === undefined ? undefined : startKey);
      throw storeFailure(error);
    });
    for (const [index, item] of result.items.entries()) {
      const object = objectOf(item);
      if ((selection.name !== undefined && object.metadata.name !== selection.name) || (selection.matches !== undefined && !selection.matches(object))) continue;
      items.push(present(endpoint, object));
      if (items.length < limit || limit <= 0) continue;
      const left = result.count - index - 1;
      if (left === 0) break;
      const remaining = selection.matches === undefined && selection.name === undefined ? left : undefined;
      return newList(call, items, revision, { revision, startKey: `${item.key.slice(prefix.length)}\0` }, remaining);
    }
    const last = result.items.at(-1);
    if (!result.more || last === undefined) return newList(call, items, revision);
    key = `${last.key}\0`;
  }
}

function newList(
  call: Call, items: readonly KubernetesObject[], revision: number, next?: ContinueToken, remaining?: number,
): KubernetesList {
  const { definition, apiVersion } = call.endpoint;
  return {
    kind: definition.listKind,
    apiVersion,
    metadata: {
      resourceVersion: String(revision),
      // Go writes it for the lists of custom resources, which have no type.
      ...(next !== undefined ? { continue: encodeContinue(next) } : definition.custom === undefined ? {} : { continue: '' }),
      ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
    },
    items,
  };
}

function listPrefix(call: Call, selection: Selection): string {
  const { cache, definition } = call.endpoint;
  return definition.namespaced && selection.namespace !== undefined && call.namespace !== '' ? `${cache.prefix}${selection.namespace}/` : cache.prefix;
}

function countOf(items: Iterable<unknown>): number {
  let count = 0;
  for (const _item of items) count++;
  return count;
}

/** Kubernetes: metainternalversion validation, ValidateListOptions. */
function checkListOptions({ query }: Call): void {
  if (query.continue && query.resourceVersion && query.resourceVersion !== '0') {
    throw newBadRequest('specifying resource version is not allowed when using continue');
  }
  const match = query.resourceVersionMatch;
  if (query.sendInitialEvents !== undefined) throw newInvalidError('meta.k8s.io', 'ListOptions', '', [forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')]);
  if (match === undefined) return;
  const refuse = (why: string) => newInvalidError('meta.k8s.io', 'ListOptions', '', [forbidden('resourceVersionMatch', why)]);
  if (query.continue) throw refuse('resourceVersionMatch is forbidden when continue is provided');
  if (query.resourceVersion === undefined || query.resourceVersion === '') throw refuse('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (match === 'Exact' && query.resourceVersion === '0') throw refuse('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
}
