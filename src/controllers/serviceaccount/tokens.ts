import { decodeBase64, DisposableStore, encodeBase64, encodeText } from '../../base/index.ts';
import { hasReason, type Secret, secrets, type ServiceAccount, serviceAccounts } from '../../api/index.ts';
import { RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import { unlessGone } from '../shared/retry.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME_ANNOTATION = 'kubernetes.io/service-account.name';
const UID_ANNOTATION = 'kubernetes.io/service-account.uid';
/** Kubernetes: pkg/serviceaccount, LegacyIssuer. */
const ISSUER = 'kubernetes/serviceaccount';

/** What the tokens of Secrets are made of. */
export interface SecretTokens {
  /** A signed JWT with these claims. */
  readonly sign: (claims: Readonly<Record<string, unknown>>) => string;
  readonly rootCertificatePem: string;
}

/** A Secret with the account that it names, which tell what to look at also when both are gone. */
interface SecretKey {
  readonly namespace: string;
  /** undefined: all of the account's. */
  readonly name?: string;
  readonly account: string;
  readonly accountUid: string;
}

/**
 * Fills Secrets of type kubernetes.io/service-account-token with a token, the namespace and the authority's certificate, and
 * takes away those whose account is gone. Kubernetes: pkg/controller/serviceaccount, tokens_controller.go.
 */
export function serviceAccountTokens({ sign, rootCertificatePem }: SecretTokens): StartController {
  const authority = rootCertificatePem === '' ? '' : encodeBase64(encodeText(rootCertificatePem));
  return ({ client, clock, informers, onError }) => {
    const disposables = new DisposableStore();
    const queue = new RateLimitedQueue<string>(clock);
    const secretInformer = informers.informer(secrets);
    const accountInformer = informers.informer(serviceAccounts);
    const addSecret = (secret: Secret) => {
      if (secret.type === TYPE) queue.add(JSON.stringify(keyOf(secret)));
    };
    disposables.add(secretInformer.addEventHandler({ onAdd: addSecret, onUpdate: (_old, secret) => addSecret(secret), onDelete: addSecret }));
    disposables.add(accountInformer.addEventHandler({
      onDelete: ({ metadata: { namespace = '', name, uid } }) => queue.add(JSON.stringify({ namespace, account: name, accountUid: uid })),
    }));
    disposables.add(runWorkers({ clock, queue, concurrency: 1, reconcile, onError }));
    return disposables;

    async function reconcile(text: string): Promise<ReconcileResult> {
      const key = JSON.parse(text) as SecretKey;
      if (key.name === undefined) await deleteSecretsOf(key);
      else await reconcileSecret(key, key.name);
      return reconciled;
    }

    async function reconcileSecret({ namespace, account: accountName, accountUid }: SecretKey, name: string): Promise<void> {
      const secret = secretInformer.lister.get(namespace, name);
      const account = accountInformer.lister.get(namespace, accountName) ?? await client.resource(serviceAccounts).get({ namespace, name: accountName }).catch(undefinedWhereGone);
      const isTheirs = account !== undefined && (accountUid === '' || account.metadata.uid === accountUid);
      if (secret === undefined) {
        if (isTheirs) await removeReference(account, name);
      } else if (!isTheirs) {
        await deleteSecret(secret);
      } else {
        await fill(secret, account);
      }
    }

    async function deleteSecretsOf({ namespace, account, accountUid }: SecretKey): Promise<void> {
      const current = accountInformer.lister.get(namespace, account);
      if (current?.metadata.uid === accountUid) return;
      for (const secret of [...secretInformer.lister.listNamespace(namespace)]) {
        const { account: name, accountUid: uid } = keyOf(secret);
        if (secret.type === TYPE && name === account && (uid === '' || uid === accountUid)) await deleteSecret(secret);
      }
    }

    function deleteSecret({ metadata: { namespace = '', name, uid } }: Secret): Promise<unknown> {
      return client.resource(secrets).delete({ namespace, name }, { preconditions: { uid } }).catch(undefinedWhereGone);
    }

    async function fill(secret: Secret, account: ServiceAccount): Promise<void> {
      const { metadata, data = {} } = secret;
      const namespace = metadata.namespace ?? '';
      const needsAuthority = authority !== '' && data['ca.crt'] !== authority;
      const needsNamespace = (decodeBase64(data['namespace'] ?? '') ?? []).length === 0;
      const needsToken = (decodeBase64(data['token'] ?? '') ?? []).length === 0;
      if (!needsAuthority && !needsNamespace && !needsToken) return;
      const next: Secret = {
        ...secret,
        metadata: { ...metadata, annotations: { ...metadata.annotations, [NAME_ANNOTATION]: account.metadata.name, [UID_ANNOTATION]: account.metadata.uid } },
        data: {
          ...data,
          ...(needsAuthority ? { 'ca.crt': authority } : {}),
          ...(needsNamespace ? { namespace: encodeBase64(encodeText(namespace)) } : {}),
          ...(needsToken ? { token: encodeBase64(encodeText(sign(claimsOf(account, metadata.name)))) } : {}),
        },
      };
      // Who else has written it brings it here again.
      await client.resource(secrets).update(next).catch(undefinedWhereGone);
    }

    async function removeReference(account: ServiceAccount, name: string): Promise<void> {
      const { secrets: references = [] } = account;
      if (!references.some((reference) => reference.name === name)) return;
      await unlessGone(client.resource(serviceAccounts).update({ ...account, secrets: references.filter((reference) => reference.name !== name) }));
    }
  };
}

function keyOf({ metadata: { namespace = '', name, annotations = {} } }: Secret): SecretKey {
  return { namespace, name, account: annotations[NAME_ANNOTATION] ?? '', accountUid: annotations[UID_ANNOTATION] ?? '' };
}

/** Kubernetes: serviceaccount.LegacyClaims. */
function claimsOf({ metadata: { namespace = '', name, uid } }: ServiceAccount, secretName: string): Readonly<Record<string, unknown>> {
  return {
    iss: ISSUER, 'kubernetes.io/serviceaccount/namespace': namespace, 'kubernetes.io/serviceaccount/secret.name': secretName,
    'kubernetes.io/serviceaccount/service-account.name': name, 'kubernetes.io/serviceaccount/service-account.uid': uid, sub: `system:serviceaccount:${namespace}:${name}`,
  };
}

function undefinedWhereGone(error: unknown): undefined {
  if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
}
