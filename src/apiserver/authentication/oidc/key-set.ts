import { decodeText } from '../../../base/index.ts';
import type { Clock } from '../../../world/index.ts';
import type { Outbound, OutboundResult } from '../../outbound.ts';
import { type CompactToken, parseObject } from '../compact-token.ts';
import type { JsonWebKey, JsonWebSignatures } from '../token-signer.ts';

/** Kubernetes: the timeout of oidc's http.Client. */
const TIMEOUT_MS = 30_000;
/** After a discovery that failed. Kubernetes: oidc polls every ten seconds. */
const RETRY_MS = 10_000;
const ANSWER_BYTES_MAX = 1024 * 1024;
/** Keys of one issuer. */
const KEYS_MAX = 100;
/** Keys count as old a little before they are. go-oidc: keysExpiryDelta. */
const EXPIRY_DELTA_MS = 30_000;

export interface KeySetOptions {
  readonly outbound: Outbound;
  readonly signatures: JsonWebSignatures;
  readonly clock: Clock;
  readonly issuer: string;
  readonly discoveryUrl: string;
  readonly certificateAuthority: string | undefined;
}

/** The keys of one issuer, found by its discovery document and fetched again when a token is signed with another. go-oidc: remoteKeySet. */
export class RemoteKeySet {
  private readonly options: KeySetOptions;
  private keysUrl: string | undefined;
  private keys: readonly JsonWebKey[] = [];
  private freshUntilMs = 0;
  private failedAtMs = -RETRY_MS;
  private inFlight: Promise<string | undefined> | undefined;

  constructor(options: KeySetOptions) {
    this.options = options;
  }

  /** undefined: one of the keys has signed it; else why it is not known that any has. Never rejects. */
  async problemWith(token: CompactToken): Promise<string | undefined> {
    if (this.isSigned(token)) return undefined;
    if (this.keysUrl === undefined && this.inFlight === undefined && this.failedAtMs + RETRY_MS > this.options.clock.nowMs()) return NOT_INITIALIZED;
    if (this.keysUrl !== undefined && this.options.clock.nowMs() + EXPIRY_DELTA_MS <= this.freshUntilMs) return WRONG_SIGNATURE;
    const problem = await (this.inFlight ??= this.refresh());
    if (problem !== undefined) return problem;
    return this.isSigned(token) ? undefined : WRONG_SIGNATURE;
  }

  private isSigned({ header, signed, signature }: CompactToken): boolean {
    const { kid, alg } = header;
    return this.keys.some((key) => (typeof kid !== 'string' || kid === '' || key.kid === kid) && this.options.signatures.verify(String(alg), key, signed, signature));
  }

  private async refresh(): Promise<string | undefined> {
    try {
      this.keysUrl ??= await this.discover();
      if (this.keysUrl === undefined) {
        this.failedAtMs = this.options.clock.nowMs();
        return NOT_INITIALIZED;
      }
      const answer = await this.get(this.keysUrl);
      if (!answer.done) return `oidc: verify token: failed to verify signature: fetching keys oidc: get keys failed Get ${JSON.stringify(this.keysUrl)}: ${answer.message}`;
      if (answer.code !== 200) return `oidc: verify token: failed to verify signature: fetching keys oidc: get keys failed: ${answer.code}`;
      const keys = parseObject(decodeText(answer.body))?.['keys'];
      if (!Array.isArray(keys)) return 'oidc: verify token: failed to verify signature: fetching keys oidc: failed to decode keys';
      this.keys = keys.filter((key): key is JsonWebKey => typeof key === 'object' && key !== null).slice(0, KEYS_MAX);
      const seconds = Number(/(?:^|[,\s])max-age=(\d+)/.exec(answer.headers['cache-control'] ?? '')?.[1] ?? 0);
      this.freshUntilMs = this.options.clock.nowMs() + seconds * 1000;
      return undefined;
    } finally {
      this.inFlight = undefined;
    }
  }

  /** The URL of the keys. go-oidc: NewProvider. */
  private async discover(): Promise<string | undefined> {
    const answer = await this.get(this.options.discoveryUrl);
    if (!answer.done || answer.code !== 200) return undefined;
    const { issuer, jwks_uri: url } = parseObject(decodeText(answer.body)) ?? {};
    return issuer === this.options.issuer && typeof url === 'string' && url.startsWith('https://') ? url : undefined;
  }

  private get(url: string): Promise<OutboundResult> {
    const { outbound, certificateAuthority } = this.options;
    return outbound.send({
      method: 'GET', url, headers: { accept: 'application/json' }, timeoutMs: TIMEOUT_MS, answerBytesMax: ANSWER_BYTES_MAX,
      ...(certificateAuthority === undefined || certificateAuthority === '' ? {} : { caBundle: certificateAuthority }),
    });
  }
}

const NOT_INITIALIZED = 'oidc: authenticator not initialized';
const WRONG_SIGNATURE = 'oidc: verify token: failed to verify signature: failed to verify id token signature';
