import { newInvalidError, notSupported } from '../../api/index.ts';
import { newBadRequest } from '../errors.ts';
import type { LogOptions, RequestQuery } from '../../client/index.ts';

/** Query parameters in the order in which they came. A name may come more than once (command=…). */
export type QueryParameters = ReadonlyMap<string, readonly string[]>;

const NONE: QueryParameters = new Map();

/** Parses what follows the question mark. A part that is not valid percent-encoding is 400. */
export function parseQuery(text: string): QueryParameters {
  if (text === '') return NONE;
  const parameters = new Map<string, string[]>();
  for (const part of text.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : decode(part.slice(equals + 1));
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [value]);
    else values.push(value);
  }
  return parameters;
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    const escape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(spaced)?.[0] ?? spaced.slice(0, 3);
    throw newBadRequest(`invalid URL escape ${JSON.stringify(escape)}`);
  }
}

/** The first value of a parameter. */
export function textParameter(parameters: QueryParameters, name: string): string | undefined {
  return parameters.get(name)?.[0];
}

/** A whole number, or 400 with the text that Go's strconv gives. */
function integerParameter(parameters: QueryParameters, name: string): number | undefined {
  const text = textParameter(parameters, name);
  if (text === undefined || text === '') return undefined;
  if (!/^[+-]?[0-9]+$/.test(text)) throw newBadRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw newBadRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return value;
}

/** A truth value: anything is true that is not "0" or "false", also a parameter without a value (?pretty). Kubernetes: runtime.Convert_Slice_string_To_bool. */
export function booleanParameter(parameters: QueryParameters, name: string): boolean | undefined {
  const text = textParameter(parameters, name);
  return text === undefined ? undefined : text !== '0' && text.toLowerCase() !== 'false';
}

/** Kinds whose options have a parameter, for the text of a refusal. */
export type OptionsKind = 'GetOptions' | 'ListOptions' | 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

const FIELD_VALIDATION = ['Ignore', 'Strict', 'Warn'] as const;
const VERSION_MATCH = ['Exact', 'NotOlderThan'] as const;

/** The parameters of a request for a resource. 400 on a value that does not parse, 422 on one that is not supported. */
export function requestQuery(parameters: QueryParameters, kind: OptionsKind): RequestQuery | undefined {
  if (parameters.size === 0) return undefined;
  const query: { -readonly [Key in keyof RequestQuery]: RequestQuery[Key] } = {};
  for (const name of parameters.keys()) {
    switch (name) {
      case 'labelSelector': case 'fieldSelector': case 'continue': case 'resourceVersion': case 'fieldManager': {
        const text = textParameter(parameters, name);
        if (text !== undefined && text !== '') query[name] = text;
        break;
      }
      case 'limit': case 'timeoutSeconds': {
        const value = integerParameter(parameters, name);
        if (value !== undefined) query[name] = value;
        break;
      }
      case 'allowWatchBookmarks': case 'sendInitialEvents': case 'force': {
        const value = booleanParameter(parameters, name);
        if (value !== undefined) query[name] = value;
        break;
      }
      case 'dryRun': {
        const value = dryRunParameter(parameters, kind);
        if (value !== undefined) query.dryRun = value;
        break;
      }
      case 'fieldValidation': {
        const value = choice(parameters, name, FIELD_VALIDATION, kind, ['', ...FIELD_VALIDATION]);
        if (value !== undefined) query.fieldValidation = value;
        break;
      }
      case 'resourceVersionMatch': {
        const value = choice(parameters, name, VERSION_MATCH, kind, [...VERSION_MATCH, '']);
        if (value !== undefined) query.resourceVersionMatch = value;
        break;
      }
    }
  }
  return query;
}

/** Dry runs are a list: what is refused is shown as one. */
function dryRunParameter(parameters: QueryParameters, kind: OptionsKind): 'All' | undefined {
  const texts = (parameters.get('dryRun') ?? []).filter((text) => text !== '');
  if (texts.some((text) => text !== 'All')) throw newInvalidError('meta.k8s.io', kind, '', [notSupported('dryRun', texts, ['All'])]);
  return texts.length === 0 ? undefined : 'All';
}

/** One of the choices. Refusals name what is supported in upstream's order, the empty text included where upstream does. */
function choice<T extends string>(parameters: QueryParameters, name: string, choices: readonly T[], kind: OptionsKind, supported: readonly string[] = choices): T | undefined {
  const text = textParameter(parameters, name);
  if (text === undefined || text === '') return undefined;
  const found = choices.find((item) => item === text);
  if (found === undefined) throw newInvalidError('meta.k8s.io', kind, '', [notSupported(name, text, supported)]);
  return found;
}

/** DeleteOptions as the query gives them, for a DELETE without a body. */
export function deleteOptionsFromQuery(parameters: QueryParameters): Record<string, unknown> | undefined {
  if (parameters.size === 0) return undefined;
  const gracePeriodSeconds = integerParameter(parameters, 'gracePeriodSeconds');
  const orphanDependents = booleanParameter(parameters, 'orphanDependents');
  const propagationPolicy = textParameter(parameters, 'propagationPolicy');
  const dryRun = dryRunParameter(parameters, 'DeleteOptions');
  if (gracePeriodSeconds === undefined && orphanDependents === undefined && propagationPolicy === undefined && dryRun === undefined) return undefined;
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(dryRun === undefined ? {} : { dryRun: [dryRun] }),
  };
}

/** The parameters of pods/log. Kubernetes: PodLogOptions and its validation. */
export function logOptions(parameters: QueryParameters, podName: string): LogOptions & { readonly container: string } {
  const tailLines = integerParameter(parameters, 'tailLines');
  const limitBytes = integerParameter(parameters, 'limitBytes');
  const sinceSeconds = integerParameter(parameters, 'sinceSeconds');
  const sinceTime = textParameter(parameters, 'sinceTime');
  const follow = booleanParameter(parameters, 'follow') ?? false;
  const previous = booleanParameter(parameters, 'previous') ?? false;
  const timestamps = booleanParameter(parameters, 'timestamps') ?? false;
  const errors = [];
  if (tailLines !== undefined && tailLines < 0) {
    errors.push({ type: 'Invalid', field: 'tailLines', value: tailLines, detail: 'must be greater than or equal to 0' } as const);
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    errors.push({ type: 'Invalid', field: 'limitBytes', value: limitBytes, detail: 'must be greater than 0' } as const);
  }
  if (sinceSeconds !== undefined && sinceTime !== undefined && sinceTime !== '') {
    errors.push({ type: 'Forbidden', field: '', detail: 'at most one of `sinceTime` or `sinceSeconds` may be specified' } as const);
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push({ type: 'Invalid', field: 'sinceSeconds', value: sinceSeconds, detail: 'must be greater than 0' } as const);
  }
  if (errors.length > 0) throw newInvalidError('', 'PodLogOptions', podName, errors);
  if (sinceTime !== undefined && sinceTime !== '' && !RFC3339.test(sinceTime)) {
    throw newBadRequest(`parsing time ${JSON.stringify(sinceTime)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(sinceTime)} as "2006"`);
  }
  return {
    container: textParameter(parameters, 'container') ?? '',
    follow,
    previous,
    timestamps,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(sinceTime === undefined || sinceTime === '' ? {} : { sinceTime }),
  };
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
