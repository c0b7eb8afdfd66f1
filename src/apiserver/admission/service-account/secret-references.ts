import type { Container, Pod, PodSpec, ServiceAccount } from '../../../api/index.ts';

const ENFORCE = 'kubernetes.io/enforce-mountable-secrets';
/** Kubernetes: strconv.ParseBool. */
const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/** True where pods of the account may only use the secrets that it lists. */
export function limitsSecrets({ metadata }: ServiceAccount): boolean {
  return TRUE.has(metadata.annotations?.[ENFORCE] ?? '');
}

/** The first use of a secret that the account does not list. Kubernetes: limitSecretReferences. */
export function unlistedSecret({ spec }: Pod, account: ServiceAccount): string | undefined {
  const listed = new Set((account.secrets ?? []).map(({ name }) => name));
  const { name } = account.metadata;
  const volume = spec.volumes?.find(({ secret }) => secret !== undefined && !listed.has(secret.secretName));
  if (volume !== undefined) return `volume with secret.secretName="${volume.secret?.secretName ?? ''}" is not allowed because service account ${name} does not reference that secret`;
  const ofContainers = unlistedIn(spec.initContainers ?? [], 'init container', listed, name) ?? unlistedIn(spec.containers, 'container', listed, name);
  if (ofContainers !== undefined) return ofContainers;
  const pullable = new Set((account.imagePullSecrets ?? []).map((reference) => reference.name));
  const index = (spec.imagePullSecrets ?? []).findIndex((reference) => !pullable.has(reference.name));
  if (index < 0) return undefined;
  return `imagePullSecrets[${index}].name="${spec.imagePullSecrets?.[index]?.name ?? ''}" is not allowed because service account ${name} does not reference that imagePullSecret`;
}

/** The same for the containers that a pod is debugged with. Kubernetes: limitEphemeralContainerSecretReferences. */
export function unlistedEphemeralSecret({ ephemeralContainers = [] }: PodSpec, account: ServiceAccount): string | undefined {
  return unlistedIn(ephemeralContainers, 'ephemeral container', new Set((account.secrets ?? []).map(({ name }) => name)), account.metadata.name);
}

function unlistedIn(containers: readonly Container[], what: string, listed: ReadonlySet<string | undefined>, account: string): string | undefined {
  for (const { name, env = [], envFrom = [] } of containers) {
    const why = (secret: string | undefined) => `referencing secret.secretName="${secret ?? ''}" is not allowed because service account ${account} does not reference that secret`;
    const variable = env.find(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined && !listed.has(valueFrom.secretKeyRef.name));
    if (variable !== undefined) return `${what} ${name} with envVar ${variable.name} ${why(variable.valueFrom?.secretKeyRef?.name)}`;
    const source = envFrom.find(({ secretRef }) => secretRef !== undefined && !listed.has(secretRef.name));
    if (source !== undefined) return `${what} ${name} with envFrom ${why(source.secretRef?.name)}`;
  }
  return undefined;
}
