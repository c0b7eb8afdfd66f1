import type { ResourceDefinition } from '../../api/index.ts';
import type { Verb } from '../../client/index.ts';
import type { Auditor } from '../audit/index.ts';
import type { Clock } from '../../world/index.ts';
import { type Counter, CounterFamily, type Histogram, HistogramFamily, labelText, MetricsWriter } from '../metrics/index.ts';
import type { ApiServer, ResourceTable } from '../server.ts';
import { PeakGauge } from './peak-gauge.ts';
import { writeProcessMetrics } from './process-metrics.ts';
import type { ResourcePath } from './request-path.ts';

/** What a request was about, for its counters. */
export interface RequestLabels {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  /** cluster, namespace, resource, or '' for what is no resource. */
  readonly scope: string;
  /** apiserver, or '' for what is no resource. */
  readonly component: string;
  /** All where nothing is written. */
  readonly dryRun: string;
  /** Clients are told that it is deprecated. */
  readonly deprecated?: boolean;
}

/** Counters of the API server in Prometheus' text format. */
export interface Metrics {
  requestEnded(labels: RequestLabels, code: number, durationMs: number, bytes: number): void;
  /** A watch, log or stream began; call the result once when it ends. */
  longRunningStarted(labels: RequestLabels): (code: number, durationMs: number) => void;
  inFlight(isMutating: boolean, change: 1 | -1): void;
  inQueue(isMutating: boolean, change: 1 | -1): void;
  /** Turned away for want of room. */
  dropped(labels: RequestLabels): void;
  timedOut(labels: RequestLabels): void;
  /** How often it was told of a resource, and how much; keep the result as long as the watch. */
  watchEvents(definition: ResourceDefinition): (events: number, bytes: number) => void;
  text(): string;
}

/** Upper bounds in seconds. Kubernetes: apiserver/pkg/endpoints/metrics, requestLatencies. */
const DURATION_BOUNDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const SLI_BOUNDS = DURATION_BOUNDS.slice(2);
/** Bytes. */
const SIZE_BOUNDS = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const EVENT_SIZE_BOUNDS = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072];

/** The counters of one kind of request. */
interface Route {
  readonly codes: Map<number, Counter>;
  readonly labels: Readonly<Record<string, string>>;
  readonly withDryRun: Readonly<Record<string, string>>;
  readonly duration: Histogram;
  readonly sli: Histogram | undefined;
  readonly size: Histogram | undefined;
}

/** Counters that all start at zero. */
export function createMetrics(clock: Clock, apiServer: Pick<ApiServer, 'flowControl' | 'objectCounts'>, auditor: Auditor | undefined): Metrics {
  const startedAtMs = clock.nowMs();
  const totals = new CounterFamily('apiserver_request_total', 'Requests by verb, resource and HTTP response code.');
  const durations = new HistogramFamily('apiserver_request_duration_seconds', 'Response latency in seconds for each verb and resource.', DURATION_BOUNDS);
  const slis = new HistogramFamily('apiserver_request_sli_duration_seconds', 'Response latency in seconds, without dry runs.', SLI_BOUNDS);
  const sizes = new HistogramFamily('apiserver_response_sizes', 'Bytes of the answers to reads.', SIZE_BOUNDS);
  const terminations = new CounterFamily('apiserver_request_terminations_total', 'Requests that the server ended to protect itself.');
  const events = new CounterFamily('apiserver_watch_events_total', 'Events that watches were sent.');
  const eventSizes = new HistogramFamily('apiserver_watch_events_sizes', 'Bytes of events, on average over those that were sent together.', EVENT_SIZE_BOUNDS);
  const deprecated = new Set<string>();
  const longRunning = new Map<string, number>();
  const executing = { mutating: new PeakGauge(clock), readOnly: new PeakGauge(clock) };
  const queued = { mutating: new PeakGauge(clock), readOnly: new PeakGauge(clock) };
  const routes = new WeakMap<RequestLabels, Route>();

  const routeOf = (labels: RequestLabels): Route => {
    let route = routes.get(labels);
    if (route === undefined) {
      const { verb, group, version, resource, subresource, scope, component, dryRun } = labels;
      const base = { verb, group, version, resource, subresource, scope, component };
      const withDryRun = { ...base, dry_run: dryRun };
      routes.set(labels, route = {
        codes: new Map(), labels: base, withDryRun, duration: durations.with(withDryRun), sli: dryRun === '' ? slis.with(base) : undefined,
        size: verb === 'GET' || verb === 'LIST' ? sizes.with(base) : undefined,
      });
      if (labels.deprecated === true) deprecated.add(labelText({ group, version, resource, subresource, removed_release: '' }));
    }
    return route;
  };
  const count = (route: Route, code: number, durationMs: number) => {
    let counter = route.codes.get(code);
    if (counter === undefined) route.codes.set(code, counter = totals.with({ ...route.withDryRun, code: String(code) }));
    counter.value++;
    route.duration.observe(durationMs / 1000);
    route.sli?.observe(durationMs / 1000);
  };
  const terminated = (labels: RequestLabels, code: string) => void terminations.with({ ...routeOf(labels).labels, component: 'apiserver', code }).value++;

  return {
    requestEnded(labels, code, durationMs, bytes) {
      const route = routeOf(labels);
      count(route, code, durationMs);
      route.size?.observe(bytes);
    },
    longRunningStarted(labels) {
      const route = routeOf(labels);
      const key = labelText(route.labels);
      longRunning.set(key, (longRunning.get(key) ?? 0) + 1);
      return (code, durationMs) => {
        longRunning.set(key, (longRunning.get(key) ?? 1) - 1);
        count(route, code, durationMs);
      };
    },
    inFlight: (isMutating, change) => (isMutating ? executing.mutating : executing.readOnly).add(change),
    inQueue: (isMutating, change) => (isMutating ? queued.mutating : queued.readOnly).add(change),
    dropped: (labels) => terminated(labels, '429'),
    timedOut: (labels) => terminated(labels, '504'),
    watchEvents({ group, version, resource }) {
      const labels = { group, version, resource };
      let counter: Counter | undefined;
      let size: Histogram | undefined;
      return (number, bytes) => {
        (counter ??= events.with(labels)).value += number;
        (size ??= eventSizes.with(labels)).observe(bytes / number);
      };
    },
    text() {
      const writer = new MetricsWriter();
      for (const family of [totals, durations, slis, sizes, terminations, events, eventSizes]) family.write(writer);
      const byKind = (gauges: { readonly mutating: PeakGauge; readonly readOnly: PeakGauge }) => (['mutating', 'readOnly'] as const).map((kind) => (
        { labels: labelText({ request_kind: kind }), value: gauges[kind].peak() }
      ));
      writer.family('apiserver_current_inflight_requests', 'gauge', 'The most requests that were served at a time in the last second.', byKind(executing));
      writer.family('apiserver_current_inqueue_requests', 'gauge', 'The most requests that waited at a time in the last second.', byKind(queued));
      writer.family('apiserver_longrunning_requests', 'gauge', 'Watches, logs and streams that are open now.', [...longRunning].map(([labels, value]) => ({ labels, value })));
      writer.family('apiserver_requested_deprecated_apis', 'gauge', 'Deprecated resources that somebody has asked for.', [...deprecated].map((labels) => ({ labels, value: 1 })));
      writeObjectCounts(writer, apiServer);
      apiServer.flowControl?.write(writer);
      auditor?.write(writer);
      writeProcessMetrics(writer, startedAtMs);
      return writer.text();
    },
  };
}

function writeObjectCounts(writer: MetricsWriter, apiServer: Pick<ApiServer, 'objectCounts'>): void {
  const counts = apiServer.objectCounts?.() ?? [];
  writer.family('apiserver_resource_objects', 'gauge', 'Objects that are stored, by resource.', counts.map(({ group, resource, count }) => ({ labels: labelText({ group, resource }), value: count })));
  writer.family('apiserver_storage_objects', 'gauge', 'Objects that are stored, by resource.', counts.map(({ group, resource, count }) => (
    { labels: labelText({ resource: group === '' ? resource : `${resource}.${group}` }), value: count }
  )));
}

/** Of what is no resource, or of none that is served. */
export const OTHER_LABELS: RequestLabels = { verb: 'GET', group: '', version: '', resource: '', subresource: '', scope: '', component: '', dryRun: '' };

const METRIC_VERBS: Readonly<Record<Verb, string>> = {
  get: 'GET', list: 'LIST', watch: 'WATCH', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE', deletecollection: 'DELETECOLLECTION',
};

const CONNECTIONS = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

/** Labels of the kinds of requests there have been; each is one object. */
const known = new WeakMap<ResourceDefinition, Map<string, RequestLabels>>();

/** Only what is served gets counters of its own, so that a client can't make them grow. Kubernetes: CleanVerb. */
export function resourceLabels(resources: ResourceTable, path: ResourcePath, verb: Verb | undefined, isApply: boolean, dryRun: string): RequestLabels {
  const definition = resources.get(path.group, path.version, path.resource);
  if (definition === undefined || verb === undefined) return OTHER_LABELS;
  let ofResource = known.get(definition);
  if (ofResource === undefined) known.set(definition, ofResource = new Map());
  const scope = path.name !== '' ? 'resource' : path.namespace !== '' ? 'namespace' : 'cluster';
  const key = path.subresource === '' && dryRun === '' && !isApply ? KEYS[verb][scope] ?? '' : `${verb} ${isApply} ${path.subresource} ${scope}${dryRun === '' ? '' : ' dry'}`;
  let labels = ofResource.get(key);
  if (labels === undefined) {
    labels = newLabels(definition, path.subresource, scope, verb, isApply, dryRun);
    // Subresources that a client makes up are all the same.
    if (labels.subresource !== path.subresource) return resourceLabels(resources, { ...path, subresource: '' }, verb, isApply, dryRun);
    ofResource.set(key, labels);
  }
  return labels;
}

const SCOPES = ['cluster', 'namespace', 'resource'] as const;
const KEYS = Object.fromEntries(Object.keys(METRIC_VERBS).map((verb) => [verb, Object.fromEntries(SCOPES.map((scope) => [scope, `${verb} ${scope}`]))])) as Readonly<Record<Verb, Readonly<Record<string, string>>>>;

function newLabels(definition: ResourceDefinition, asked: string, scope: string, verb: Verb, isApply: boolean, dryRun: string): RequestLabels {
  const { group, version, resource } = definition;
  const isConnection = CONNECTIONS.has(asked) && group === '';
  const subresource = isConnection || definition.subresources.some(({ name }) => name === asked) ? asked : '';
  return {
    verb: isConnection ? 'CONNECT' : verb === 'patch' && isApply ? 'APPLY' : METRIC_VERBS[verb], group, version, resource, subresource, scope, component: 'apiserver',
    dryRun: dryRun === '' ? '' : 'All', deprecated: definition.deprecation !== undefined,
  };
}

/** Of paths that are no resources, as upstream's handlers name themselves. */
export function pathLabels(method: string, path: string): RequestLabels {
  return (method === 'GET' || method === 'HEAD' ? COUNTED_PATHS.get(path) : undefined) ?? OTHER_LABELS;
}

const COUNTED_PATHS: ReadonlyMap<string, RequestLabels> = new Map(['/healthz', '/livez', '/readyz', '/version', '/metrics'].map((path) => [path, { ...OTHER_LABELS, subresource: path }]));
