import { column, nameColumn, wideColumn } from '../printers/columns.ts';
import type { KubernetesObject } from '../meta.ts';
import { addSchema, schemaFromOpenApi } from '../schema/index.ts';
import { defineResource, noErrors } from '../core/define.ts';

/** Part of a request, in the order in which they come. */
export interface RequestStage {
  /** receiving, authorization, mutating, validating, storing, answering. */
  readonly name: string;
  readonly microseconds: number;
}

/** What one admission plugin changed. */
export interface RequestAdmission {
  readonly plugin: string;
  /** JSON patches (RFC 6902), one a line of the array; values of Secrets are left out. */
  readonly patch: readonly object[];
}

/** One request that the API server has answered: who asked for what, what became of it, how long each stage took, and who was told. */
export interface RequestTrace extends KubernetesObject {
  readonly spec: {
    readonly user: string;
    readonly groups: readonly string[];
    readonly verb: string;
    readonly group?: string;
    readonly version: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly dryRun?: boolean;
  };
  readonly status: {
    readonly code: number;
    readonly reason?: string;
    readonly message?: string;
    /** Why the user was allowed to, or not. */
    readonly authorization?: string;
    /** Absent, as microseconds, where a component in the server's process read something while nobody watched. */
    readonly stages?: readonly RequestStage[];
    readonly microseconds?: number;
    readonly admission?: readonly RequestAdmission[];
    /** The store's revision that the write made. */
    readonly revision?: string;
    /** Who watches what was written, and with how many watches. */
    readonly notified?: readonly { readonly user: string; readonly watches: number }[];
  };
}

const text = { type: 'string' } as const;
const whole = { type: 'integer', format: 'int64' } as const;
const schema = addSchema(schemaFromOpenApi('dev.drydock.lab.v1alpha1.RequestTrace', { group: 'lab.drydock.dev', version: 'v1alpha1', kind: 'RequestTrace' }, {
  description: 'RequestTrace is one request that the API server has answered: its stages, what admission changed, the revision it made and who was told. The server keeps the latest ones in memory.',
  type: 'object',
  properties: {
    spec: {
      description: 'What was asked, and by whom.', type: 'object',
      properties: {
        user: { ...text, description: 'Who asked.' }, groups: { type: 'array', items: text, description: 'The groups of who asked.' },
        verb: { ...text, description: 'The verb of the request, as RBAC names it.' }, group: text, version: text, resource: text, subresource: text, namespace: text, name: text,
        dryRun: { type: 'boolean', description: 'Whether nothing was to be stored.' },
      },
    },
    status: {
      description: 'What became of it.', type: 'object',
      properties: {
        code: { ...whole, description: 'The HTTP code of the answer.' }, reason: text, message: text,
        authorization: { ...text, description: 'Why it was allowed, or not.' },
        stages: { type: 'array', description: 'The stages in their order, with the time that each took.', items: { type: 'object', properties: { name: text, microseconds: whole } } },
        microseconds: { ...whole, description: 'The whole time.' },
        admission: {
          type: 'array', description: 'What admission plugins changed.',
          items: { type: 'object', properties: { plugin: text, patch: { type: 'array', items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } } },
        },
        revision: { ...text, description: 'The revision of the store that the write made.' },
        notified: { type: 'array', description: 'Who watches what was written.', items: { type: 'object', properties: { user: text, watches: whole } } },
      },
    },
  },
}));

/** The latest requests to the API server, kept in a ring in memory. */
export const requestTraces = defineResource<RequestTrace>({
  group: 'lab.drydock.dev', version: 'v1alpha1', resource: 'requesttraces', kind: 'RequestTrace', namespaced: false, schema: schema.name,
  verbs: ['get', 'list', 'watch'],
  computed: true,
  selectableFields: {
    'spec.user': (trace) => trace.spec.user, 'spec.verb': (trace) => trace.spec.verb, 'spec.resource': (trace) => trace.spec.resource,
    'spec.namespace': (trace) => trace.spec.namespace ?? '', 'spec.name': (trace) => trace.spec.name ?? '',
  },
  columns: [
    nameColumn,
    column('User', 'string', 'Who asked.', (trace) => trace.spec.user),
    column('Verb', 'string', 'What for.', (trace) => trace.spec.verb),
    column('Resource', 'string', 'Of what.', resourceText),
    column('Namespace', 'string', 'Where.', (trace) => trace.spec.namespace ?? ''),
    column('Name', 'string', 'Of which object.', (trace) => trace.spec.name ?? ''),
    column('Code', 'integer', 'HTTP code of the answer.', (trace) => trace.status.code),
    column('Took', 'string', 'How long it took.', (trace) => durationText(trace.status.microseconds)),
    column('Revision', 'string', 'Revision that the write made.', (trace) => trace.status.revision ?? ''),
    wideColumn('Stages', 'string', 'Time in each stage.', stagesText),
    wideColumn('Notified', 'string', 'Who watches what was written.', notifiedText),
  ],
  strategy: {
    defaults: (trace) => trace, prepareForCreate: (trace) => trace, prepareForUpdate: (next) => next,
    validateCreate: () => noErrors, validateUpdate: () => noErrors, allowUnconditionalUpdate: false, allowCreateOnUpdate: false,
  },
});

function resourceText({ spec: { resource, subresource, group } }: RequestTrace): string {
  return `${resource}${group === undefined ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
}

function durationText(microseconds: number | undefined): string {
  if (microseconds === undefined) return '';
  return microseconds < 1000 ? `${microseconds}µs` : `${(microseconds / 1000).toFixed(1)}ms`;
}

function stagesText({ status }: RequestTrace): string {
  return (status.stages ?? []).map(({ name, microseconds }) => `${name} ${durationText(microseconds)}`).join(', ');
}

function notifiedText({ status }: RequestTrace): string {
  return (status.notified ?? []).map(({ user, watches }) => (watches === 1 ? user : `${user} ×${watches}`)).join(', ');
}
