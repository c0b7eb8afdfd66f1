import { StatusError } from '../../api/index.ts';
import { newBadRequest } from '../errors.ts';

/** Where a list goes on. */
export interface ContinueToken {
  /** The revision of the list's first page; -1: whatever is current. */
  readonly revision: number;
  /** The first key that may come, without the list's prefix. */
  readonly startKey: string;
}

/** Kubernetes' own form: base64url of {"v":"meta.k8s.io/v1","rv":…,"start":…}. */
export function encodeContinue(token: ContinueToken): string {
  const json = JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: token.startKey });
  return btoa(json).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Throws BadRequest where the token is not ours. Kubernetes: storage.DecodeContinue. */
export function decodeContinue(text: string): ContinueToken {
  let parsed: { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown };
  try {
    parsed = JSON.parse(atob(text.replaceAll('-', '+').replaceAll('_', '/'))) as typeof parsed;
  } catch {
    throw newBadRequest(`invalid continue token: continue key is not valid: ${decodeErrorOf(text)}`);
  }
  if (parsed.v !== 'meta.k8s.io/v1') throw newBadRequest(`continue key is not valid: server does not recognize this encoded version ${JSON.stringify(parsed.v)}`);
  if (typeof parsed.rv !== 'number' || parsed.rv === 0) throw newBadRequest('continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof parsed.start !== 'string' || parsed.start === '') throw newBadRequest('continue key is not valid: encoded start key empty (version meta.k8s.io/v1)');
  if (parsed.start.startsWith('/') || parsed.start.split('/').includes('..')) throw newBadRequest(`continue key is not valid: ${parsed.start}`);
  return { revision: parsed.rv, startKey: parsed.start };
}

const EXPIRED_TEXT = 'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, '
  + 'or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - '
  + 'objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** 410 with a token that goes on at the same key in the current state. Kubernetes: etcd3, handleCompactedErrorForPaging. */
export function newExpiredList(startKey: string | undefined): StatusError {
  if (startKey === undefined || startKey === '') {
    return new StatusError({ status: 'Failure', message: 'The resourceVersion for the provided list is too old.', reason: 'Expired', code: 410 });
  }
  const error = new StatusError({ status: 'Failure', message: EXPIRED_TEXT, reason: 'Expired', code: 410 });
  const status = error.status as { metadata: object };
  status.metadata = { continue: encodeContinue({ revision: -1, startKey }) };
  return error;
}

/** Go's words for what cannot be decoded. Kubernetes: base64.RawURLEncoding, then encoding/json. */
function decodeErrorOf(text: string): string {
  const wrong = /[^A-Za-z0-9_-]/.exec(text);
  if (wrong !== null) return `illegal base64 data at input byte ${wrong.index}`;
  if (text.length % 4 === 1) return `illegal base64 data at input byte ${text.length - 1}`;
  const character = atob(text.replaceAll('-', '+').replaceAll('_', '/')).charAt(0);
  const shown = /^[\x20-\x7e\xa1-\xff]$/.test(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `invalid character '${shown}' looking for beginning of value`;
}
