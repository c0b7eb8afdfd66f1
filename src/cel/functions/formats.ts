import { dns1035LabelErrors, dns1123LabelErrors, dns1123SubdomainErrors, labelValueErrors, maskTrailingDash, qualifiedNameErrors } from '../../api/index.ts';
import { type CelType, objectType } from '../types.ts';
import { goQuote } from '../values/convert.ts';
import { isDate, parseTimestamp } from '../values/time.ts';
import { CelOpaque, CelOptional, NO_SUCH_OVERLOAD, type Value, ValueList } from '../values/value.ts';
import type { CelFunction } from './call.ts';
import { parseRequestUri, UrlError } from './parse-url.ts';

const TYPE = objectType('kubernetes.NamedFormat');
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;

class CelFormat extends CelOpaque {
  readonly name: string;
  /** What costs are reckoned with. */
  readonly patternLength: number;
  readonly validate: (text: string) => readonly string[];

  constructor(name: string, patternLength: number, validate: (text: string) => readonly string[]) {
    super();
    this.name = name;
    this.patternLength = patternLength;
    this.validate = validate;
  }

  override get type(): CelType {
    return TYPE;
  }

  override equals(other: Value): Value {
    return other instanceof CelFormat ? this.name === other.name : NO_SUCH_OVERLOAD;
  }
}

function unless(test: (text: string) => boolean, message: string): (text: string) => readonly string[] {
  return (text) => (test(text) ? [] : [message]);
}

function isFullDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  return match !== null && isDate(Number(match[1]), Number(match[2]), Number(match[3]));
}

function uriErrors(text: string): readonly string[] {
  try {
    parseRequestUri(text);
    return [];
  } catch (error) {
    if (error instanceof UrlError) return [`parse ${goQuote(text)}: ${error.message}`];
    throw error;
  }
}

const FORMATS: ReadonlyMap<string, CelFormat> = new Map([
  ['dns1123Label', new CelFormat('DNS1123Label', 30, dns1123LabelErrors)],
  ['dns1123Subdomain', new CelFormat('DNS1123Subdomain', 60, dns1123SubdomainErrors)],
  ['dns1035Label', new CelFormat('DNS1035Label', 30, dns1035LabelErrors)],
  ['qualifiedName', new CelFormat('QualifiedName', 60, qualifiedNameErrors)],
  ['dns1123LabelPrefix', new CelFormat('DNS1123LabelPrefix', 30, (text) => dns1123LabelErrors(maskTrailingDash(text)))],
  ['dns1123SubdomainPrefix', new CelFormat('DNS1123SubdomainPrefix', 60, (text) => dns1123SubdomainErrors(maskTrailingDash(text)))],
  ['dns1035LabelPrefix', new CelFormat('DNS1035LabelPrefix', 30, (text) => dns1035LabelErrors(maskTrailingDash(text)))],
  ['labelValue', new CelFormat('LabelValue', 40, labelValueErrors)],
  ['uri', new CelFormat('URI', 1103, uriErrors)],
  ['uuid', new CelFormat('uuid', 70, unless((text) => UUID.test(text), 'does not match the UUID format'))],
  ['byte', new CelFormat('byte', 84, unless((text) => BASE64.test(text), 'invalid base64'))],
  ['date', new CelFormat('date', 71, unless(isFullDate, 'invalid date'))],
  ['datetime', new CelFormat('datetime', 71, unless((text) => parseTimestamp(text) !== undefined, 'invalid datetime'))],
]);

const named: CelFunction = ([name]) => {
  if (typeof name !== 'string') return undefined;
  const format = FORMATS.get(name);
  return format === undefined ? CelOptional.none : new CelOptional(format);
};

const constants = Object.fromEntries([...FORMATS].map(([name, format]): [string, CelFunction] => [`format.${name}`, () => format]));

/** Named formats of texts. Kubernetes: apiserver/pkg/cel/library/format.go. */
export const FORMAT_FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  ...constants,
  'format.named': named,
  validate: ([format, text]) => {
    if (!(format instanceof CelFormat) || typeof text !== 'string') return undefined;
    const errors = format.validate(text);
    return errors.length === 0 ? CelOptional.none : new CelOptional(new ValueList(errors));
  },
};
