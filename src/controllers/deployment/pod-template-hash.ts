import { safeEncode, type PodTemplateSpec } from '../../api/index.ts';

/**
 * The value of the label pod-template-hash. collisionCount makes another hash for the same template.
 * Kubernetes: controller.ComputeHash hashes Go's dump of the struct with FNV-32a; here it is the template's JSON with
 * sorted keys, so the values differ from upstream's, the shape does not.
 */
export function podTemplateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  let hash = fnv32a(fnvOffset, sortedJson(template));
  if (collisionCount !== undefined) hash = fnv32a(hash, String.fromCharCode(...littleEndian(collisionCount), 0, 0, 0, 0));
  return safeEncode(String(hash));
}

const fnvOffset = 0x811c9dc5;

/** FNV-1a over the text's UTF-16 units, low byte first. */
function fnv32a(seed: number, text: string): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    if (unit > 0xff) hash = Math.imul(hash ^ (unit >> 8), 0x01000193);
  }
  return hash >>> 0;
}

const littleEndian = (value: number) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >>> 24) & 0xff];

function sortedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  const parts: string[] = [];
  for (const [key, part] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (part !== undefined && part !== null) parts.push(`${JSON.stringify(key)}:${sortedJson(part)}`);
  }
  return `{${parts.join(',')}}`;
}
