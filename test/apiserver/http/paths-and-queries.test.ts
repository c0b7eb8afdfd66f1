import { adler32 } from './adler32.ts';
import { describe, expect, it } from 'vitest';
import { negotiate } from '../../../src/apiserver/http/accept.ts';
import { describeJsonError } from '../../../src/apiserver/http/json-error.ts';
import { parsePath } from '../../../src/apiserver/http/request-path.ts';
import { SPDY_DICTIONARY } from '../../../src/apiserver/http/spdy/dictionary.ts';

describe('paths', () => {
  const short = (path: string): string => {
    const parsed = parsePath(path);
    if (parsed === undefined) return 'no path';
    if (!parsed.isResource) return 'other';
    return [parsed.group, parsed.version, parsed.namespace, parsed.resource, parsed.name, parsed.subresource, parsed.rest, ...(parsed.deprecatedWatch ? ['watch'] : [])].join('|');
  };
  it.each([
    ['/api/v1/pods', '|v1||pods|||'],
    ['/api/v1/namespaces/default/pods', '|v1|default|pods|||'],
    ['/api/v1/namespaces/default/pods/web', '|v1|default|pods|web||'],
    ['/api/v1/namespaces/default/pods/web/status', '|v1|default|pods|web|status|'],
    ['/api/v1/namespaces/default/pods/web:80/proxy', '|v1|default|pods|web:80|proxy|'],
    ['/api/v1/namespaces/default/pods/web/proxy/', '|v1|default|pods|web|proxy|/'],
    ['/api/v1/namespaces/default/pods/web/proxy/a%2Fb//c', '|v1|default|pods|web|proxy|/a%2Fb//c'],
    ['/api/v1/namespaces/default/pods/a%3Ab', '|v1|default|pods|a:b||'],
    ['/api/v1/namespaces', '|v1||namespaces|||'],
    ['/api/v1/namespaces/default', '|v1|default|namespaces|default||'],
    ['/api/v1/namespaces/default/', '|v1|default|namespaces|default||'],
    ['/api/v1/namespaces/default/finalize', '|v1|default|namespaces|default|finalize|'],
    ['/apis/apps/v1/namespaces/d/deployments/web/scale', 'apps|v1|d|deployments|web|scale|'],
    ['/api/v1/watch/namespaces/d/pods', '|v1|d|pods||||watch'],
    ['/api', 'other'],
    ['/api/v1', 'other'],
    ['/api/v1/', 'other'],
    ['/apis/apps/v1', 'other'],
    ['/healthz', 'other'],
    ['/', 'other'],
    ['', 'other'],
    ['/api/v1/pods/%zz', 'no path'],
  ])('%s is %s', (path, expected) => expect(short(path)).toBe(expected));
});

describe('Accept', () => {
  it.each([
    [undefined, 'json object '],
    ['*/*', 'json object '],
    ['application/vnd.kubernetes.protobuf,application/json', 'protobuf object '],
    ['application/json, application/vnd.kubernetes.protobuf', 'json object '],
    ['application/json;q=0.5, application/vnd.kubernetes.protobuf', 'protobuf object '],
    ['application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io', 'none'],
    ['application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1;g=meta.k8s.io', 'json Table v1'],
    ['application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'protobuf PartialObjectMetadata v1'],
    ['application/vnd.kubernetes.protobuf;stream=watch', 'protobuf object '],
    ['application/yaml;stream=watch', 'none'],
    ['application/json;stream=other', 'none'],
    ['application/json;q=0', 'json object '],
    ['application/cbor', 'none'],
    ['application/yaml', 'yaml object '],
    ['application/json;q=0.1, application/yaml;q=0.9', 'yaml object '],
    ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json', 'json Table v1'],
    ['application/json;as=Other;v=v1;g=meta.k8s.io, application/json', 'json object '],
    ['text/html, */*;q=0.1', 'json object '],
  ])('%s gives %s', (accept, expected) => {
    const found = negotiate(accept, 'resource');
    expect(found === undefined ? 'none' : `${found.encoding} ${found.as} ${found.asVersion}`).toBe(expected);
  });
});

describe('Accept for a custom resource', () => {
  it.each([
    ['application/vnd.kubernetes.protobuf', undefined],
    ['application/vnd.kubernetes.protobuf,application/json', 'json'],
    ['application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', 'protobuf'],
  ])('%s gives %s', (accept, encoding) => expect(negotiate(accept, 'custom-resource')?.encoding).toBe(encoding));
});

describe('what is wrong with JSON, as Go says it', () => {
  it.each([
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['-', 'unexpected end of JSON input'],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
  ])('%j', (text, expected) => expect(describeJsonError(text)).toBe(expected));
});

describe('SPDY/3.1', () => {
  it('has the dictionary that every compressed stream names', () => {
    expect([SPDY_DICTIONARY.length, adler32(SPDY_DICTIONARY).toString(16)]).toEqual([1423, 'e3c6a7c2']);
  });
});
