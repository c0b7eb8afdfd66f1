import type { Histogram } from './families.ts';

/** One line of a family. */
export interface Sample {
  /** As labelText writes them. */
  readonly labels: string;
  readonly value: number;
}

/** Puts families together into one text. */
export class MetricsWriter {
  private readonly families = new Map<string, string>();

  /** Families without samples are left out. */
  family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): void {
    const lines = samples.map(({ labels, value }) => `${name}${labels === '' ? '' : `{${labels}}`} ${numberText(value)}`);
    this.add(name, type, help, lines.sort());
  }

  gauge(name: string, help: string, value: number): void {
    this.family(name, 'gauge', help, [{ labels: '', value }]);
  }

  histograms(name: string, help: string, bounds: readonly number[], histograms: ReadonlyMap<string, Histogram>): void {
    const lines: string[] = [];
    for (const [labels, histogram] of [...histograms].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const prefix = labels === '' ? '' : `${labels},`;
      const own = labels === '' ? '' : `{${labels}}`;
      let sum = 0;
      bounds.forEach((bound, index) => {
        sum += histogram.counts[index] ?? 0;
        lines.push(`${name}_bucket{${prefix}le="${numberText(bound)}"} ${sum}`);
      });
      lines.push(`${name}_bucket{${prefix}le="+Inf"} ${histogram.count}`, `${name}_sum${own} ${numberText(histogram.sum)}`, `${name}_count${own} ${histogram.count}`);
    }
    this.add(name, 'histogram', help, lines);
  }

  text(): string {
    return [...this.families].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text).join('');
  }

  private add(name: string, type: string, help: string, lines: readonly string[]): void {
    if (lines.length > 0) this.families.set(name, `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`);
  }
}

/** As Go writes a float: 1e+21 from 21 digits on, 1e-05 below 1e-4. */
function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  const magnitude = Math.abs(value);
  if (value === 0 || (magnitude >= 1e-4 && magnitude < 1e21)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
