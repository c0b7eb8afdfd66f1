/** What a literal's text could not be read for. */
export class LiteralError extends Error {}

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', "'": "'", '"': '"', '`': '`', '?': '?',
};

/** The characters between the quotes, escapes resolved. Throws LiteralError. Kubernetes: cel-go parser/unescape.go. */
export function unquoteString(literal: string): string {
  const { text, raw } = strip(literal);
  return raw ? text : text.replace(/\\(?:x|X)([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\([0-3][0-7]{2})|\\([^])/g,
    (_all, hex: string | undefined, short: string | undefined, long: string | undefined, octal: string | undefined, simple: string | undefined) => {
      if (simple !== undefined) return SIMPLE[simple] ?? fail('unable to unescape string');
      const code = octal === undefined ? Number.parseInt(hex ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8);
      if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return fail('invalid unicode code point');
      return String.fromCodePoint(code);
    });
}

/** The bytes of a b'' literal without its b; escapes of two and three digits are bytes. Throws LiteralError. */
export function unquoteBytes(literal: string): Uint8Array {
  const { text, raw } = strip(literal);
  const encoder = new TextEncoder();
  if (raw) return encoder.encode(text);
  const bytes: number[] = [];
  for (let index = 0; index < text.length;) {
    if (text[index] !== '\\') {
      const character = String.fromCodePoint(text.codePointAt(index) ?? 0);
      bytes.push(...encoder.encode(character));
      index += character.length;
      continue;
    }
    const code = text[index + 1] ?? '';
    if (code === 'x' || code === 'X') {
      bytes.push(Number.parseInt(text.slice(index + 2, index + 4), 16));
      index += 4;
    } else if (code >= '0' && code <= '3') {
      bytes.push(Number.parseInt(text.slice(index + 1, index + 4), 8));
      index += 4;
    } else {
      const simple = SIMPLE[code];
      if (simple === undefined) fail('unable to unescape string');
      bytes.push(simple.charCodeAt(0));
      index += 2;
    }
  }
  return Uint8Array.from(bytes);
}

function strip(literal: string): { text: string; raw: boolean } {
  let value = literal.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  const raw = value[0] === 'r' || value[0] === 'R';
  if (raw) value = value.slice(1);
  const triple = value.length >= 6 && (value.startsWith("'''") || value.startsWith('"""'));
  return { text: triple ? value.slice(3, -3) : value.slice(1, -1), raw };
}

function fail(message: string): never {
  throw new LiteralError(message);
}
