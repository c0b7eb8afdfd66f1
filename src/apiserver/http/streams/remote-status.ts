import type { ExitResult } from '../../../client/index.ts';
import { StatusError } from '../../../api/index.ts';
import { encodeText, messageOf } from '../../../base/index.ts';

/** What the error stream of exec and attach says in the end. */
export interface RemoteStatus {
  readonly status: 'Success' | 'Failure';
  readonly message: string;
  readonly object: object;
}

const SUCCESS: RemoteStatus = { status: 'Success', message: '', object: { metadata: {}, status: 'Success' } };

/** A process's end as a Status: the exit code stands in a cause. Kubernetes: kubelet/pkg/cri/streaming/remotecommand, ServeExec. */
export function exitStatus({ exitCode }: ExitResult): RemoteStatus {
  if (exitCode === 0) return SUCCESS;
  const message = `command terminated with non-zero exit code: exit status ${exitCode}`;
  return {
    status: 'Failure',
    message,
    object: { metadata: {}, status: 'Failure', message, reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] } },
  };
}

/** A process that could not be run, or whose streams broke. */
export function failureStatus(error: unknown, what: string): RemoteStatus {
  const text = messageOf(error);
  const cause = error instanceof StatusError && error.code === 500 ? text.replace(/^Internal error occurred: /, '') : text;
  const inner = cause.startsWith('error ') ? cause : `${what}: ${cause}`;
  const message = `Internal error occurred: ${inner}`;
  return {
    status: 'Failure',
    message,
    object: { metadata: {}, status: 'Failure', message, reason: 'InternalError', details: { causes: [{ message: inner }] }, code: 500 },
  };
}

/** The bytes for the error stream: JSON since version 4 of the protocol, before that only the text of a failure. */
export function statusBytes(status: RemoteStatus, withObject: boolean): Uint8Array {
  return encodeText(withObject ? JSON.stringify(status.object) : status.message);
}
