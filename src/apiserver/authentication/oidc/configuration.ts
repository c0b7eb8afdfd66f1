/** A user's name or groups: a claim behind a prefix, or an expression. */
export interface PrefixedClaimOrExpression {
  readonly claim?: string;
  readonly prefix?: string;
  readonly expression?: string;
}

/** One issuer of tokens. Kubernetes: apiserver.config.k8s.io/v1, JWTAuthenticator. */
export interface JwtAuthenticatorConfiguration {
  readonly issuer: {
    readonly url: string;
    /** Where the issuer's discovery document is, if not below its URL. */
    readonly discoveryURL?: string;
    /** PEM of who may have signed the issuer's certificate. */
    readonly certificateAuthority?: string;
    readonly audiences: readonly string[];
    readonly audienceMatchPolicy?: string;
    readonly egressSelectorType?: string;
  };
  readonly claimValidationRules?: readonly { readonly claim?: string; readonly requiredValue?: string; readonly expression?: string; readonly message?: string }[];
  readonly claimMappings: {
    readonly username: PrefixedClaimOrExpression;
    readonly groups?: PrefixedClaimOrExpression;
    readonly uid?: { readonly claim?: string; readonly expression?: string };
    readonly extra?: readonly { readonly key: string; readonly valueExpression: string }[];
  };
  readonly userValidationRules?: readonly { readonly expression: string; readonly message?: string }[];
}

/** What --authentication-config holds. */
export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtAuthenticatorConfiguration[];
}

/** Fields and what is in them; text is a string, [x] a list of x. */
type Shape = 'text' | readonly [Shape] | { readonly [field: string]: Shape };

const MAPPING: Shape = { claim: 'text', prefix: 'text', expression: 'text' };
const SHAPE: Shape = {
  apiVersion: 'text', kind: 'text',
  jwt: [{
    issuer: { url: 'text', discoveryURL: 'text', certificateAuthority: 'text', audiences: ['text'], audienceMatchPolicy: 'text', egressSelectorType: 'text' },
    claimValidationRules: [{ claim: 'text', requiredValue: 'text', expression: 'text', message: 'text' }],
    claimMappings: { username: MAPPING, groups: MAPPING, uid: { claim: 'text', expression: 'text' }, extra: [{ key: 'text', valueExpression: 'text' }] },
    userValidationRules: [{ expression: 'text', message: 'text' }],
  }],
};

/** Reads the parsed text of a configuration file, strictly. Throws Error; whether the values make sense is for validateAuthenticationConfiguration. */
export function readAuthenticationConfiguration(parsed: unknown): AuthenticationConfiguration {
  const { apiVersion, kind } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Readonly<Record<string, unknown>>;
  if (kind !== 'AuthenticationConfiguration' || !/^apiserver\.config\.k8s\.io\/v1(?:beta1|alpha1)?$/.test(String(apiVersion))) {
    throw new Error(`expected AuthenticationConfiguration of apiserver.config.k8s.io/v1, got ${JSON.stringify(kind ?? '')} of ${JSON.stringify(apiVersion ?? '')}`);
  }
  const problems: string[] = [];
  check(parsed, SHAPE, '', problems);
  if (problems.length > 0) throw new Error(`strict decoding error: ${problems.join(', ')}`);
  const { jwt } = parsed as { readonly jwt?: readonly JwtAuthenticatorConfiguration[] | null };
  // What is left out is empty, as in Go.
  return { jwt: (jwt ?? []).map(({ issuer, claimMappings, ...rest }) => ({ ...rest, issuer: { ...issuer, url: issuer?.url ?? '', audiences: issuer?.audiences ?? [] }, claimMappings: { ...claimMappings, username: claimMappings?.username ?? {} } })) };
}

function check(value: unknown, shape: Shape, path: string, problems: string[]): void {
  if (value === null || value === undefined) return;
  if (shape === 'text') {
    if (typeof value !== 'string') problems.push(`${path} is no string`);
  } else if (Array.isArray(shape)) {
    if (Array.isArray(value)) value.forEach((item, index) => check(item, shape[0] as Shape, `${path}[${index}]`, problems));
    else problems.push(`${path} is no list`);
  } else if (typeof value !== 'object' || Array.isArray(value)) {
    problems.push(`${path} is no object`);
  } else {
    for (const [field, item] of Object.entries(value)) {
      const at = path === '' ? field : `${path}.${field}`;
      if (Object.hasOwn(shape, field)) check(item, (shape as Readonly<Record<string, Shape>>)[field] as Shape, at, problems);
      else problems.push(`unknown field ${JSON.stringify(at)}`);
    }
  }
}
