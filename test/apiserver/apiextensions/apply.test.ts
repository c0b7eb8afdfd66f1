import { describe, expect, test } from 'vitest';
import { drydockOutcome, readSteps, upstreamOutcome, VARIABLE_BUT_OWNERS } from './golden.ts';
import { startCustom } from './harness.ts';

const server = await startCustom();
let lastRevision = '';

describe('configurations are applied as kube-apiserver does, one request after the other', () => {
  test.each(readSteps('apply.json'))('$name', async (step) => {
    // An update names the revision at hand.
    const body = JSON.parse(JSON.stringify(step.body ?? null).replace('"resourceVersion":"X"', `"resourceVersion":"${lastRevision}"`)) as unknown;
    const outcome = await drydockOutcome(server, step.body === undefined ? step : { ...step, body }, VARIABLE_BUT_OWNERS);
    await server.settle();
    const definition = await server.definitions({ verb: 'get', name: 'applied.crd.example.com' }).catch(() => undefined);
    lastRevision = definition?.metadata.resourceVersion ?? '';
    expect(outcome).toEqual(upstreamOutcome(step, VARIABLE_BUT_OWNERS));
  });
});
