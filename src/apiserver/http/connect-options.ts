import { booleanParameter, type QueryParameters, textParameter } from './query.ts';
import type { ResourcePath } from './request-path.ts';

const PROXY_KINDS: Readonly<Record<string, string>> = { pods: 'PodProxyOptions', services: 'ServiceProxyOptions', nodes: 'NodeProxyOptions' };
const RUN_KINDS: Readonly<Record<string, string>> = { exec: 'PodExecOptions', attach: 'PodAttachOptions' };

/** What admission gets to see of a connection; undefined: it is none of its business, as with logs. Kubernetes: rest.Connecter.NewConnectOptions. */
export function connectOptions({ resource, subresource, rest }: ResourcePath, parameters: QueryParameters): object | undefined {
  switch (subresource) {
    case 'proxy':
      return { kind: PROXY_KINDS[resource], apiVersion: 'v1', ...(rest === '' ? {} : { path: rest }) };
    case 'portforward': {
      const ports = (parameters.get('ports') ?? []).flatMap((text) => text.split(',')).map(Number).filter((port) => Number.isInteger(port));
      return { kind: 'PodPortForwardOptions', apiVersion: 'v1', ...(ports.length === 0 ? {} : { ports }) };
    }
    case 'exec': case 'attach': {
      const container = textParameter(parameters, 'container') ?? '';
      const command = parameters.get('command') ?? [];
      return {
        kind: RUN_KINDS[subresource], apiVersion: 'v1',
        ...flag(parameters, 'stdin'), ...flag(parameters, 'stdout'), ...flag(parameters, 'stderr'), ...flag(parameters, 'tty'),
        ...(container === '' ? {} : { container }), ...(command.length === 0 || subresource === 'attach' ? {} : { command }),
      };
    }
    default:
      return undefined;
  }
}

function flag(parameters: QueryParameters, name: string): object {
  return booleanParameter(parameters, name) === true ? { [name]: true } : {};
}
