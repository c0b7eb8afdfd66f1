import { describe, expect, it } from 'vitest';
import { busy, calm, type Scenario, simulate } from './simulate.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 200);
const ONLY = process.env['SEED'];

const scenarioOf = (seed: number): Scenario => (seed % 5 === 0 ? calm : busy);

/** Runs one seed; what is wrong with it, with the command that shows it again. */
async function failureOf(seed: number): Promise<string | undefined> {
  const { violations, trace } = await simulate(seed, scenarioOf(seed));
  if (ONLY !== undefined) console.log(trace.join('\n'));
  if (violations.length === 0) return undefined;
  return [`SEED=${seed} npx vitest run test/simulation/simulation.test.ts`, ...violations.slice(0, 10), '… the last it did:', ...trace.slice(-25)].join('\n');
}

describe('A whole cluster in virtual time', () => {
  it(`keeps its promises whatever users and faults do (${ONLY === undefined ? `${SEEDS} seeds` : `seed ${ONLY}`})`, { timeout: 3_600_000 }, async () => {
    const failures: string[] = [];
    const seeds = ONLY === undefined ? Array.from({ length: SEEDS }, (_, index) => index + 1) : [Number(ONLY)];
    for (const seed of seeds) {
      const failure = await failureOf(seed);
      if (failure !== undefined) failures.push(failure);
    }
    expect(failures.join('\n\n')).toBe('');
  });

  it('is decided by its seed alone', async () => {
    for (const seed of [2, 3, 5]) {
      const [first, second] = [await simulate(seed, scenarioOf(seed)), await simulate(seed, scenarioOf(seed))];
      expect({ seed, fingerprint: second.fingerprint, trace: second.trace }).toEqual({ seed, fingerprint: first.fingerprint, trace: first.trace });
    }
  });
});
