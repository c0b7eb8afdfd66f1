import { expect, test } from 'vitest';
import { drydockOutcome, readSteps, upstreamOutcome } from './golden.ts';
import { startCustom } from './harness.ts';

const server = await startCustom();

test.each(readSteps('definitions.json'))('a definition is answered as kube-apiserver does: $name', async (step) => {
  expect(await drydockOutcome(server, step)).toEqual(upstreamOutcome(step));
});
