import type { Status } from '../../api/index.ts';
import type { Clock } from '../../world/index.ts';
import type { RequestInfo } from '../flowcontrol/index.ts';
import { CounterFamily, type MetricsWriter } from '../metrics/index.ts';
import type { UserInfo } from '../server.ts';
import { type AuditFacts, type AuditSource, eventLine, goJson, objectJson } from './event.ts';
import { type AuditConfig, type AuditLevel, type AuditPolicy, type AuditStage, createEvaluator } from './policy.ts';

/** Where events go, one line each. */
export interface AuditSink {
  write(line: string): void;
}

/** Records what a policy wants recorded. Kubernetes: endpoints/filters/audit.go. */
export class Auditor {
  private readonly clock: Clock;
  private readonly sink: AuditSink;
  private readonly evaluate: (user: UserInfo | undefined, request: RequestInfo) => AuditConfig;
  private readonly levels = new CounterFamily('apiserver_audit_level_total', 'Requests by the level at which they are recorded.');
  private events = 0;

  constructor(policy: AuditPolicy, sink: AuditSink, clock: Clock) {
    this.evaluate = createEvaluator(policy);
    this.sink = sink;
    this.clock = clock;
  }

  /** Begins the record of a request whose sender is known, and notes that it has come; undefined where nothing is recorded of it. */
  begin(user: UserInfo | undefined, info: RequestInfo, source: AuditSource, isLongRunning: boolean): AuditRecord | undefined {
    const config = this.evaluate(user, info);
    this.levels.with({ level: config.level }).value++;
    if (config.level === 'None') return undefined;
    const record = new AuditRecord(config, source, user, info, isLongRunning, (facts, stage) => this.emit(config, facts, stage));
    this.emit(config, record, 'RequestReceived');
    return record;
  }

  /** Records a request that was refused before anybody looked closer: one event, when the answer begins. Kubernetes: withFailedRequestAudit. */
  refused(info: RequestInfo, source: AuditSource, message: string, code: number): void {
    const config = this.evaluate(undefined, info);
    if (config.level === 'None') return;
    const record = new AuditRecord(config, source, undefined, info, true, (facts, stage) => this.emit(config, facts, stage));
    record.status = { message };
    record.noteAnswer(code);
  }

  write(writer: MetricsWriter): void {
    writer.family('apiserver_audit_event_total', 'counter', 'Audit events that were sent to the log.', [{ labels: '', value: this.events }]);
    this.levels.write(writer);
  }

  private emit(config: AuditConfig, facts: AuditFacts, stage: AuditStage): void {
    if (config.omitStages.has(stage)) return;
    this.events++;
    this.sink.write(eventLine(facts, stage, this.clock.nowMs()));
  }
}

/** What is recorded of one request while it is served. */
export class AuditRecord implements AuditFacts {
  readonly source: AuditSource;
  readonly user: UserInfo | undefined;
  readonly info: RequestInfo;
  readonly annotations = new Map<string, string>();
  impersonated: UserInfo | undefined = undefined;
  impersonationConstraint: string | undefined = undefined;
  objectName = '';
  objectNamespace = '';
  objectUid = '';
  objectVersion = '';
  status: Partial<Status> | undefined = undefined;
  requestObject: string | undefined = undefined;
  responseObject: string | undefined = undefined;
  private isBug = false;
  private readonly config: AuditConfig;
  private readonly isLongRunning: boolean;
  private readonly emit: (facts: AuditFacts, stage: AuditStage) => void;

  constructor(config: AuditConfig, source: AuditSource, user: UserInfo | undefined, info: RequestInfo, isLongRunning: boolean, emit: (facts: AuditFacts, stage: AuditStage) => void) {
    this.config = config;
    this.source = source;
    this.user = user;
    this.info = info;
    this.isLongRunning = isLongRunning;
    this.emit = emit;
  }

  get level(): AuditLevel {
    return this.config.level;
  }

  /** The first value of an annotation stays. Kubernetes: addAuditAnnotationLocked. */
  annotate(key: string, value: string): void {
    if (!this.annotations.has(key)) this.annotations.set(key, value);
  }

  /** The object of a request, before the registry gets it; withDefaults gives its form with defaults. */
  noteRequestObject(object: unknown, withDefaults: () => unknown): void {
    if (isObject(object)) {
      const { name, namespace, uid, resourceVersion } = (isObject(object['metadata']) ? object['metadata'] : {}) as Record<string, unknown>;
      this.objectName = textOf(name);
      this.objectNamespace = textOf(namespace);
      this.objectUid = textOf(uid);
      this.objectVersion = textOf(resourceVersion);
    }
    if (this.keeps('Request') && object !== undefined) this.requestObject = objectJson(withDefaults() as object, this.config.omitManagedFields);
  }

  /** A patch is kept as it came. */
  notePatch(patch: unknown): void {
    if (this.keeps('Request')) this.requestObject = goJson(patch);
  }

  noteResponseObject(object: object): void {
    if ('kind' in object && object.kind === 'Status') this.status = object as Partial<Status>;
    if (this.keeps('RequestResponse')) this.responseObject = objectJson(object, this.config.omitManagedFields);
  }

  /** The answer begins. */
  noteAnswer(code: number): void {
    this.status = { ...this.status, code };
    if (this.isLongRunning) this.emit(this, 'ResponseStarted');
  }

  /** A bug in the server ended it. */
  noteBug(message: string): void {
    this.status = { code: 500, status: 'Failure', reason: 'InternalError', message: `APIServer panic'd: ${message}` };
    this.isBug = true;
  }

  /** It is over. */
  end(): void {
    if (this.isBug) {
      this.emit(this, 'Panic');
      return;
    }
    if (this.status?.code === undefined) {
      this.status = { code: 200, status: 'Success', message: 'Connection closed early' };
      if (this.isLongRunning) this.emit(this, 'ResponseStarted');
    }
    this.emit(this, 'ResponseComplete');
  }

  private keeps(level: 'Request' | 'RequestResponse'): boolean {
    return this.config.level === 'RequestResponse' || (level === 'Request' && this.config.level === 'Request');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
