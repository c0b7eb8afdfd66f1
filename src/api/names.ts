// Rules for names. Each function gives the list of what is wrong with a value (empty: nothing), in upstream's words.
// Kubernetes: apimachinery/pkg/util/validation.

const LABEL_1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN_1123 = `${LABEL_1123}(\\.${LABEL_1123})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const label1123 = whole(LABEL_1123);
const subdomain1123 = whole(SUBDOMAIN_1123);
const label1035 = whole(LABEL_1035);
const qualifiedName = whole(QUALIFIED_NAME);
const labelValue = whole(`(${QUALIFIED_NAME})?`);

const WILDCARD_SUBDOMAIN = `\\*\\.${SUBDOMAIN_1123}`;
const wildcardSubdomain = whole(WILDCARD_SUBDOMAIN);
const WILDCARD_TEXT = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";

const LABEL_1123_TEXT = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const SUBDOMAIN_1123_TEXT = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const LABEL_1035_TEXT = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const QUALIFIED_NAME_TEXT = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const LABEL_VALUE_TEXT = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** Characters in a DNS label, a label value, and the name part of a qualified name. */
const LABEL_LENGTH_MAX = 63;
/** Characters in a DNS subdomain, which most objects' names are. */
export const SUBDOMAIN_LENGTH_MAX = 253;

const NONE: readonly string[] = Object.freeze([]);

function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}

/** "must be no more than 63 characters". */
function maxLengthText(lengthMax: number): string {
  return `must be no more than ${lengthMax} characters`;
}

/** The same of labels, whose rules count bytes. Kubernetes: api/validate/content. */
function maxBytesText(lengthMax: number): string {
  return `must be no more than ${lengthMax} bytes`;
}

/** A rule together with examples and its regular expression. Kubernetes: validation.RegexError. */
export function regexText(text: string, pattern: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${text} (regex used for validation is '${pattern}')`;
  return `${text} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${pattern}')`;
}

/** A name such as my-name: one DNS label as RFC 1123 has it. */
export function dns1123LabelErrors(value: string): readonly string[] {
  if (value.length <= LABEL_LENGTH_MAX && label1123.test(value)) return NONE;
  const errors: string[] = [];
  if (value.length > LABEL_LENGTH_MAX) errors.push(maxLengthText(LABEL_LENGTH_MAX));
  if (!label1123.test(value)) {
    errors.push(subdomain1123.test(value) ? 'must not contain dots' : regexText(LABEL_1123_TEXT, LABEL_1123, 'my-name', '123-abc'));
  }
  return errors;
}

/** A name such as example.com: DNS labels joined by dots. */
export function dns1123SubdomainErrors(value: string): readonly string[] {
  if (value.length <= SUBDOMAIN_LENGTH_MAX && subdomain1123.test(value)) return NONE;
  const errors: string[] = [];
  if (value.length > SUBDOMAIN_LENGTH_MAX) errors.push(maxLengthText(SUBDOMAIN_LENGTH_MAX));
  if (!matchesBounded(subdomain1123, value)) errors.push(regexText(SUBDOMAIN_1123_TEXT, SUBDOMAIN_1123, 'example.com'));
  return errors;
}

/** A name such as abc-123, of Services: a DNS label that starts with a letter. */
export function dns1035LabelErrors(value: string): readonly string[] {
  if (value.length <= LABEL_LENGTH_MAX && label1035.test(value)) return NONE;
  const errors: string[] = [];
  if (value.length > LABEL_LENGTH_MAX) errors.push(maxLengthText(LABEL_LENGTH_MAX));
  if (!label1035.test(value)) errors.push(regexText(LABEL_1035_TEXT, LABEL_1035, 'my-name', 'abc-123'));
  return errors;
}

/** A key of a label or annotation, or any name such as example.com/MyName. */
export function qualifiedNameErrors(value: string): readonly string[] {
  if (value.length <= LABEL_LENGTH_MAX && qualifiedName.test(value)) return NONE;
  const parts = value.split('/');
  const ruleText = regexText(QUALIFIED_NAME_TEXT, QUALIFIED_NAME, 'MyName', 'my.name', '123-abc');
  if (parts.length > 2) return [`a valid label key ${ruleText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const errors: string[] = [];
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (prefix === '') errors.push('prefix part must be non-empty');
  else if (prefix !== undefined) for (const error of dns1123SubdomainErrors(prefix).map((text) => `prefix part ${text}`)) errors.push(error);
  if (name === '') errors.push('name part must be non-empty');
  else if (name.length > LABEL_LENGTH_MAX) errors.push(`name part ${maxBytesText(LABEL_LENGTH_MAX)}`);
  if (!qualifiedName.test(name)) errors.push(`name part ${ruleText}`);
  return errors.length === 0 ? NONE : errors;
}

/** The value of a label; '' is one. */
export function labelValueErrors(value: string): readonly string[] {
  if (value.length <= LABEL_LENGTH_MAX && labelValue.test(value)) return NONE;
  const errors: string[] = [];
  if (value.length > LABEL_LENGTH_MAX) errors.push(maxBytesText(LABEL_LENGTH_MAX));
  if (!labelValue.test(value)) errors.push(regexText(LABEL_VALUE_TEXT, `(${QUALIFIED_NAME})?`, 'MyValue', 'my_value', '12345'));
  return errors;
}

/** A name that becomes one segment of a path, as RBAC objects' names do. */
export function pathSegmentNameErrors(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  const errors: string[] = [];
  if (value.includes('/')) errors.push("may not contain '/'");
  if (value.includes('%')) errors.push("may not contain '%'");
  return errors.length === 0 ? NONE : errors;
}

/** A host name such as *.example.com: RFC 1034's wildcard. Kubernetes: validation.IsWildcardDNS1123Subdomain. */
export function wildcardSubdomainErrors(value: string): readonly string[] {
  const errors: string[] = [];
  if (value.length > SUBDOMAIN_LENGTH_MAX) errors.push(maxLengthText(SUBDOMAIN_LENGTH_MAX));
  if (!matchesBounded(wildcardSubdomain, value)) errors.push(regexText(WILDCARD_TEXT, WILDCARD_SUBDOMAIN, '*.example.com'));
  return errors.length === 0 ? NONE : errors;
}

/** The name of a container's port. */
export function portNameErrors(value: string): readonly string[] {
  const errors: string[] = [];
  if (value.length > 15) errors.push(maxLengthText(15));
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors.length === 0 ? NONE : errors;
}

/** A port of TCP, UDP or SCTP. */
export function portNumberErrors(value: number): readonly string[] {
  return value >= 1 && value <= 65535 ? NONE : ['must be between 1 and 65535, inclusive'];
}

/** A key in a ConfigMap or Secret; each becomes a file's name. */
export function configMapKeyErrors(value: string): readonly string[] {
  const errors: string[] = [];
  if (value.length > SUBDOMAIN_LENGTH_MAX) errors.push(maxLengthText(SUBDOMAIN_LENGTH_MAX));
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) {
    errors.push(regexText("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", '[-._a-zA-Z0-9]+', 'key.name', 'KEY_NAME', 'key-name'));
  }
  if (value === '.' || value === '..') errors.push(`must not be '${value}'`);
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors.length === 0 ? NONE : errors;
}

/** A variable's name; since Kubernetes 1.32 any printable ASCII but '='. */
export function environmentNameErrors(value: string): readonly string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  if (/^[ -<>-~]+$/.test(value)) return NONE;
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** The name of a header that an HTTP probe sends. */
export function httpHeaderNameErrors(value: string): readonly string[] {
  if (/^[-A-Za-z0-9]+$/.test(value)) return NONE;
  return [regexText("a valid HTTP header must consist of alphanumeric characters or '-'", '[-A-Za-z0-9]+', 'X-Header-Name')];
}

/** What a generateName is checked as: its trailing dash will be followed by more. Kubernetes: validation.maskTrailingDash. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

/** The alphabet of names that Kubernetes makes up: no vowels, so no words. Kubernetes: util/rand. */
const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A name of base and five random characters. next gives numbers in [0, 1). Kubernetes: apiserver/pkg/storage/names. */
export function generateName(base: string, next: () => number): string {
  return base.slice(0, LABEL_LENGTH_MAX - 5) + randomSuffix(5, next);
}

/** Random characters from the safe alphabet. */
export function randomSuffix(length: number, next: () => number): string {
  let text = '';
  for (let count = 0; count < length; count++) text += SAFE_ALPHABET[Math.floor(next() * SAFE_ALPHABET.length)];
  return text;
}

/** A number's or hash's text in the safe alphabet, e.g. pod-template-hash. Kubernetes: util/rand, SafeEncodeString. */
export function safeEncode(text: string): string {
  let encoded = '';
  for (let index = 0; index < text.length; index++) encoded += SAFE_ALPHABET[text.charCodeAt(index) % SAFE_ALPHABET.length];
  return encoded;
}

/** The patterns are linear, but a text of megabytes is refused before it is matched. */
function matchesBounded(pattern: RegExp, value: string): boolean {
  return value.length <= 65536 && pattern.test(value);
}
