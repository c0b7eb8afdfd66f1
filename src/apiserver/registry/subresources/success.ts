import type { Status } from '../../../api/index.ts';

/** The answer of a request that has no object to show. */
export function successStatus(code: number): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code };
}
