/** What Go's time.Parse says of a text that is no time. Go: time.ParseError. */
export function describeTimeError(text: string, precision: 'time' | 'micro'): string {
  const layout = precision === 'time' ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00';
  const quoted = JSON.stringify(text);
  let rest = text;
  for (const [part, pattern, max] of PARTS) {
    const match = pattern.exec(rest);
    if (match === null) return `parsing time ${quoted} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(part)}`;
    if (max !== undefined && (Number(match[0]) > max[1] || Number(match[0]) < max[2])) return `parsing time ${quoted}: ${max[0]} out of range`;
    rest = rest.slice(match[0].length);
    if (part === '05') rest = rest.replace(/^[.,]\d+/, '');
  }
  return rest === '' ? `parsing time ${quoted}: day out of range` : `parsing time ${quoted}: extra text: ${JSON.stringify(rest)}`;
}

const PARTS: readonly (readonly [part: string, pattern: RegExp, range?: readonly [name: string, max: number, min: number]])[] = [
  ['2006', /^\d{4}/], ['-', /^-/], ['01', /^\d{2}/, ['month', 12, 1]], ['-', /^-/], ['02', /^\d{2}/, ['day', 31, 1]], ['T', /^T/],
  ['15', /^\d{2}/, ['hour', 23, 0]], [':', /^:/], ['04', /^\d{2}/, ['minute', 59, 0]], [':', /^:/], ['05', /^\d{2}/, ['second', 59, 0]],
  ['Z07:00', /^(Z|[+-]\d{2}:\d{2})/],
];
