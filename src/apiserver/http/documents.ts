import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { assertDefined } from '../../base/index.ts';
import { encodeProtobuf, loadDescriptions } from '../../api/index.ts';
import { aggregatedDiscovery, discoveryDocuments, openApiV2Document, openApiV3Document, openApiV3Index } from '../openapi/index.ts';
import { encodeOpenApiV2 } from './openapi-v2-protobuf.ts';
import { encodeOpenApiV3 } from './openapi-v3-protobuf.ts';
import type { Encoding } from './accept.ts';
import type { ResourceTable } from '../server.ts';
import { type Aggregator, withRemoteDiscovery, withRemoteGroups, withRemoteOpenApi } from '../aggregator/index.ts';

/** A document's bytes with the hash that names them. */
export interface EncodedDocument {
  readonly bytes: Buffer;
  /** In quotes, as the ETag header has it. */
  readonly etag: string;
}

/**
 * The documents about the API itself. Each is made when it is first asked for, and again once the table of resources
 * has changed.
 */
export interface ApiDocuments {
  /** The unaggregated discovery document at path (/api, /apis, /api/v1, /apis/apps, /apis/apps/v1), if there is one. */
  discovery(path: string): EncodedDocument | undefined;
  aggregated(root: '/api' | '/apis', encoding: Encoding): EncodedDocument;
  openApiV3Index(): EncodedDocument;
  /** path: api/v1, apis/apps/v1. */
  openApiV3(path: string): Promise<EncodedDocument | undefined>;
  /** The same as gnostic's protobuf. */
  openApiV3Protobuf(path: string): Promise<EncodedDocument | undefined>;
  /** The hash that the index gives for path; undefined where it has none. */
  openApiV3Hash(path: string): string | undefined;
  openApiV2(): Promise<EncodedDocument>;
  /** The same as gnostic's protobuf. */
  openApiV2Protobuf(): Promise<EncodedDocument>;
  /** Every path that has a document, sorted. */
  paths(): readonly string[];
  dispose(): void;
}

/** Paths that are there whatever is served. */
const FIXED_PATHS = [
  '/.well-known/openid-configuration', '/healthz', '/healthz/etcd', '/healthz/ping', '/livez', '/livez/etcd', '/livez/ping', '/metrics',
  '/openapi/v2', '/openapi/v3', '/openid/v1/jwks', '/readyz', '/readyz/etcd', '/readyz/ping', '/version',
];

/** version, e.g. v1.36.0, goes into the OpenAPI documents; serverAddress, e.g. 127.0.0.1:6443, is what /api gives clients. */
export function createApiDocuments(resources: ResourceTable, version: string, aggregator: Aggregator, serverAddress: () => string | undefined): ApiDocuments {
  const minor = version.replace(/^v(\d+\.\d+).*$/, '$1');
  const encoded = new Map<string, EncodedDocument>();
  let discovery: ReadonlyMap<string, object> | undefined;
  let index: object | undefined;
  let generation = 0;
  const forget = () => {
    generation++;
    encoded.clear();
    discovery = undefined;
    index = undefined;
  };
  const subscriptions = [resources.onChange(forget), aggregator.onChange(forget)];
  const once = (key: string, make: () => object): EncodedDocument => {
    const known = encoded.get(key);
    if (known !== undefined) return known;
    const made = encode(make());
    encoded.set(key, made);
    return made;
  };
  /** What needs the descriptions, which are loaded when they are first needed. */
  const later = async <T extends EncodedDocument | undefined>(key: string, make: () => Promise<T>): Promise<EncodedDocument | T> => {
    const known = encoded.get(key);
    if (known !== undefined) return known;
    const before = generation;
    const made = await make();
    if (made !== undefined && generation === before) encoded.set(key, made);
    return made;
  };
  const groupDiscovery = (root: '/api' | '/apis') => {
    const own = aggregatedDiscovery(resources.all(), root);
    return root === '/apis' ? withRemoteDiscovery(own, aggregator.all()) : own;
  };
  const discoveryByPath = () => (discovery ??= withRemoteGroups(discoveryDocuments(resources.all(), storageVersionHash, serverAddress()), aggregator.all()));
  const indexDocument = () => (index ??= withRemoteOpenApi(openApiV3Index(resources.all(), (text) => hashOf(`${version} ${text}`)), aggregator.all()));

  const v3Hash = (path: string): string | undefined => {
    const { paths } = indexDocument() as { readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>> };
    return Object.hasOwn(paths, path) ? paths[path]?.serverRelativeURL.split('?hash=')[1] : undefined;
  };

  return {
    discovery(path) {
      const plain = path.endsWith('/') ? path.slice(0, -1) : path;
      const document = discoveryByPath().get(plain);
      return document === undefined ? undefined : once(plain, () => document);
    },
    aggregated(root, encoding) {
      // All encodings have one ETag, that of the JSON.
      const json = once(`${root} aggregated`, () => groupDiscovery(root));
      if (encoding === 'json') return json;
      const key = `${root} aggregated ${encoding}`;
      let document = encoded.get(key);
      if (document === undefined) {
        const object = groupDiscovery(root);
        document = { bytes: encoding === 'yaml' ? Buffer.from(stringify(object), 'utf8') : Buffer.from(assertDefined(encodeProtobuf(object), 'the protobuf form of discovery')), etag: json.etag };
        encoded.set(key, document);
      }
      return document;
    },
    openApiV3Index: () => once('/openapi/v3', indexDocument),
    openApiV3: (path) => later(`/openapi/v3/${path}`, async () => {
      const hash = v3Hash(path);
      const document = openApiV3Document(resources.all(), path, await loadDescriptions(), minor);
      // What the index calls it.
      return document === undefined ? undefined : { bytes: Buffer.from(JSON.stringify(document), 'utf8'), etag: `"${hash}"` };
    }),
    openApiV3Protobuf: (path) => later(`/openapi/v3/${path} protobuf`, async () => {
      const hash = v3Hash(path);
      const document = openApiV3Document(resources.all(), path, await loadDescriptions(), minor);
      return document === undefined ? undefined : { bytes: encodeOpenApiV3(document), etag: `"${hash}"` };
    }),
    openApiV3Hash: v3Hash,
    openApiV2: () => later('/openapi/v2', async () => encode(openApiV2Document(resources.all(), await loadDescriptions(), minor))),
    openApiV2Protobuf: () => later('/openapi/v2 protobuf', async () => hashed(encodeOpenApiV2(openApiV2Document(resources.all(), await loadDescriptions(), minor)))),
    paths: () => [...discoveryByPath().keys(), ...FIXED_PATHS].sort(),
    dispose: () => subscriptions.forEach((each) => each.dispose()),
  };
}

/** By which clients see that a kind is stored as another version than before. Kubernetes: discovery.StorageVersionHash. */
function storageVersionHash(group: string, version: string, kind: string): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64');
}

function encode(document: object): EncodedDocument {
  return hashed(Buffer.from(JSON.stringify(document), 'utf8'));
}

function hashOf(content: string | Buffer): string {
  return createHash('sha512').update(content).digest('hex').toUpperCase();
}

function hashed(bytes: Buffer): EncodedDocument {
  return { bytes, etag: `"${hashOf(bytes)}"` };
}
