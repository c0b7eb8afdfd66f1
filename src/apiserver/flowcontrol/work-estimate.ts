import type { RequestInfo } from './match.ts';

/** How many seats a request takes, and which of them for how long after its answer. Kubernetes: request.WorkEstimate. */
export interface WorkEstimate {
  readonly initialSeats: number;
  readonly finalSeats: number;
  /** For how long finalSeats are held after the answer, while watches are told. */
  readonly additionalSeconds: number;
}

/** What is stored of a resource. */
export interface ObjectStats {
  readonly count: number;
  readonly averageBytes: number;
}

export interface EstimateSources {
  /** Undefined where nobody knows the resource. */
  stats(group: string, resource: string): ObjectStats | undefined;
  watchers(request: RequestInfo): number;
}

/** The parameters of a query, by name. */
export type Query = ReadonlyMap<string, readonly string[]>;

export const ONE_SEAT: WorkEstimate = { initialSeats: 1, finalSeats: 0, additionalSeconds: 0 };

const BYTES_PER_SEAT = 100_000;
/** What a list from memory has at hand at a time. */
const CACHE_BYTES_MAX = 1_000_000;
const LIST_SEATS_MAX = 100;
const WRITE_SEATS_MAX = 10;
const WATCHES_PER_SEAT = 10;
const EVENT_SECONDS = 0.005;

/** What a request is worth. levelSeatsMax: 0 where its level has no limit of its own. Kubernetes: util/flowcontrol/request. */
export function estimateWork(request: RequestInfo, query: Query, levelSeatsMax: number, sources: EstimateSources): WorkEstimate {
  switch (request.isResource ? request.verb : '') {
    case 'list': case 'watch':
      return estimateList(request, query, levelSeatsMax, sources);
    case 'create': case 'update': case 'patch': case 'delete':
      return estimateWrite(request, levelSeatsMax, sources);
    default:
      return ONE_SEAT;
  }
}

function estimateList(request: RequestInfo, query: Query, levelSeatsMax: number, sources: EstimateSources): WorkEstimate {
  const text = (name: string) => query.get(name)?.[0] ?? '';
  const version = text('resourceVersion');
  // A watch that goes on from where one was has nothing to send first.
  if (request.verb === 'watch' && text('sendInitialEvents') !== 'true' && version !== '' && version !== '0') return ONE_SEAT;
  const stats = sources.stats(request.group, request.resource);
  if (stats === undefined || stats.count === 0) return ONE_SEAT;
  const limit = Number(text('limit'));
  const limited = limit > 0 && limit < stats.count ? limit : stats.count;
  const fromCache = request.verb === 'watch' || !isReadFromStore(text, limit, version);
  let objects = limited;
  if (request.name !== '') objects = 1;
  else if (!fromCache && (text('fieldSelector') !== '' || text('labelSelector') !== '')) objects = Math.max(limited, Math.floor(stats.count / 2));
  const bytes = objects * stats.averageBytes;
  const seats = Math.ceil((fromCache ? Math.min(bytes, CACHE_BYTES_MAX) : bytes) / BYTES_PER_SEAT);
  const seatsMax = levelSeatsMax === 0 ? LIST_SEATS_MAX : Math.min(levelSeatsMax, LIST_SEATS_MAX);
  return seats <= 1 ? ONE_SEAT : { initialSeats: Math.min(seats, seatsMax), finalSeats: 0, additionalSeconds: 0 };
}

/** Kubernetes: storage/cacher/delegator, ShouldDelegateList. */
function isReadFromStore(text: (name: string) => string, limit: number, version: string): boolean {
  const match = text('resourceVersionMatch');
  if (match !== '') return match !== 'NotOlderThan';
  return text('continue') !== '' || (limit > 0 && version !== '' && version !== '0');
}

function estimateWrite(request: RequestInfo, levelSeatsMax: number, sources: EstimateSources): WorkEstimate {
  if (request.resource === 'serviceaccounts' && request.subresource === 'token') return ONE_SEAT;
  const watchers = sources.watchers(request);
  if (watchers < WATCHES_PER_SEAT) return ONE_SEAT;
  const wanted = Math.ceil(watchers / WATCHES_PER_SEAT);
  const finalSeats = Math.min(wanted, levelSeatsMax === 0 ? WRITE_SEATS_MAX : Math.min(levelSeatsMax, WRITE_SEATS_MAX));
  return { initialSeats: 1, finalSeats, additionalSeconds: wanted * EVENT_SECONDS / finalSeats };
}

/** The seats that a request holds at most. */
export function seatsOf({ initialSeats, finalSeats }: WorkEstimate): number {
  return Math.max(initialSeats, finalSeats);
}
