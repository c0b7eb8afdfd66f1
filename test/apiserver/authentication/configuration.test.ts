import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTokenFile, readAuthenticationConfiguration } from '../../../src/apiserver/index.ts';
import { validateAuthenticationConfiguration } from '../../../src/apiserver/authentication/index.ts';

interface Case {
  readonly input: { readonly jwt?: readonly object[]; readonly csv?: string };
  /** What upstream's own validation says; '' where nothing is wrong. */
  readonly error: string;
}

const cases = readFileSync(new URL('testdata/configurations.jsonl', import.meta.url), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Case);

describe('configuration files', () => {
  it('are refused for what upstream refuses, in its words', () => {
    const errors = cases.map(({ input: { jwt, csv } }) => {
      if (jwt !== undefined) return validateAuthenticationConfiguration(readAuthenticationConfiguration({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', jwt }), ['https://kubernetes.default.svc.cluster.local']) ?? '';
      try {
        parseTokenFile(csv ?? '', 'tokens.csv');
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(errors).toEqual(cases.map(({ error }) => error));
  });

  it('name their tokens, users, uids and groups', () => {
    expect([...parseTokenFile('t,u,id,"a,b"\n\n,nobody,1\n"t""2",u2,\r\n', 'f')]).toEqual([
      ['t', { name: 'u', uid: 'id', groups: ['a', 'b'] }], ['t"2', { name: 'u2', groups: [] }],
    ]);
  });

  it('are of the kind, and have no fields that nobody knows', () => {
    const read = (more: object) => () => readAuthenticationConfiguration({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', ...more });
    expect(read({ kind: 'Pod' })).toThrow('expected AuthenticationConfiguration of apiserver.config.k8s.io/v1, got "Pod" of "apiserver.config.k8s.io/v1"');
    expect(read({ jwt: [{ issuer: { URL: 'x', audiences: 'a' } }], other: 1 })).toThrow('strict decoding error: unknown field "jwt[0].issuer.URL", jwt[0].issuer.audiences is no list, unknown field "other"');
    expect(read({ jwt: null })()).toEqual({ jwt: [] });
  });
});
