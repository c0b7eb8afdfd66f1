/**
 * Calls run count times, in batches of 1, 2, 4, … so that a creation that always fails does not flood the server.
 * Stops after the first batch with a failure and gives back how many calls succeeded. Kubernetes: slowStartBatch.
 */
export async function slowStartBatch(count: number, run: () => Promise<unknown>): Promise<{ readonly successes: number; readonly error?: unknown }> {
  let successes = 0;
  for (let batch = Math.min(count, 1), remaining = count; batch > 0; batch = Math.min(2 * batch, remaining)) {
    const results = await Promise.allSettled(Array.from({ length: batch }, run));
    const failed = results.find((result) => result.status === 'rejected');
    successes += results.filter((result) => result.status === 'fulfilled').length;
    if (failed !== undefined) return { successes, error: failed.reason };
    remaining -= batch;
  }
  return { successes };
}
