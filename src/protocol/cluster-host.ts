import { parseCount, parseFields, parseText, ProtocolError } from './parse.ts';

/** The one JSON line that the cluster host writes to stdout once the API server answers. Everything else it says goes to stderr. */
export interface ClusterReady {
  readonly ready: true;
  /** https://127.0.0.1:PORT */
  readonly server: string;
  /** Path of the kubeconfig that the host has written. */
  readonly kubeconfig: string;
  readonly pid: number;
}

/** The ready line, checked. Throws ProtocolError. */
export function parseClusterReady(line: string): ClusterReady {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    throw new ProtocolError('the cluster host wrote a line that is not JSON');
  }
  const fields = parseFields(message);
  if (fields['ready'] !== true) throw new ProtocolError('the cluster host did not say that it is ready');
  return { ready: true, server: parseText(fields, 'server'), kubeconfig: parseText(fields, 'kubeconfig'), pid: parseCount(fields, 'pid') };
}
