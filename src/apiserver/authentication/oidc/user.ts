import type { UserInfo } from '../../server.ts';
import type { TokenClaims } from '../token-signer.ts';
import type { JwtAuthenticatorConfiguration } from './configuration.ts';
import { compileJwtExpression, type JwtExpression, stringList } from './expressions.ts';

/** Makes users of claims by one authenticator's configuration. */
export interface ClaimMapper {
  /** Throws Error with upstream's text where the claims make no user. */
  userOf(claims: TokenClaims): UserInfo;
}

/** The configuration has been validated. Kubernetes: oidc, jwtAuthenticator.AuthenticateToken behind the signature. */
export function createClaimMapper({ claimMappings, claimValidationRules = [], userValidationRules = [] }: JwtAuthenticatorConfiguration): ClaimMapper {
  const { username, groups = {}, uid = {}, extra = [] } = claimMappings;
  const usernameExpression = compiled(username.expression, 'claims');
  const groupsExpression = compiled(groups.expression, 'claims');
  const uidExpression = compiled(uid.expression, 'claims');
  const extraExpressions = extra.map(({ key, valueExpression }) => ({ key, expression: compiled(valueExpression, 'claims') }));
  const claimRules = claimValidationRules.filter(({ expression }) => expression).map(({ expression, message = '' }) => ({ message, expression: compiled(expression, 'claims', 'validation') }));
  const userRules = userValidationRules.map(({ expression, message = '' }) => ({ message, expression: compiled(expression, 'user', 'validation') }));
  return {
    userOf(claims) {
      const name = usernameExpression === undefined ? usernameClaim(claims, username.claim ?? '', username.prefix ?? '') : expressionName(usernameExpression, claims);
      const userGroups = groupsOf(claims, groups.claim, groups.prefix ?? '', groupsExpression);
      const userUid = uid.claim ? textClaim(claims, uid.claim, `uid claim ${JSON.stringify(uid.claim)}`) : uidExpression === undefined ? '' : textOf(uidExpression, claims, 'uid');
      const userExtra: Record<string, readonly string[]> = {};
      if (typeof claims['jti'] === 'string' && claims['jti'] !== '') userExtra['authentication.kubernetes.io/credential-id'] = [`JTI=${claims['jti']}`];
      for (const { key, expression } of extraExpressions) {
        const values = expression === undefined ? [] : inContext('oidc: error evaluating extra claim expression', () => stringList(expression.evaluate(claims)));
        if (values.length > 0) userExtra[key] = values;
      }
      for (const { claim, requiredValue = '' } of claimValidationRules) if (claim) requireClaim(claims, claim, requiredValue);
      checkRules(claimRules, claims, 'oidc: error evaluating claim validation expression');
      checkRules(userRules, { username: name, uid: userUid, groups: userGroups, extra: userExtra }, 'oidc: error evaluating user info validation rule');
      return { name, ...(userUid === '' ? {} : { uid: userUid }), groups: userGroups, ...(Object.keys(userExtra).length === 0 ? {} : { extra: userExtra }) };
    },
  };
}

function compiled(source: string | undefined, about: 'claims' | 'user', purpose: 'mapping' | 'validation' = 'mapping'): JwtExpression | undefined {
  if (!source) return undefined;
  const expression = compileJwtExpression(source, about, purpose);
  if (typeof expression === 'string') throw new Error(expression);
  return expression;
}

function inContext<T>(context: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`${context}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function expressionName(expression: JwtExpression, claims: TokenClaims): string {
  const name = textOf(expression, claims, 'username');
  if (name === '') throw new Error('oidc: empty username via CEL expression is not allowed');
  return name;
}

function textOf(expression: JwtExpression, claims: TokenClaims, what: 'username' | 'uid'): string {
  return inContext(`oidc: error evaluating ${what} claim expression`, () => {
    const value = expression.evaluate(claims);
    if (typeof value !== 'string') throw new Error(`${what} claim expression must return a string`);
    return value;
  });
}

function usernameClaim(claims: TokenClaims, claim: string, prefix: string): string {
  const name = textClaim(claims, claim, `username claims ${JSON.stringify(claim)}`);
  if (claim === 'email' && Object.hasOwn(claims, 'email_verified')) {
    const verified = claims['email_verified'];
    if (typeof verified !== 'boolean') throw new Error(`oidc: parse 'email_verified' claim: json: cannot unmarshal ${goType(verified)} into Go value of type bool`);
    if (!verified) throw new Error('oidc: email not verified');
  }
  return `${prefix}${name}`;
}

function textClaim(claims: TokenClaims, claim: string, what: string): string {
  if (!Object.hasOwn(claims, claim)) throw new Error(`oidc: parse ${what}: claim not present`);
  const value = claims[claim];
  if (typeof value !== 'string') throw new Error(`oidc: parse ${what}: json: cannot unmarshal ${goType(value)} into Go value of type string`);
  return value;
}

function groupsOf(claims: TokenClaims, claim: string | undefined, prefix: string, expression: JwtExpression | undefined): readonly string[] {
  if (claim && Object.hasOwn(claims, claim)) {
    const value = claims[claim];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const wrong = list.find((item) => typeof item !== 'string');
    if (wrong !== undefined) throw new Error(`oidc: parse groups claim ${JSON.stringify(claim)}: json: cannot unmarshal ${Array.isArray(value) ? 'array' : goType(wrong)} into Go value of type string`);
    return (list as readonly string[]).map((group) => `${prefix}${group}`);
  }
  return expression === undefined ? [] : inContext('oidc: error evaluating group claim expression', () => stringList(expression.evaluate(claims)));
}

function requireClaim(claims: TokenClaims, claim: string, wanted: string): void {
  if (!Object.hasOwn(claims, claim)) throw new Error(`oidc: required claim ${claim} not present in ID token`);
  const value = claims[claim];
  if (typeof value !== 'string') throw new Error(`oidc: parse claim ${claim}: json: cannot unmarshal ${goType(value)} into Go value of type string`);
  if (value !== wanted) throw new Error(`oidc: required claim ${claim} value does not match. Got = ${value}, want = ${wanted}`);
}

function checkRules(rules: readonly { readonly message: string; readonly expression: JwtExpression | undefined }[], json: object, context: string): void {
  for (const { message, expression } of rules) {
    if (expression === undefined) continue;
    inContext(context, () => {
      const value = expression.evaluate(json);
      if (typeof value !== 'boolean') throw new Error('validation expression must return a boolean');
      if (!value) throw new Error(`validation expression '${expression.source}' failed: ${message}`);
    });
  }
}

function goType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
}
