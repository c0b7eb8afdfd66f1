import { decodeBase64, decodeText } from '../../base/index.ts';
import { parseTime, type Secret } from '../../api/index.ts';
import type { Clock } from '../../world/index.ts';
import type { UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import { sameText } from './same-text.ts';

const NAMESPACE = 'kube-system';
const SECRET_TYPE = 'bootstrap.kubernetes.io/token';
const GROUP = 'system:bootstrappers';
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;

/**
 * The user of a bootstrap token, by which a node or a person joins before it has a certificate; undefined where the Secret that holds it is
 * missing, has expired, or is not meant for logging in. Kubernetes: plugin/pkg/auth/authenticator/token/bootstrap.
 */
export function bootstrapTokenUser(token: string, secrets: ResourceCache, clock: Clock): UserInfo | undefined {
  const [, id, secret] = TOKEN.exec(token) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  const object = secrets.objects.get(NAMESPACE, `bootstrap-token-${id}`)?.object as Secret | undefined;
  if (object === undefined || object.metadata.deletionTimestamp !== undefined || object.type !== SECRET_TYPE) return undefined;
  const text = (key: string): string => decodeText(decodeBase64(object.data?.[key] ?? '') ?? new Uint8Array());
  if (!sameText(text('token-secret'), secret) || text('token-id') !== id) return undefined;
  const expiration = text('expiration');
  if (expiration !== '' && !(parseTime(expiration) > clock.nowMs())) return undefined;
  if (text('usage-bootstrap-authentication') !== 'true') return undefined;
  const extra = text('auth-extra-groups').split(',').map((group) => group.trim()).filter((group) => group !== '');
  if (!extra.every((group) => EXTRA_GROUP.test(group))) return undefined;
  return { name: `system:bootstrap:${id}`, groups: [GROUP, ...new Set(extra)] };
}
