import { readdirSync } from 'node:fs';
import type { MetricsWriter } from '../metrics/index.ts';

/** What the process itself takes. Source: Prometheus' process collector. */
export function writeProcessMetrics(writer: MetricsWriter, startedAtMs: number): void {
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  writer.family('process_cpu_seconds_total', 'counter', 'Total user and system CPU time spent in seconds.', [{ labels: '', value: (cpu.user + cpu.system) / 1e6 }]);
  writer.gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', memory.rss);
  writer.gauge('nodejs_heap_size_used_bytes', 'Heap in use in bytes.', memory.heapUsed);
  writer.gauge('process_start_time_seconds', 'Start time of the API server since 1970 in seconds.', startedAtMs / 1000);
  const open = openFiles();
  if (open !== undefined) writer.gauge('process_open_fds', 'Number of open file descriptors.', open);
}

/** Only Linux shows them. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length - 1; // reading the folder takes one
  } catch {
    return undefined;
  }
}
