/** The form in which a client wants its answer. */
export interface Negotiated {
  readonly encoding: Encoding;
  /** Table and PartialObjectMetadata are conversions that any resource can be asked for. */
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | 'APIGroupDiscoveryList';
  /** Version of the conversion (v1, v1beta1; v2 for discovery). */
  readonly asVersion: string;
  /** Indented JSON was asked for. */
  readonly pretty: boolean;
}

export type Encoding = 'json' | 'yaml' | 'protobuf';

/** What a path can answer: objects, those of custom resources (which have no protobuf), groups, or a document with one form. */
export type Offer = 'resource' | 'custom-resource' | 'resource-without-table' | 'discovery' | 'plain';

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** The media type of each encoding, in the order in which the server prefers them. */
export const MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  json: 'application/json', yaml: 'application/yaml', protobuf: 'application/vnd.kubernetes.protobuf',
};
const ENCODINGS: readonly Encoding[] = ['json', 'yaml', 'protobuf'];

const PLAIN_JSON: Negotiated = { encoding: 'json', as: 'object', asVersion: '', pretty: false };
const CACHE_SIZE_MAX = 256;
const cache = new Map<string, readonly MediaRange[]>();

/**
 * The best form that both sides know, or undefined (406). Clients list several; the first that fits counts, also with
 * quality 0. Kubernetes: negotiation.NegotiateMediaTypeOptions.
 */
export function negotiate(accept: string | undefined, offer: Offer): Negotiated | undefined {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return PLAIN_JSON;
  for (const range of parseAccept(accept)) {
    for (const encoding of ENCODINGS) {
      if (!matches(range, MEDIA_TYPES[encoding])) continue;
      const negotiated = transformOf(range, encoding, offer);
      if (negotiated !== undefined) return negotiated;
    }
  }
  return undefined;
}

function matches({ type }: MediaRange, mediaType: string): boolean {
  return type === mediaType || type === 'application/*' || type === '*/*';
}

/** The form that a range's parameters ask for; undefined where the path doesn't have it. */
function transformOf({ parameters }: MediaRange, encoding: Encoding, offer: Offer): Negotiated | undefined {
  if (parameters.size === 0) return encoding === 'protobuf' && offer === 'custom-resource' ? undefined : plain(encoding, false);
  const stream = parameters.get('stream') ?? '';
  if (stream !== '' && (stream !== 'watch' || encoding === 'yaml')) return undefined;
  const serverVersion = parameters.get('sv') ?? '';
  if (serverVersion !== '' && ((offer !== 'resource' && offer !== 'resource-without-table') || serverVersion !== 'v1')) return undefined;
  const pretty = parameters.get('pretty') === '1';
  const as = parameters.get('as');
  const group = parameters.get('g');
  const version = parameters.get('v');
  if (as === undefined && group === undefined && version === undefined) return encoding === 'protobuf' && offer === 'custom-resource' ? undefined : plain(encoding, pretty);
  return isOffered(as ?? '', group ?? '', version ?? '', encoding, offer) ? { encoding, as: as as Negotiated['as'], asVersion: version ?? '', pretty } : undefined;
}

function plain(encoding: Encoding, pretty: boolean): Negotiated {
  return encoding === 'json' && !pretty ? PLAIN_JSON : { encoding, as: 'object', asVersion: '', pretty };
}

function isOffered(as: string, group: string, version: string, encoding: Encoding, offer: Offer): boolean {
  const ofResource = (offer === 'resource' || offer === 'custom-resource' || offer === 'resource-without-table') && group === 'meta.k8s.io' && (version === 'v1' || version === 'v1beta1');
  switch (as) {
    case 'Table':
      return ofResource && offer !== 'resource-without-table' && encoding !== 'protobuf';
    case 'PartialObjectMetadata': case 'PartialObjectMetadataList':
      return ofResource;
    case 'APIGroupDiscoveryList':
      return offer === 'discovery' && group === 'apidiscovery.k8s.io' && version === 'v2';
    default:
      return false;
  }
}

/** True where none of the header's media types is among a path's, whatever their parameters say. Kubernetes: go-restful's router, which looks first. */
export function acceptsNone(accept: string | undefined, mediaTypesOfPath: readonly string[]): boolean {
  if (accept === undefined || accept === '') return false;
  return !accept.split(',').some((part) => {
    const type = (part.split(';', 1)[0] ?? '').trim();
    return type === '*/*' || mediaTypesOfPath.some((mediaType) => mediaType === type);
  });
}

/** An Accept header's parts, best quality first, and the more special one first; what is alike stays in order. Kubernetes: goautoneg.ParseAccept. */
function parseAccept(header: string): readonly MediaRange[] {
  const known = cache.get(header);
  if (known !== undefined) return known;
  const ranges: MediaRange[] = [];
  // Its order is not one of a sort: an insertion sort, which Go uses for a few, gives the same.
  for (const range of header.split(',').map(parseRange)) {
    if (range === undefined) continue;
    let at = ranges.length;
    while (at > 0 && comesBefore(range, ranges[at - 1] as MediaRange)) at--;
    ranges.splice(at, 0, range);
  }
  if (cache.size >= CACHE_SIZE_MAX) cache.clear();
  cache.set(header, ranges);
  return ranges;
}

function comesBefore(a: MediaRange, b: MediaRange): boolean {
  if (a.quality > b.quality) return true;
  if (!a.type.startsWith('*/') && b.type.startsWith('*/')) return true;
  return !a.type.endsWith('/*') && b.type.endsWith('/*');
}

function parseRange(text: string): MediaRange | undefined {
  const [typeText = '', ...rest] = text.split(';');
  const slashed = typeText.split('/').map((part) => part.trim());
  const type = slashed.length === 1 && slashed[0] === '*' ? '*/*' : slashed.length === 2 ? slashed.join('/') : undefined;
  if (type === undefined) return undefined;
  const parameters = new Map<string, string>();
  let quality = 1;
  for (const parameter of rest) {
    const [name = '', value = '', more] = parameter.split('=');
    if (value === '' || more !== undefined) continue;
    if (name.trim() === 'q') quality = Number.isFinite(Number(value)) ? Number(value) : 0;
    else parameters.set(name.trim(), value.trim());
  }
  return { type, parameters, quality };
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
