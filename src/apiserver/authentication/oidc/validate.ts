import { dns1123SubdomainErrors, duplicate, type FieldError, fieldErrorBody, invalid, required, tooMany } from '../../../api/index.ts';
import type { AuthenticationConfiguration, JwtAuthenticatorConfiguration, PrefixedClaimOrExpression } from './configuration.ts';
import { compileJwtExpression } from './expressions.ts';

/** Kubernetes: ValidateAuthenticationConfiguration. */
const AUTHENTICATORS_MAX = 64;

/** What is wrong with a configuration, in one text; undefined: nothing. ownIssuers: those of service account tokens. */
export function validateAuthenticationConfiguration({ jwt }: AuthenticationConfiguration, ownIssuers: readonly string[]): string | undefined {
  const errors: FieldError[] = [];
  if (jwt.length > AUTHENTICATORS_MAX) errors.push(tooMany('jwt', jwt.length, AUTHENTICATORS_MAX));
  else jwt.forEach((each, index) => validateOne(each, jwt.slice(0, index), `jwt[${index}]`, ownIssuers, errors));
  if (errors.length === 0) return undefined;
  const texts = errors.map((error) => `${error.field}: ${fieldErrorBody(error)}`);
  return texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
}

function validateOne(authenticator: JwtAuthenticatorConfiguration, others: readonly JwtAuthenticatorConfiguration[], path: string, ownIssuers: readonly string[], errors: FieldError[]): void {
  const { issuer, claimValidationRules = [], userValidationRules = [] } = authenticator;
  const at = `${path}.issuer`;
  if (issuer.url === '') errors.push(required(`${at}.url`));
  else validateUrl(issuer.url, ownIssuers, `${at}.url`, errors);
  if (issuer.discoveryURL) {
    if (trimmed(issuer.url) !== '' && trimmed(issuer.url) === trimmed(issuer.discoveryURL)) errors.push(invalid(`${at}.discoveryURL`, issuer.discoveryURL, 'discoveryURL must be different from URL'));
    validateUrl(issuer.discoveryURL, [], `${at}.discoveryURL`, errors);
  }
  validateAudiences(issuer, at, errors);
  if (issuer.certificateAuthority && !issuer.certificateAuthority.includes('-----BEGIN CERTIFICATE-----')) {
    errors.push(invalid(`${at}.certificateAuthority`, '<omitted>', 'data does not contain any valid RSA or ECDSA certificates'));
  }
  if (issuer.egressSelectorType) errors.push(invalid(`${at}.egressSelectorType`, issuer.egressSelectorType, 'egress selector must be either controlplane or cluster'));
  validateClaimRules(claimValidationRules, `${path}.claimValidationRules`, errors);
  validateMappings(authenticator, `${path}.claimMappings`, errors);
  userValidationRules.forEach(({ expression = '' }, index) => {
    const field = `${path}.userValidationRules[${index}].expression`;
    if (expression === '') errors.push(required(field));
    else if (userValidationRules.slice(0, index).some((other) => other.expression === expression)) errors.push(duplicate(field, expression));
    else validateExpression(expression, 'user', 'validation', field, errors);
  });
  if (others.some((other) => other.issuer.url === issuer.url)) errors.push(duplicate(`${at}.url`, issuer.url));
  if (issuer.discoveryURL && others.some((other) => other.issuer.discoveryURL === issuer.discoveryURL)) errors.push(duplicate(`${at}.discoveryURL`, issuer.discoveryURL));
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}

function validateUrl(text: string, disallowed: readonly string[], field: string, errors: FieldError[]): void {
  if (disallowed.includes(text)) errors.push(invalid(field, text, `URL must not overlap with disallowed issuers: [${[...disallowed].sort().join(' ')}]`));
  const url = URL.parse(text);
  if (!text.startsWith('https://')) errors.push(invalid(field, text, 'URL scheme must be https'));
  if (url === null) return;
  if (url.username !== '' || url.password !== '') errors.push(invalid(field, text, 'URL must not contain a username or password'));
  if (url.search !== '') errors.push(invalid(field, text, 'URL must not contain a query'));
  if (url.hash !== '') errors.push(invalid(field, text, 'URL must not contain a fragment'));
}

function validateAudiences({ audiences, audienceMatchPolicy = '' }: JwtAuthenticatorConfiguration['issuer'], path: string, errors: FieldError[]): void {
  const field = `${path}.audiences`;
  if (audiences.length === 0) {
    errors.push(required(field, `at least one ${field} is required`));
    return;
  }
  audiences.forEach((audience, index) => {
    if (audience === '') errors.push(required(`${field}[${index}]`));
    if (audiences.indexOf(audience) < index) errors.push(duplicate(`${field}[${index}]`, audience));
  });
  const isMatchAny = audienceMatchPolicy === 'MatchAny';
  if (audiences.length > 1 && !isMatchAny) errors.push(invalid(`${path}.audienceMatchPolicy`, audienceMatchPolicy, 'audienceMatchPolicy must be MatchAny for multiple audiences'));
  if (audiences.length === 1 && audienceMatchPolicy !== '' && !isMatchAny) errors.push(invalid(`${path}.audienceMatchPolicy`, audienceMatchPolicy, 'audienceMatchPolicy must be empty or MatchAny for single audience'));
}

function validateClaimRules(rules: NonNullable<JwtAuthenticatorConfiguration['claimValidationRules']>, path: string, errors: FieldError[]): void {
  rules.forEach(({ claim = '', requiredValue = '', expression = '', message = '' }, index) => {
    const at = `${path}[${index}]`;
    const before = rules.slice(0, index);
    if (claim !== '' && expression !== '') errors.push(invalid(at, claim, 'claim and expression can\'t both be set'));
    else if (claim === '' && expression === '') errors.push(required(at, 'claim or expression is required'));
    else if (claim !== '') {
      if (message !== '') errors.push(invalid(`${at}.message`, message, 'may not be specified when claim is set'));
      if (before.some((other) => other.claim === claim)) errors.push(duplicate(`${at}.claim`, claim));
    } else {
      if (requiredValue !== '') errors.push(invalid(`${at}.requiredValue`, requiredValue, 'may not be specified when expression is set'));
      if (before.some((other) => other.expression === expression)) errors.push(duplicate(`${at}.expression`, expression));
      else validateExpression(expression, 'claims', 'validation', `${at}.expression`, errors);
    }
  });
}

function validateMappings({ claimMappings, claimValidationRules = [] }: JwtAuthenticatorConfiguration, path: string, errors: FieldError[]): void {
  const { username, groups = {}, uid = {}, extra = [] } = claimMappings;
  validateMapping(username, `${path}.username`, true, errors);
  validateMapping(groups, `${path}.groups`, false, errors);
  if (uid.claim && uid.expression) errors.push(invalid(`${path}.uid`, '', 'claim and expression can\'t both be set'));
  else if (uid.expression) validateExpression(uid.expression, 'claims', 'mapping', `${path}.uid.expression`, errors);
  extra.forEach(({ key = '', valueExpression = '' }, index) => {
    const at = `${path}.extra[${index}]`;
    validateExtraKey(key, `${at}.key`, errors);
    if (extra.slice(0, index).some((other) => other.key === key)) errors.push(duplicate(`${at}.key`, key));
    else if (valueExpression === '') errors.push(required(`${at}.valueExpression`));
    else validateExpression(valueExpression, 'claims', 'mapping', `${at}.valueExpression`, errors);
  });
  // An address that nobody has verified says nothing of who has sent it.
  const others = [username.expression, ...extra.map(({ valueExpression }) => valueExpression), ...claimValidationRules.map(({ expression }) => expression)];
  if (username.expression && /\bclaims\.\??email\b/.test(username.expression) && !others.some((expression) => expression !== undefined && /\bclaims\.\??email_verified\b/.test(expression))) {
    errors.push(invalid(`${path}.username.expression`, username.expression, 'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression'));
  }
}

function validateMapping({ claim, prefix, expression }: PrefixedClaimOrExpression, path: string, isRequired: boolean, errors: FieldError[]): void {
  if (expression && claim) errors.push(invalid(path, '', 'claim and expression can\'t both be set'));
  else if (!expression && !claim) {
    if (isRequired) errors.push(required(path, 'claim or expression is required'));
  } else if (expression) {
    if (prefix !== undefined) errors.push(invalid(`${path}.prefix`, prefix, 'may not be specified when expression is set'));
    validateExpression(expression, 'claims', 'mapping', `${path}.expression`, errors);
  } else if (prefix === undefined) {
    errors.push(required(`${path}.prefix`, 'prefix is required when claim is set. It can be set to an empty string to disable prefixing'));
  }
}

function validateExtraKey(key: string, field: string, errors: FieldError[]): void {
  const [host = '', ...rest] = key.split('/');
  if (key === '') errors.push(required(field));
  else if (host === '' || rest.join('/') === '') errors.push(invalid(field, key, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  else for (const problem of dns1123SubdomainErrors(host)) errors.push(invalid(field, host, problem));
  if (key !== key.toLowerCase()) errors.push(invalid(field, key, 'must be lowercase'));
  if (rest.length > 0 && /(?:^|\.)(?:kubernetes|k8s)\.io$/.test(host)) errors.push(invalid(field, key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'));
}

function validateExpression(expression: string, about: 'claims' | 'user', purpose: 'mapping' | 'validation', field: string, errors: FieldError[]): void {
  const compiled = compileJwtExpression(expression, about, purpose);
  if (typeof compiled === 'string') errors.push(invalid(field, expression, compiled));
}
