import type { Container } from '../../api/index.ts';
import { ContainerConfigError, expand } from './environment.ts';

/**
 * Where in a volume a mount begins, with the container's variables in place of their names; undefined: at its root. Throws
 * ContainerConfigError where a variable has no value or the path leads out of the volume. Kubernetes: kubelet_pods.go, makeMounts.
 */
export function resolveSubPath({ subPath, subPathExpr }: NonNullable<Container['volumeMounts']>[number], environment: ReadonlyMap<string, string>): string | undefined {
  const path = subPathExpr === undefined || subPathExpr === '' ? subPath : expandPath(subPathExpr, environment);
  if (path === undefined || path === '') return undefined;
  if (path.startsWith('/')) throw new ContainerConfigError(`error SubPath \`${path}\` must not be an absolute path`);
  if (path.split('/').includes('..')) throw new ContainerConfigError(`unable to provision SubPath \`${path}\`: must not contain '..'`);
  return path;
}

function expandPath(text: string, environment: ReadonlyMap<string, string>): string {
  const missing = new Set<string>();
  const path = expand(text, (name) => {
    const value = environment.get(name) ?? '';
    if (value === '') missing.add(name);
    return value;
  });
  if (missing.size > 0) throw new ContainerConfigError(`missing value for ${[...missing].sort().join(', ')}`);
  return path;
}
