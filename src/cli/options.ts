import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../base/index.ts';

/** More nodes than a laptop's lab needs; each costs a kubelet. */
const NODES_MAX = 100;
const PORT_MAX = 65_535;

/** What `drydock up` was asked for. */
export interface UpOptions {
  readonly nodes: number;
  /** undefined: in memory only. */
  readonly dataFolder: string | undefined;
  /** 0 is a free port (with a data folder: the one of last time, where it is free). */
  readonly port: number;
  readonly kubeconfigFile: string | undefined;
  readonly unknownImages: 'error' | 'placeholder';
  /** Says what is recorded of requests to the API server; undefined: nothing. */
  readonly auditPolicyFile: string | undefined;
  /** undefined: in the data folder. */
  readonly auditLogFile: string | undefined;
  /** Whether learners' own programs may run. */
  readonly trusted: boolean;
  /** A file of static tokens. */
  readonly tokenFile: string | undefined;
  /** A file with an AuthenticationConfiguration. */
  readonly authenticationFile: string | undefined;
}

/** The user's flags cannot be understood. The message is one line for the user. */
export class UsageError extends Error {}

export const USAGE = `drydock up [--nodes N] [--data-dir DIR | --memory] [--port PORT] [--kubeconfig FILE]
           [--unknown-images error|placeholder] [--untrusted]
           [--audit-policy-file FILE [--audit-log-path FILE]]
           [--token-auth-file FILE] [--authentication-config FILE]

  --nodes N           nodes in the cluster, 1 to ${NODES_MAX} (default 3)
  --data-dir DIR      where the cluster's state lives (default ~/.drydock/lab)
  --memory            keep no state
  --port PORT         the API server's port on 127.0.0.1 (default 0, a free one)
  --kubeconfig FILE   where to write the kubeconfig (default: in the data folder)
  --unknown-images    what a pod with an image that the lab does not have gets:
                      an error as from a registry, or a named placeholder
  --audit-policy-file what to record of requests to the API server (default: nothing)
  --audit-log-path    where to (default: audit/audit.log in the data folder)
  --untrusted         start no programs of pods as processes of this machine
  --token-auth-file FILE
                      lines of token,user,uid,"group1,group2" that may log in
  --authentication-config FILE
                      an AuthenticationConfiguration (apiserver.config.k8s.io/v1):
                      OpenID Connect issuers whose tokens are taken

It prints one JSON line when the cluster is ready and runs until SIGINT or SIGTERM.`;

/** Reads the flags behind `up`. Throws UsageError. */
export function parseUpOptions(args: readonly string[]): UpOptions {
  const values = parse(args);
  if (values.memory === true && values['data-dir'] !== undefined) throw new UsageError('--memory and --data-dir exclude each other');
  if (values['audit-log-path'] !== undefined && values['audit-policy-file'] === undefined) throw new UsageError('--audit-log-path needs --audit-policy-file');
  const unknownImages = values['unknown-images'] ?? 'error';
  if (unknownImages !== 'error' && unknownImages !== 'placeholder') throw new UsageError(`--unknown-images takes error or placeholder, not ${quote(unknownImages)}`);
  return {
    nodes: parseNumber('--nodes', values.nodes ?? '3', 1, NODES_MAX),
    dataFolder: values.memory === true ? undefined : path.resolve(values['data-dir'] ?? path.join(homedir(), '.drydock', 'lab')),
    port: parseNumber('--port', values.port ?? '0', 0, PORT_MAX),
    kubeconfigFile: fileOf(values.kubeconfig),
    unknownImages,
    auditPolicyFile: optionalPath(values['audit-policy-file']),
    auditLogFile: optionalPath(values['audit-log-path']),
    trusted: values.untrusted !== true,
    tokenFile: fileOf(values['token-auth-file']),
    authenticationFile: fileOf(values['authentication-config']),
  };
}

function fileOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : path.resolve(value);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        nodes: { type: 'string' }, 'data-dir': { type: 'string' }, memory: { type: 'boolean' }, port: { type: 'string' },
        'token-auth-file': { type: 'string' }, 'authentication-config': { type: 'string' }, kubeconfig: { type: 'string' }, 'unknown-images': { type: 'string' }, untrusted: { type: 'boolean' },
        'audit-policy-file': { type: 'string' }, 'audit-log-path': { type: 'string' },
      },
    }).values;
  } catch (error) {
    const [firstSentence] = messageOf(error).split('. ');
    throw new UsageError(firstSentence as string);
  }
}

function optionalPath(text: string | undefined): string | undefined {
  return text === undefined ? undefined : path.resolve(text);
}

function parseNumber(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) throw new UsageError(`${flag} takes a number from ${least} to ${most}, not ${quote(text)}`);
  return value;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
