/** String.fromCharCode takes its bytes as arguments, and an engine takes only so many. */
const PIECE_BYTES = 8192;

/** How many bytes a padded base64 text stands for. */
export function base64Length(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return Math.max(0, Math.floor((text.length * 3) / 4) - padding);
}

/** Standard base64 with padding. RFC 4648, section 4. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) binary += String.fromCharCode(...bytes.subarray(offset, offset + PIECE_BYTES));
  return btoa(binary);
}

/** The bytes of padded base64, across line breaks; undefined where the text is none. As strict as Go's encoding/base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const plain = text.replace(/[\r\n]/g, '');
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) return undefined;
  const binary = atob(plain);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
