const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const codes = new Map([...alphabet].map((letter, index) => [letter, index]));

/** How many bytes a base64 text stands for. */
export function base64Length(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return Math.max(0, Math.floor((text.length * 3) / 4) - padding);
}

/** Base64 with padding, as JSON carries []byte. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const a = bytes[index] ?? 0;
    const b = bytes[index + 1];
    const c = bytes[index + 2];
    text += alphabet.charAt(a >> 2) + alphabet.charAt(((a & 3) << 4) | ((b ?? 0) >> 4));
    text += b === undefined ? '=' : alphabet.charAt(((b & 15) << 2) | ((c ?? 0) >> 6));
    text += c === undefined ? '=' : alphabet.charAt(c & 63);
  }
  return text;
}

/** The bytes of a base64 text, or undefined where it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const clean = text.replace(/[\r\n]/g, '');
  if (clean.length % 4 !== 0) return undefined;
  const length = base64Length(clean);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let index = 0; index < clean.length; index += 4) {
    let group = 0;
    for (let offset = 0; offset < 4; offset += 1) {
      const letter = clean.charAt(index + offset);
      const isPadding = letter === '=' && index + offset >= clean.length - 2;
      const code = isPadding ? 0 : codes.get(letter);
      if (code === undefined) return undefined;
      group = (group << 6) | code;
    }
    for (let shift = 16; shift >= 0 && at < length; shift -= 8) bytes[at++] = (group >> shift) & 255;
  }
  return bytes;
}
