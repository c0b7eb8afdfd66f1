import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { allocateConcurrency } from '../../../src/apiserver/flowcontrol/allocate-concurrency.ts';
import { type FlowRequest, QueueSet } from '../../../src/apiserver/flowcontrol/queue-set.ts';
import { RetryAfter } from '../../../src/apiserver/flowcontrol/retry-after.ts';
import { dealHand, hashFlow } from '../../../src/apiserver/flowcontrol/shuffle-sharding.ts';
import { ONE_SEAT, type WorkEstimate } from '../../../src/apiserver/flowcontrol/work-estimate.ts';
import { createSeededRandom } from '../../../src/world/simulated/index.ts';

const INFO = { isResource: true, verb: 'get', path: '', group: '', version: 'v1', resource: 'pods', subresource: '', namespace: '', name: '' };

/** Queues of one priority level, whose requests take as long as the test says. */
function openQueues(queues: number, seats: number, queueLengthLimit = 50) {
  const begun: string[] = [];
  let nowMs = 0;
  const set = new QueueSet({ dispatched: (request) => begun.push(request.flowDistinguisher), demand: () => {} }, 0);
  set.configure({ queues, queueLengthLimit }, seats, 0);
  return {
    set, begun,
    advance: (ms: number) => {
      nowMs += ms;
    },
    start: (flow: string, hand: readonly number[], estimate: WorkEstimate = ONE_SEAT) => (
      set.start({ flowSchemaName: 'schema', flowDistinguisher: flow, userName: flow, info: INFO, estimate }, hand, nowMs)
    ),
    finish: (request: FlowRequest) => set.finish(request, nowMs),
    release: (request: FlowRequest) => set.release(request, nowMs),
    cancel: (request: FlowRequest) => set.cancel(request, nowMs),
    configure: (count: number, max: number) => set.configure({ queues: count, queueLengthLimit }, max, nowMs),
  };
}

describe('the queues of a priority level', () => {
  it('let in as many as there are seats, and the others in the order in which they came', () => {
    const queues = openQueues(1, 2);
    const requests = ['a', 'b', 'c', 'd'].map((flow) => queues.start(flow, [0]).request);
    expect(requests.map(({ state }) => state)).toEqual(['executing', 'executing', 'waiting', 'waiting']);
    queues.advance(10);
    queues.finish(requests[0]!);
    queues.finish(requests[1]!);
    expect([requests.map(({ state }) => state), queues.begun]).toEqual([['finished', 'finished', 'executing', 'executing'], ['a', 'b', 'c', 'd']]);
  });

  it('serve a flow that asks for little as soon as one that floods them', () => {
    const queues = openQueues(2, 1);
    const running: FlowRequest[] = [];
    const note = ({ request }: { readonly request: FlowRequest }) => void running.push(request);
    for (let count = 0; count < 20; count++) note(queues.start('flood', [0]));
    queues.advance(5);
    for (let count = 0; count < 3; count++) note(queues.start('little', [1]));
    for (let round = 0; round < 22; round++) {
      queues.advance(10);
      queues.finish(running.find(({ state }) => state === 'executing')!);
    }
    // The one that runs when it comes, then turn by turn.
    expect(queues.begun.slice(0, 8)).toEqual(['flood', 'little', 'flood', 'little', 'flood', 'little', 'flood', 'flood']);
    expect(queues.set.waiting).toBe(0);
  });

  it('turn away who finds its queue full and no seat', () => {
    const queues = openQueues(2, 1, 2);
    const outcomes = ['a', 'b', 'c', 'd'].map((flow) => queues.start(flow, [0]).rejected);
    expect(outcomes).toEqual([undefined, undefined, undefined, 'queue-full']);
    expect(queues.start('e', [1]).rejected).toBeUndefined();
    expect([queues.set.rejectedTotal, queues.set.waiting]).toEqual([1, 3]);
  });

  it('without queues turn away who finds no seat, but let one alone that is wider than all of them', () => {
    const queues = openQueues(0, 2);
    const wide: WorkEstimate = { initialSeats: 5, finalSeats: 0, additionalSeconds: 0 };
    const first = queues.start('wide', [], wide).request;
    expect([first.state, queues.start('a', []).rejected]).toEqual(['executing', 'concurrency-limit']);
    queues.finish(first);
    expect([queues.start('a', []).request.state, queues.start('wide', [], wide).rejected]).toEqual(['executing', 'concurrency-limit']);
  });

  it('keep the seats of a write until watches have been told', () => {
    const queues = openQueues(1, 2);
    const write = queues.start('write', [0], { initialSeats: 1, finalSeats: 2, additionalSeconds: 0.005 }).request;
    const next = queues.start('next', [0]).request;
    expect([queues.set.seatsInUse, queues.finish(write), queues.set.seatsInUse, next.state]).toEqual([2, 0.005, 2, 'waiting']);
    queues.advance(5);
    queues.release(write);
    expect([queues.set.seatsInUse, next.state]).toEqual([1, 'executing']);
  });

  it('forget who waits no longer', () => {
    const queues = openQueues(1, 1);
    const [first, second, third] = ['a', 'b', 'c'].map((flow) => queues.start(flow, [0]).request);
    expect([queues.cancel(second!), queues.cancel(second!), queues.cancel(first!)]).toEqual([true, false, false]);
    queues.finish(first!);
    expect([second!.state, third!.state, queues.set.cancelledTotal]).toEqual(['rejected', 'executing', 1]);
  });

  it('that are too many go once they are empty', () => {
    const queues = openQueues(4, 1);
    const first = queues.start('a', [3]).request;
    const second = queues.start('b', [2]).request;
    queues.configure(2, 1);
    expect(queues.set.queues.length).toBe(4);
    queues.finish(first);
    queues.finish(second);
    expect([queues.set.queues.length, queues.set.queues.map(({ index }) => index), queues.set.isIdle]).toEqual([2, [0, 1], true]);
  });

  it('never lose a request or a seat, whatever happens', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = createSeededRandom(seed);
      const pick = (count: number) => Math.floor(random.next() * count);
      let seats = 1 + pick(5);
      let count = 4;
      const queues = openQueues(4, seats, 5);
      const requests: FlowRequest[] = [];
      const lingering: FlowRequest[] = [];
      for (let step = 0; step < 300; step++) {
        queues.advance(pick(5));
        const executing = requests.filter(({ state }) => state === 'executing');
        const waiting = requests.filter(({ state }) => state === 'waiting');
        switch (pick(6)) {
          case 0: case 1: case 2:
            requests.push(queues.start(`flow-${pick(3)}`, dealHand(BigInt(pick(1000)), count, 2), { initialSeats: 1 + pick(2), finalSeats: pick(3), additionalSeconds: pick(2) * 0.005 }).request);
            break;
          case 3: {
            const request = executing[pick(executing.length)];
            if (request !== undefined && queues.finish(request) > 0) lingering.push(request);
            break;
          }
          case 4: {
            const request = lingering.splice(pick(lingering.length), 1)[0] ?? waiting[pick(waiting.length)];
            if (request?.state === 'lingering') queues.release(request);
            else if (request !== undefined) queues.cancel(request);
            break;
          }
          default:
            seats = 1 + pick(5);
            count = 2 + pick(3);
            queues.configure(count, seats);
        }
        const of = (...states: readonly string[]) => requests.filter(({ state }) => states.includes(state));
        const sum = (some: readonly FlowRequest[]) => some.reduce((total, request) => total + request.seats, 0);
        const { set } = queues;
        expect([set.waiting, set.executing, set.seatsInUse, set.seatsWaiting]).toEqual([of('waiting').length, of('executing').length, sum(of('executing', 'lingering')), sum(of('waiting'))]);
        expect(set.queues.reduce((total, queue) => total + queue.waiting.length, 0)).toBe(set.waiting);
        // Nobody waits beside a seat that it could have.
        const oldest = set.queues.flatMap(({ waiting: [first] }) => first ?? []);
        if (oldest.length > 0) expect(oldest.some((request) => set.seatsInUse + request.seats > seats || set.seatsInUse >= seats)).toBe(true);
      }
    }
  });
});

describe('shuffle sharding', () => {
  const hands = readFileSync(path.join(import.meta.dirname, 'testdata', 'hands.txt'), 'utf8').trim().split('\n');

  it('deals the hands that upstream deals', () => {
    const dealt = hands.map((line) => {
      const [hash = '', deck, size] = line.split(' ');
      return `${hash} ${deck} ${size} [${dealHand(BigInt(hash), Number(deck), Number(size)).join(' ')}]`;
    });
    expect(dealt).toEqual(hands);
  });

  it('gives flows hands of their own', () => {
    const flows = Array.from({ length: 200 }, (_, index) => dealHand(hashFlow('schema', `user-${index}`), 128, 6).join());
    expect(new Set(flows).size).toBe(200);
    expect(new Set(flows.flatMap((hand) => hand.split(','))).size).toBe(128);
  });
});

describe('the division of seats', () => {
  it('gives each the same proportion of its target, as far as its bounds let it', () => {
    const random = createSeededRandom(7);
    for (let round = 0; round < 200; round++) {
      const items = Array.from({ length: 1 + Math.floor(random.next() * 8) }, () => {
        const lower = Math.floor(random.next() * 20);
        return { lower, upper: lower + Math.floor(random.next() * 40), target: lower + random.next() * 30 };
      });
      const low = items.reduce((sum, { lower }) => sum + lower, 0);
      const high = items.reduce((sum, { upper }) => sum + upper, 0);
      const wanted = Math.round(low + random.next() * (high - low));
      const allocation = allocateConcurrency(wanted, items)!;
      expect(allocation.seats.reduce((sum, seats) => sum + seats, 0)).toBeCloseTo(wanted, 5);
      items.forEach(({ lower, upper, target }, index) => {
        const fair = allocation.fairProportion * Math.max(target, 0.001);
        const seats = allocation.seats[index]!;
        if (wanted !== 0 && wanted !== low && wanted !== high) expect(seats).toBeCloseTo(Math.max(lower, Math.min(upper, fair)), 5);
        expect(seats >= lower - 1e-6 && seats <= upper + 1e-6).toBe(true);
      });
    }
  });

  it('says where it is impossible', () => {
    expect([allocateConcurrency(5, [{ lower: 6, upper: 9, target: 7 }]), allocateConcurrency(10, [{ lower: 6, upper: 9, target: 7 }]), allocateConcurrency(8, [{ lower: 6, upper: 9, target: 5 }])]).toEqual([undefined, undefined, undefined]);
  });
});

describe('Retry-After', () => {
  it('grows while many are turned away, and falls when it is over', () => {
    const retryAfter = new RetryAfter();
    const seen: number[] = [];
    for (let second = 1; second <= 80; second++) {
      const dropped = second < 20 ? 30 : second % 4 === 0 ? 1 : 0;
      for (let count = 0; count < dropped; count++) retryAfter.noteDropped(second * 1000);
      if (dropped > 0) seen.push(retryAfter.seconds);
    }
    // Eight times in 32 seconds is less than once in one.
    expect(seen).toEqual([
      1, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 16, 16, 16, 16, 16, 16, 16, 32, 32, 32, 32, 32, 31, 30, 29, 28, 27, 26, 25, 24,
    ]);
  });
});
