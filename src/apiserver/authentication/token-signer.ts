/** The claims of a JSON Web Token. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** Signs and checks service account tokens. A port, since keys need the platform's cryptography. */
export interface TokenSigner {
  /** E.g. https://kubernetes.default.svc.cluster.local; the claim iss. */
  readonly issuer: string;
  /** A signed JWT with exactly these claims; at once, since a signature may be made when somebody first looks at it. */
  sign(claims: TokenClaims): string;
  /** The claims of a token that carries our signature; undefined where it does not. Times are not looked at. */
  verify(token: string): Promise<TokenClaims | undefined>;
}
