/** The claims of a JSON Web Token. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** What checking a signature comes to; message: in the words of go-jose. */
export type SignatureVerdict = { readonly done: true; readonly claims: TokenClaims } | { readonly done: false; readonly message: string };

/** Signs and checks service account tokens. A port, since keys need the platform's cryptography. */
export interface TokenSigner {
  /** E.g. https://kubernetes.default.svc.cluster.local; the claim iss. */
  readonly issuer: string;
  /** A signed JWT with exactly these claims; at once, since a signature may be made when somebody first looks at it. */
  sign(claims: TokenClaims): string;
  /** The claims of a token that carries our signature; undefined where it is no JWT, or names neither our issuer nor that of tokens in Secrets. */
  verify(token: string): SignatureVerdict | undefined;
}

/** A key for signatures as JSON Web Key Sets have it. RFC 7517. */
export interface JsonWebKey {
  readonly kty?: string;
  readonly kid?: string;
  readonly use?: string;
  readonly alg?: string;
  readonly [field: string]: unknown;
}

/** Checks the signatures of JSON Web Tokens that others have signed. A port. RFC 7518. */
export interface JsonWebSignatures {
  /** False for every signature that is not this key's over exactly these bytes, and for algorithms that no key signs with (none, HS256). */
  verify(algorithm: string, key: JsonWebKey, signed: string, signature: Uint8Array): boolean;
}
