/** The form in which a client wants its answer. */
export interface Negotiated {
  readonly encoding: 'json' | 'yaml';
  /** Table and PartialObjectMetadata are conversions that any resource can be asked for. */
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | 'APIGroupDiscoveryList';
  /** Version of the conversion (v1, v1beta1; v2, v2beta1 for discovery). */
  readonly asVersion: string;
}

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

const PLAIN_JSON: Negotiated = { encoding: 'json', as: 'object', asVersion: '' };
const PLAIN_YAML: Negotiated = { encoding: 'yaml', as: 'object', asVersion: '' };
const CACHE_SIZE_MAX = 256;
const cache = new Map<string, readonly MediaRange[]>();

/**
 * The best form that both sides know, or undefined (406). Clients list several, the best first.
 * Kubernetes: negotiation.NegotiateMediaTypeOptions.
 */
export function negotiate(accept: string | undefined, allowed: 'resource' | 'discovery' | 'plain'): Negotiated | undefined {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return PLAIN_JSON;
  for (const range of parseAccept(accept)) {
    const encoding = encodingOf(range.type);
    if (encoding === undefined) continue;
    const as = range.parameters.get('as');
    if (as === undefined) return encoding === 'json' ? PLAIN_JSON : PLAIN_YAML;
    const group = range.parameters.get('g') ?? '';
    const version = range.parameters.get('v') ?? '';
    if (!isOffered(as, group, version, allowed)) continue;
    return { encoding, as, asVersion: version };
  }
  return undefined;
}

function isOffered(as: string, group: string, version: string, allowed: 'resource' | 'discovery' | 'plain'): as is Negotiated['as'] {
  switch (as) {
    case 'Table': case 'PartialObjectMetadata': case 'PartialObjectMetadataList':
      return allowed === 'resource' && group === 'meta.k8s.io' && (version === 'v1' || version === 'v1beta1');
    case 'APIGroupDiscoveryList':
      return allowed === 'discovery' && group === 'apidiscovery.k8s.io' && (version === 'v2' || version === 'v2beta1');
    default:
      return false;
  }
}

function encodingOf(type: string): 'json' | 'yaml' | undefined {
  switch (type) {
    case 'application/json': case '*/*': case 'application/*':
      return 'json';
    case 'application/yaml':
      return 'yaml';
    default:
      return undefined;
  }
}

/** An Accept header's parts, best quality first; what has the same quality stays in order. */
function parseAccept(header: string): readonly MediaRange[] {
  const known = cache.get(header);
  if (known !== undefined) return known;
  const ranges = header.split(',').map(parseRange).filter((range) => range.quality > 0);
  ranges.sort((a, b) => b.quality - a.quality);
  if (cache.size >= CACHE_SIZE_MAX) cache.clear();
  cache.set(header, ranges);
  return ranges;
}

function parseRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';');
  const parameters = new Map<string, string>();
  let quality = 1;
  for (const parameter of rest) {
    const equals = parameter.indexOf('=');
    if (equals < 0) continue;
    const name = parameter.slice(0, equals).trim().toLowerCase();
    const value = parameter.slice(equals + 1).trim().replace(/^"(.*)"$/, '$1');
    if (name === 'q') quality = Number(value);
    else parameters.set(name, value);
  }
  return { type: type.trim().toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 };
}

/** The media type of a Content-Type header, without its parameters. */
export function mediaType(contentType: string | undefined): string {
  if (contentType === undefined) return '';
  const semicolon = contentType.indexOf(';');
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

/** The media types of an Accept header, best first. */
export function mediaTypes(accept: string): readonly string[] {
  return parseAccept(accept).map(({ type }) => type);
}
