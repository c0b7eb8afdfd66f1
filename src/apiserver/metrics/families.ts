import type { MetricsWriter } from './writer.ts';

/** The labels of one sample as they are written, `a="b",c="d"` in alphabetical order; '' for none. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels).sort().map((name) => `${name}="${escapeLabel(labels[name] ?? '')}"`).join(',');
}

function escapeLabel(text: string): string {
  return /[\\"\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text;
}

/** A number that only grows. */
export interface Counter {
  value: number;
}

/** A counter for each combination of label values. */
export class CounterFamily {
  private readonly name: string;
  private readonly help: string;
  private readonly counters = new Map<string, Counter>();

  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }

  /** Keep the result where it is asked for often. */
  with(labels: Readonly<Record<string, string>>): Counter {
    const key = labelText(labels);
    let counter = this.counters.get(key);
    if (counter === undefined) this.counters.set(key, counter = { value: 0 });
    return counter;
  }

  write(writer: MetricsWriter): void {
    writer.family(this.name, 'counter', this.help, [...this.counters].map(([labels, { value }]) => ({ labels, value })));
  }
}

/** How often values fell below which bounds. */
export class Histogram {
  readonly counts: number[];
  sum = 0;
  count = 0;
  private readonly bounds: readonly number[];

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.sum += value;
    this.count++;
    const { bounds } = this;
    for (let index = 0; index < bounds.length; index++) {
      if (value <= (bounds[index] as number)) {
        (this.counts[index] as number)++;
        return;
      }
    }
  }
}

/** A histogram for each combination of label values. */
export class HistogramFamily {
  private readonly name: string;
  private readonly help: string;
  private readonly bounds: readonly number[];
  private readonly histograms = new Map<string, Histogram>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.bounds = bounds;
  }

  /** Keep the result where it is asked for often. */
  with(labels: Readonly<Record<string, string>>): Histogram {
    const key = labelText(labels);
    let histogram = this.histograms.get(key);
    if (histogram === undefined) this.histograms.set(key, histogram = new Histogram(this.bounds));
    return histogram;
  }

  write(writer: MetricsWriter): void {
    writer.histograms(this.name, this.help, this.bounds, this.histograms);
  }
}
