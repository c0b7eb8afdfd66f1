import type { Container } from '../types.ts';

/** Names of containers, joined by commas. */
export function containerNamesText(containers: readonly Container[] | undefined): string {
  return (containers ?? []).map((container) => container.name).join(',');
}

/** Images of containers, joined by commas. */
export function containerImagesText(containers: readonly Container[] | undefined): string {
  return (containers ?? []).map((container) => container.image ?? '').join(',');
}

/** At most three items, then how many more there are. */
export function listText(items: readonly string[], whenEmpty: string): string {
  if (items.length > 3) return `${items.slice(0, 3).join(',')} + ${items.length - 3} more...`;
  const text = items.join(',');
  return text === '' ? whenEmpty : text;
}
