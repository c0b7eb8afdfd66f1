import { Lab } from './lab.ts';
import { problemsAtRest } from './rest-checks.ts';
import { User } from './user.ts';

/** What kind of life a cluster has. Which actions and faults, and when, is the seed's to say. */
export interface Scenario {
  readonly name: string;
  /** User actions. */
  readonly actions: number;
  /** Whether things break. */
  readonly hasFaults: boolean;
}

export const busy: Scenario = { name: 'busy', actions: 30, hasFaults: true };
export const calm: Scenario = { name: 'calm', actions: 30, hasFaults: false };

export interface Outcome {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  /** Equal for equal seeds. */
  readonly fingerprint: string;
  readonly virtualMs: number;
}

/** The longest that a cluster may take to come to rest: five minutes of image or crash back-off, and of toleration, and some. */
const restMsMax = 15 * 60_000;
const restStepMs = 30_000;

/** One life of one cluster in virtual time, decided by the seed and the scenario alone. */
export async function simulate(seed: number, scenario: Scenario): Promise<Outcome> {
  const shape = seed % 4;
  const lab = new Lab({ seed, nodes: 1 + shape, syncMsMax: seed % 3 === 0 ? 20 : 0 });
  const startMs = lab.world.clock.nowMs();
  const unhandled = (error: unknown) => lab.violation(`unhandled rejection: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
  process.on('unhandledRejection', unhandled);
  let fingerprint = '';
  try {
    await lab.boot();
    await live(lab, scenario);
    fingerprint = await rest(lab);
    await lab.shutDown();
  } catch (error) {
    lab.violation(`the simulation broke: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
  } finally {
    await new Promise((resolve) => setImmediate(resolve)); // Node tells of rejections at the end of a turn
    process.off('unhandledRejection', unhandled);
  }
  return { violations: lab.violations, trace: lab.trace, fingerprint, virtualMs: lab.world.clock.nowMs() - startMs };
}

async function live(lab: Lab, scenario: Scenario): Promise<void> {
  const user = new User(lab);
  const { random } = lab;
  const off = new Set<string>();
  await lab.advance(random.next() * 3_000);
  if (scenario.hasFaults && random.next() < 0.5) lab.network.faults.slowShare = 0.1;
  while (user.count < scenario.actions) {
    const burst = random.next() < 0.3 ? 3 : 1;
    for (let index = 0; index < burst; index++) user.act();
    if (scenario.hasFaults && random.next() < 0.25) await breakSomething(lab, off);
    await lab.advance(waitMs(random.next(), random.next()));
  }
  if (scenario.hasFaults) await repair(lab, off);
  await lab.passUntil(user.heal());
}

/** Mostly moments, sometimes minutes. */
function waitMs(kind: number, length: number): number {
  return Math.floor(length * (kind < 0.4 ? 50 : kind < 0.8 ? 3_000 : kind < 0.97 ? 30_000 : 400_000));
}

async function breakSomething(lab: Lab, off: Set<string>): Promise<void> {
  const { random } = lab;
  const at = random.next();
  if (at < 0.3) return lab.note(`${lab.network.cutWatches(random.next())} watches cut`);
  if (at < 0.6) {
    const name = lab.nodeNames[Math.floor(random.next() * lab.nodes)] as string;
    if (off.delete(name)) {
      lab.note(`${name} switched on`);
      return lab.cluster.startNode(name);
    }
    off.add(name);
    lab.note(`${name} loses its power`);
    return lab.cluster.stopNode(name);
  }
  if (at < 0.65) {
    const ms = Math.floor(random.next() * 900_000);
    lab.note(`the clock jumps ${ms} ms`);
    return lab.world.clock.jump(ms);
  }
  if (at < 0.75) {
    lab.network.faults.slowShare = random.next() < 0.5 ? 0 : random.next() * 0.5;
    lab.network.faults.lostShare = random.next() < 0.6 ? 0 : random.next() * 0.3;
    return lab.note(`${Math.floor(lab.network.faults.slowShare * 100)}% of the requests are slow, ${Math.floor(lab.network.faults.lostShare * 100)}% get lost`);
  }
  if (at < 0.85) {
    if (random.next() < 0.7) lab.fillDisk();
    else lab.failNextSync();
    lab.note('the disk fails');
    await lab.advance(random.next() * 20_000);
  }
  if (at < 0.95) {
    for (let ticks = Math.floor(random.next() * 30); ticks > 0; ticks--) await Promise.resolve();
    lab.note('the host loses its power');
    await lab.crash();
  } else {
    lab.note('the host is shut down');
    await lab.shutDown();
  }
  await restart(lab, off);
}

async function restart(lab: Lab, off: Set<string>): Promise<void> {
  if (lab.random.next() < 0.5) await lab.advance(lab.random.next() * 60_000);
  const { slowShare, lostShare } = lab.network.faults;
  await lab.boot();
  Object.assign(lab.network.faults, { slowShare, lostShare });
  off.clear();
  lab.note('the host is back');
}

async function repair(lab: Lab, off: Set<string>): Promise<void> {
  lab.network.faults.slowShare = 0;
  lab.network.faults.lostShare = 0;
  for (const name of off) lab.cluster.startNode(name);
  lab.note('everything is whole again');
}

/** Waits until nothing is wrong any more, and says what still is. */
async function rest(lab: Lab): Promise<string> {
  let problems: readonly string[] = [];
  for (let waitedMs = 0; waitedMs < restMsMax; waitedMs += restStepMs) {
    await lab.advance(restStepMs);
    problems = await problemsAtRest(lab);
    if (problems.length === 0) break;
  }
  for (const problem of problems) lab.violation(problem);
  await checkQuiet(lab);
  return lab.fingerprint();
}

/** A cluster at rest writes leases and little else: a part that writes without end is caught here. */
async function checkQuiet(lab: Lab): Promise<void> {
  const before = lab.model.acknowledgedRevision;
  await lab.advance(60_000);
  const writes = lab.model.acknowledgedRevision - before;
  const pods = (await lab.admin.list('pods')).length;
  const most = 8 * lab.nodes + 20 * pods + 20; // pods that fail write, too
  if (writes > most) lab.violation(`${writes} writes in a quiet minute, ${most} are the most for ${lab.nodes} nodes and ${pods} pods: ${lab.model.busiestSince(before)}`);
}
