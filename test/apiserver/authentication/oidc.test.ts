import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthenticationConfiguration, Outbound } from '../../../src/apiserver/index.ts';
import { createOutbound, jsonWebSignatures } from '../../../src/apiserver/http/index.ts';
import { testCertificates, world as realWorld } from '../http/harness.ts';
import { startServer } from '../harness.ts';

type Jwt = AuthenticationConfiguration['jwt'][number];

interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const rsa = (kid: string, alg: string): Key => ({ kid, alg, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) });
const ec = (kid: string, alg: string, namedCurve: string): Key => ({ kid, alg, ...generateKeyPairSync('ec', { namedCurve }) });
const keys = [rsa('r', 'RS256'), ec('e', 'ES256', 'P-256'), ec('f', 'ES384', 'P-384')] as const;
const rotated = rsa('new', 'RS256');
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function tokenOf(key: Key, claims: object, alg = key.alg, kid: string | undefined = key.kid): string {
  const signed = `${encode({ alg, kid })}.${encode(claims)}`;
  const hash = `sha${alg.slice(2)}`;
  const options = alg.startsWith('ES') ? { key: key.privateKey, dsaEncoding: 'ieee-p1363' as const } : alg.startsWith('PS') ? { key: key.privateKey, padding: 6, saltLength: 32 } : key.privateKey;
  return `${signed}.${sign(hash, Buffer.from(signed), options).toString('base64url')}`;
}

let issuer: Server;
let url: string;
let outbound: Outbound & { dispose(): void };
let published: readonly Key[] = keys;
let cacheControl = 'max-age=3600';
let asked: string[] = [];
let authority = '';
beforeAll(async () => {
  const certificates = await testCertificates();
  authority = certificates.authority.certificatePem;
  issuer = createServer({ key: certificates.server.keyPem, cert: certificates.server.certificatePem }, (request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/keys') {
      response.setHeader('cache-control', cacheControl);
      response.end(JSON.stringify({ keys: published.map(({ kid, publicKey }) => ({ kid, use: 'sig', ...publicKey.export({ format: 'jwk' }) })) }));
    } else if (request.url === '/.well-known/openid-configuration' || request.url === '/elsewhere') {
      response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  outbound = createOutbound({ clock: realWorld.clock, dialer: { dial: () => Promise.reject(new Error('none')) } });
});
afterAll(() => {
  outbound.dispose();
  issuer.close();
});

const NOW = 1_767_225_600; // where the simulated clock begins
const claims = (more: object = {}) => ({ iss: url, aud: ['drydock'], sub: 'jane', groups: ['dev', 'ops'], exp: NOW + 600, ...more });

async function serverWith(more: Partial<Jwt> = {}, issuerMore: object = {}) {
  asked = [];
  published = keys;
  cacheControl = 'max-age=3600';
  const jwt: Jwt = {
    issuer: { url, audiences: ['drydock'], certificateAuthority: authority, ...issuerMore },
    claimMappings: { username: { claim: 'sub', prefix: 'oidc:' }, groups: { claim: 'groups', prefix: 'oidc:' } }, ...more,
  };
  const harness = await startServer({ outbound, signatures: jsonWebSignatures, authenticationConfiguration: { jwt: [jwt] } });
  const verdict = async (token: string) => {
    const found = await harness.server.authenticateToken(token);
    return found.done ? found.user : found.message;
  };
  return { ...harness, verdict };
}

describe('tokens of an OpenID Connect issuer', () => {
  it('log in with every algorithm that has a public key, and stand for who their claims say', async () => {
    const { verdict } = await serverWith();
    const jane = { name: 'oidc:jane', groups: ['oidc:dev', 'oidc:ops', 'system:authenticated'], extra: { 'authentication.kubernetes.io/credential-id': ['JTI=1'] } };
    for (const key of keys) expect(await verdict(tokenOf(key, claims({ jti: '1' })))).toEqual(jane);
    for (const alg of ['RS384', 'RS512', 'PS256', 'PS384', 'PS512']) expect(await verdict(tokenOf(keys[0], claims({ jti: '1' }), alg))).toEqual(jane);
    expect(asked).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('are refused where they are expired, too early, for others, or signed by nobody, somebody else, or with another kind of key', async () => {
    const { verdict } = await serverWith();
    const [key, other] = [keys[0], rsa('r', 'RS256')];
    const good = tokenOf(key, claims());
    const [head, , signature] = good.split('.') as [string, string, string];
    const hmac = `${encode({ alg: 'HS256', kid: 'r' })}.${encode(claims())}`;
    const cases: Record<string, string> = {
      expired: tokenOf(key, claims({ exp: NOW - 1 })), early: tokenOf(key, claims({ nbf: NOW + 61 })), audience: tokenOf(key, claims({ aud: 'other' })), withoutExpiry: tokenOf(key, claims({ exp: undefined })),
      none: `${encode({ alg: 'none' })}.${encode(claims())}.`, hmac: `${hmac}.${createHmac('sha256', key.publicKey.export({ type: 'spki', format: 'pem' })).update(hmac).digest('base64url')}`,
      otherKey: tokenOf(other, claims()), otherKind: tokenOf(keys[1], claims(), 'ES256', 'r'), forged: `${head}.${encode(claims({ sub: 'admin' }))}.${signature}`,
      otherIssuer: tokenOf(key, claims({ iss: 'https://other.example.com' })), noName: tokenOf(key, claims({ sub: undefined })), listName: tokenOf(key, claims({ sub: ['a'] })), wrongGroups: tokenOf(key, claims({ groups: [1] })),
      garbage: 'a.b.c', nothing: '..', long: `${'x'.repeat(100_000)}.y.z`,
    };
    const unsigned = 'oidc: verify token: failed to verify signature: failed to verify id token signature';
    const unsupported = (alg: string) => `oidc: verify token: oidc: id token signed with unsupported algorithm, expected ["ES256" "ES384" "ES512" "PS256" "PS384" "PS512" "RS256" "RS384" "RS512"] got "${alg}"`;
    const answers = Object.fromEntries(await Promise.all(Object.entries(cases).map(async ([name, token]) => [name, await verdict(token)])));
    expect(answers).toEqual({
      expired: 'oidc: verify token: oidc: token is expired (Token Expiry: 2025-12-31 23:59:59 +0000 UTC)',
      early: 'oidc: verify token: oidc: current time 2026-01-01 00:00:00 +0000 UTC before the nbf (not before) time: 2026-01-01 00:01:01 +0000 UTC',
      audience: 'oidc: verify token: oidc: expected audience "drydock" got ["other"]', withoutExpiry: 'oidc: verify token: oidc: token is expired (Token Expiry: 1970-01-01 00:00:00 +0000 UTC)',
      none: unsupported('none'), hmac: unsupported('HS256'), otherKey: unsigned, otherKind: unsigned, forged: unsigned, otherIssuer: 'invalid bearer token',
      noName: 'oidc: parse username claims "sub": claim not present', listName: 'oidc: parse username claims "sub": json: cannot unmarshal array into Go value of type string',
      wrongGroups: 'oidc: parse groups claim "groups": json: cannot unmarshal array into Go value of type string',
      garbage: 'invalid bearer token', nothing: 'invalid bearer token', long: 'invalid bearer token',
    });
    expect(asked).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('are checked with new keys once the old ones may have gone', async () => {
    const { verdict, world } = await serverWith();
    expect(await verdict(tokenOf(keys[0], claims()))).toMatchObject({ name: 'oidc:jane' });
    published = [rotated];
    const next = tokenOf(rotated, claims({ exp: NOW + 10_000 }));
    expect(await verdict(next)).toMatch('failed to verify id token signature');
    await world.clock.advance(3_571_000);
    expect(await verdict(next)).toMatchObject({ name: 'oidc:jane' });
    expect(asked).toEqual(['/.well-known/openid-configuration', '/keys', '/keys']);
  });

  it('wait for an issuer that is not there yet, and ask it every ten seconds at most', async () => {
    const { verdict, world } = await serverWith({}, { discoveryURL: `${url}/nowhere` });
    expect([await verdict(tokenOf(keys[0], claims())), await verdict(tokenOf(keys[0], claims()))]).toEqual(['oidc: authenticator not initialized', 'oidc: authenticator not initialized']);
    await world.clock.advance(10_000);
    await verdict(tokenOf(keys[0], claims()));
    expect(asked).toEqual(['/nowhere', '/nowhere']);
    const elsewhere = await serverWith({}, { discoveryURL: `${url}/elsewhere`, audiences: ['a', 'drydock'], audienceMatchPolicy: 'MatchAny' });
    expect(await elsewhere.verdict(tokenOf(keys[0], claims()))).toMatchObject({ name: 'oidc:jane' });
    expect(await elsewhere.verdict(tokenOf(keys[0], claims({ aud: ['x'] })))).toBe('oidc: verify token: oidc: expected audience in ["a" "drydock"] got ["x"]');
    const stranger = await serverWith({}, { certificateAuthority: undefined });
    expect(await stranger.verdict(tokenOf(keys[0], claims()))).toBe('oidc: authenticator not initialized');
  });

  it('are mapped and judged by expressions', async () => {
    const { verdict } = await serverWith({
      claimMappings: {
        username: { expression: 'claims.email_verified ? "mail:" + claims.email : ""' }, groups: { expression: 'claims.roles.split(",")' }, uid: { expression: 'claims.sub' },
        extra: [{ key: 'example.org/tenant', valueExpression: 'claims.tenant' }, { key: 'example.org/none', valueExpression: 'has(claims.other) ? claims.other : ""' }],
      },
      claimValidationRules: [{ claim: 'hd', requiredValue: 'example.org' }, { expression: 'claims.tenant != "closed"', message: 'the tenant is closed' }],
      userValidationRules: [{ expression: 'user.groups.all(group, !group.startsWith("system:"))', message: 'system: is reserved' }],
    });
    const with_ = (more: object = {}) => verdict(tokenOf(keys[0], claims({ email: 'j@example.org', email_verified: true, roles: 'a,b', tenant: 't', hd: 'example.org', ...more })));
    expect(await with_()).toEqual({ name: 'mail:j@example.org', uid: 'jane', groups: ['a', 'b', 'system:authenticated'], extra: { 'example.org/tenant': ['t'] } });
    expect([await with_({ email_verified: false }), await with_({ hd: 'x' }), await with_({ hd: undefined }), await with_({ tenant: 'closed' }), await with_({ roles: 'system:masters' })]).toEqual([
      'oidc: empty username via CEL expression is not allowed', 'oidc: required claim hd value does not match. Got = x, want = example.org', 'oidc: required claim hd not present in ID token',
      'oidc: error evaluating claim validation expression: validation expression \'claims.tenant != "closed"\' failed: the tenant is closed',
      'oidc: error evaluating user info validation rule: validation expression \'user.groups.all(group, !group.startsWith("system:"))\' failed: system: is reserved',
    ]);
    expect(await with_({ roles: undefined })).toMatch(/^oidc: error evaluating group claim expression: /);
  });
});
