import { parse } from 'yaml';

/** What a kubeconfig's current context says, ready for a TLS connection. */
export interface ClusterCredentials {
  /** e.g. https://127.0.0.1:6443 */
  readonly server: string;
  /** PEM. */
  readonly certificateAuthority?: string;
  /** PEM. */
  readonly clientCertificate?: string;
  /** PEM. */
  readonly clientKey?: string;
  readonly token?: string;
  /** Namespace of the context. */
  readonly namespace: string;
  readonly context: string;
}

/** Reads the current context of a kubeconfig whose certificates are in it (as the cluster host writes it). Throws where it names nothing. */
export function parseKubeconfig(text: string): ClusterCredentials {
  const config: unknown = parse(text);
  const contextName = textOf(config, 'current-context') ?? '';
  const context = named(config, 'contexts', contextName, 'context');
  const cluster = named(config, 'clusters', textOf(context, 'cluster') ?? '', 'cluster');
  const user = named(config, 'users', textOf(context, 'user') ?? '', 'user');
  const server = textOf(cluster, 'server');
  if (server === undefined) throw new Error('the kubeconfig names no server');
  return {
    server, context: contextName, namespace: textOf(context, 'namespace') ?? 'default',
    ...decoded(cluster, 'certificate-authority-data', 'certificateAuthority'),
    ...decoded(user, 'client-certificate-data', 'clientCertificate'),
    ...decoded(user, 'client-key-data', 'clientKey'),
    ...(textOf(user, 'token') === undefined ? {} : { token: textOf(user, 'token') as string }),
  };
}

function decoded<K extends string>(from: unknown, field: string, name: K): { readonly [key in K]?: string } {
  const text = textOf(from, field);
  return text === undefined ? {} : { [name]: Buffer.from(text, 'base64').toString('utf8') } as { readonly [key in K]?: string };
}

function named(config: unknown, list: string, name: string, field: string): unknown {
  const items = fieldOf(config, list);
  return Array.isArray(items) ? fieldOf(items.find((item: unknown) => textOf(item, 'name') === name), field) : undefined;
}

const fieldOf = (value: unknown, field: string): unknown => (typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[field] : undefined);
const textOf = (value: unknown, field: string): string | undefined => {
  const text = fieldOf(value, field);
  return typeof text === 'string' ? text : undefined;
};
