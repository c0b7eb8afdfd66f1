import { ageColumn, nameColumn } from '../printers/columns.ts';
import type { ServiceAccount } from '../types.ts';
import { defineResource } from './define.ts';
import { nameIsDnsSubdomain, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { mapShared } from './strategy-parts.ts';

const enforceMountableSecrets = 'kubernetes.io/enforce-mountable-secrets';

/** Kubernetes: pkg/registry/core/serviceaccount. */
export const serviceAccounts = defineResource<ServiceAccount>({
  group: '', resource: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true, shortNames: ['sa'], schema: 'io.k8s.api.core.v1.ServiceAccount',
  subresources: [{ name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] }],
  columns: [
    nameColumn,
    ageColumn,
  ],
  strategy: {
    defaults: (account) => account,
    prepareForCreate: withPlainSecrets,
    prepareForUpdate: (next) => withPlainSecrets(next),
    validateCreate: (account) => validateObjectMeta(account.metadata, true, nameIsDnsSubdomain),
    validateUpdate: (next, old) => [
      ...validateObjectMetaUpdate(next.metadata, old.metadata), ...validateObjectMeta(next.metadata, true, nameIsDnsSubdomain),
    ],
    warnings(account) {
      if (account.metadata.annotations?.[enforceMountableSecrets] === undefined) return [];
      return [`metadata.annotations[${enforceMountableSecrets}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`];
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Of a reference to a secret only the name counts. Kubernetes: cleanSecretReferences. */
function withPlainSecrets(account: ServiceAccount): ServiceAccount {
  if (!account.secrets) return account;
  const secrets = mapShared(account.secrets, (secret) => {
    const isPlain = Object.keys(secret).every((key) => key === 'name');
    return isPlain ? secret : { ...(secret.name === undefined ? {} : { name: secret.name }) };
  });
  return secrets === account.secrets ? account : { ...account, secrets };
}
