import type { Clock } from '../../world/index.ts';

/** What a request was about, for its counters. */
export interface RequestLabels {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  /** cluster, namespace, resource, or '' for what is no resource. */
  readonly scope: string;
}

/** Counters of the API server in Prometheus' text format. */
export interface Metrics {
  requestEnded(labels: RequestLabels, code: number, durationMs: number): void;
  /** A watch, log or stream began; call the result once when it ends. */
  longRunningStarted(labels: RequestLabels): (code: number) => void;
  inFlight(change: 1 | -1): void;
  text(): string;
}

/** Upper bounds in seconds. Kubernetes: apiserver/pkg/endpoints/metrics, requestLatencies (a selection). */
const BUCKETS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10, 30, 60];

interface Histogram {
  readonly counts: number[];
  sumSeconds: number;
  count: number;
}

/** Counters that all start at zero. */
export function createMetrics(clock: Clock): Metrics {
  const startedAtMs = clock.nowMs();
  const totals = new Map<string, number>();
  const durations = new Map<string, Histogram>();
  const longRunning = new Map<string, number>();
  let inFlight = 0;
  const count = (key: string, code: number) => {
    const withCode = `code="${code}",${key}`;
    totals.set(withCode, (totals.get(withCode) ?? 0) + 1);
  };

  return {
    requestEnded(labels, code, durationMs) {
      const key = labelText(labels);
      count(key, code);
      let histogram = durations.get(key);
      if (histogram === undefined) durations.set(key, histogram = { counts: BUCKETS.map(() => 0), sumSeconds: 0, count: 0 });
      const seconds = durationMs / 1000;
      histogram.count++;
      histogram.sumSeconds += seconds;
      for (let index = 0; index < BUCKETS.length; index++) {
        if (seconds <= (BUCKETS[index] ?? 0)) {
          histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
          break;
        }
      }
    },
    longRunningStarted(labels) {
      const key = labelText(labels);
      longRunning.set(key, (longRunning.get(key) ?? 0) + 1);
      return (code) => {
        longRunning.set(key, (longRunning.get(key) ?? 1) - 1);
        count(key, code);
      };
    },
    inFlight(change) {
      inFlight += change;
    },
    text() {
      const lines: string[] = [];
      heading(lines, 'apiserver_current_inflight_requests', 'gauge', 'Requests that are being served now.');
      lines.push(`apiserver_current_inflight_requests ${inFlight}`);
      heading(lines, 'apiserver_longrunning_requests', 'gauge', 'Watches, logs and streams that are open now.');
      for (const [key, value] of longRunning) lines.push(`apiserver_longrunning_requests{${key}} ${value}`);
      heading(lines, 'apiserver_request_duration_seconds', 'histogram', 'Response latency in seconds for each verb and resource.');
      for (const [key, histogram] of durations) histogramLines(lines, key, histogram);
      heading(lines, 'apiserver_request_total', 'counter', 'Requests by verb, resource and HTTP response code.');
      for (const [key, value] of totals) lines.push(`apiserver_request_total{${key}} ${value}`);
      processLines(lines, startedAtMs);
      return `${lines.join('\n')}\n`;
    },
  };
}

function histogramLines(lines: string[], key: string, histogram: Histogram): void {
  const name = 'apiserver_request_duration_seconds';
  let sum = 0;
  for (let index = 0; index < BUCKETS.length; index++) {
    sum += histogram.counts[index] ?? 0;
    lines.push(`${name}_bucket{${key},le="${BUCKETS[index]}"} ${sum}`);
  }
  lines.push(`${name}_bucket{${key},le="+Inf"} ${histogram.count}`, `${name}_sum{${key}} ${histogram.sumSeconds}`, `${name}_count{${key}} ${histogram.count}`);
}

function processLines(lines: string[], startedAtMs: number): void {
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  heading(lines, 'process_cpu_seconds_total', 'counter', 'Total user and system CPU time spent in seconds.');
  lines.push(`process_cpu_seconds_total ${(cpu.user + cpu.system) / 1e6}`);
  heading(lines, 'process_resident_memory_bytes', 'gauge', 'Resident memory size in bytes.');
  lines.push(`process_resident_memory_bytes ${memory.rss}`);
  heading(lines, 'nodejs_heap_size_used_bytes', 'gauge', 'Heap in use in bytes.');
  lines.push(`nodejs_heap_size_used_bytes ${memory.heapUsed}`);
  heading(lines, 'process_start_time_seconds', 'gauge', 'Start time of the API server since 1970 in seconds.');
  lines.push(`process_start_time_seconds ${startedAtMs / 1000}`);
}

function heading(lines: string[], name: string, type: string, help: string): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
}

/** Resources come from the table and verbs from a fixed set, so that the number of keys is bounded. */
function labelText({ verb, group, version, resource, subresource, scope }: RequestLabels): string {
  return `component="apiserver",group="${group}",resource="${resource}",scope="${scope}",subresource="${subresource}",verb="${verb}",version="${version}"`;
}
