import { type CelType, objectType } from '../types.ts';
import { goQuote } from '../values/convert.ts';
import { CelError, CelOpaque, NO_SUCH_OVERLOAD, type Value, ValueList, ValueMap } from '../values/value.ts';
import type { CelFunction } from './call.ts';
import { parseRequestUri, type ParsedUrl, UrlError } from './parse-url.ts';

const TYPE = objectType('kubernetes.URL');

class CelUrl extends CelOpaque {
  readonly url: ParsedUrl;

  constructor(url: ParsedUrl) {
    super();
    this.url = url;
  }

  override get type(): CelType {
    return TYPE;
  }

  override equals(other: Value): Value {
    return other instanceof CelUrl ? this.url.text === other.url.text : NO_SUCH_OVERLOAD;
  }
}

/** Addresses of the web. Kubernetes: apiserver/pkg/cel/library/urls.go. */
export const URL_FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  url: ([text]) => {
    if (typeof text !== 'string') return undefined;
    const url = parsedUrl(text);
    return url instanceof UrlError ? new CelError(`URL parse error during conversion from string: parse ${goQuote(text)}: ${url.message}`) : new CelUrl(url);
  },
  isURL: ([text]) => (typeof text === 'string' ? !(parsedUrl(text) instanceof UrlError) : undefined),
  getScheme: of((url) => url.scheme),
  getHost: of((url) => url.host),
  getHostname: of((url) => url.hostname),
  getPort: of((url) => url.port),
  getEscapedPath: of((url) => url.escapedPath),
  getQuery: of((url) => ValueMap.from([...url.query].map(([key, values]) => [key, new ValueList(values)] as const))),
};

function parsedUrl(text: string): ParsedUrl | UrlError {
  try {
    return parseRequestUri(text);
  } catch (error) {
    if (error instanceof UrlError) return error;
    throw error;
  }
}

function of(apply: (url: ParsedUrl) => Value): CelFunction {
  return ([value]) => (value instanceof CelUrl ? apply(value.url) : undefined);
}
