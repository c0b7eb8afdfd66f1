import { invalid, required, type FieldError } from '../field-error.ts';
import { dns1123SubdomainErrors, qualifiedNameErrors } from '../names.ts';
import { ageText } from '../printers/age.ts';
import { column, wideColumn } from '../printers/columns.ts';
import type { ColumnDefinition } from '../definition.ts';
import type { Event } from '../types.ts';
import { defineResource } from './define.ts';

/** Kubernetes: printers, eventColumnDefinitions. */
export const eventColumns: readonly ColumnDefinition<Event>[] = [
  column('Last Seen', 'string', 'When it was last seen.', lastSeenText),
  column('Type', 'string', 'Normal or Warning.', (event) => event.type ?? ''),
  column('Reason', 'string', 'Why, in one word.', (event) => event.reason ?? ''),
  column('Object', 'string', 'What it is about.', (event) => {
    const { kind = '', name = '' } = event.involvedObject;
    return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
  }),
  wideColumn('Subobject', 'string', 'Which part of the object.', (event) => event.involvedObject.fieldPath ?? ''),
  wideColumn('Source', 'string', 'Who reports it.', sourceText),
  column('Message', 'string', 'What happened.', (event) => (event.message ?? '').trim()),
  wideColumn('First Seen', 'string', 'When it was first seen.', firstSeenText),
  wideColumn('Count', 'string', 'How often it was seen.', (event) => event.series?.count ?? (event.series ? 0 : event.count || 1)),
  { ...wideColumn<Event>('Name', 'string', 'Name of the event.', (event) => event.metadata.name), format: 'name' },
];

function firstSeenText(event: Event, nowMs: number): string {
  return ageText(event.firstTimestamp || event.eventTime, nowMs);
}

function lastSeenText(event: Event, nowMs: number): string {
  if (event.series) return ageText(event.series.lastObservedTime, nowMs);
  return event.lastTimestamp ? ageText(event.lastTimestamp, nowMs) : firstSeenText(event, nowMs);
}

function sourceText(event: Event): string {
  const component = event.source?.component || event.reportingComponent || '';
  const instance = event.source?.host || event.reportingInstance || '';
  return instance === '' ? component : `${component}, ${instance}`;
}

/** Kubernetes: pkg/registry/core/event. Events of events.k8s.io are the same objects. */
export const events = defineResource<Event>({
  group: '', resource: 'events', kind: 'Event', namespaced: true, shortNames: ['ev'], schema: 'io.k8s.api.core.v1.Event',
  storagePrefix: '/registry/events',
  selectableFields: {
    'involvedObject.kind': (event) => event.involvedObject.kind ?? '',
    'involvedObject.namespace': (event) => event.involvedObject.namespace ?? '',
    'involvedObject.name': (event) => event.involvedObject.name ?? '',
    'involvedObject.uid': (event) => event.involvedObject.uid ?? '',
    'involvedObject.apiVersion': (event) => event.involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': (event) => event.involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': (event) => event.involvedObject.fieldPath ?? '',
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent ?? '',
    source: (event) => event.source?.component || event.reportingComponent || '',
    type: (event) => event.type ?? '',
  },
  columns: eventColumns,
  strategy: {
    defaults: (event) => event,
    prepareForCreate: (event) => event,
    prepareForUpdate: (next) => next,
    validateCreate: (event) => validateLegacyEvent(event, 'reportingComponent'),
    validateUpdate: (next) => validateLegacyEvent(next, 'reportingComponent'),
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: true,
  },
});

/** The rules that all events obey. Kubernetes: core validation, legacyValidateEvent. */
export function validateLegacyEvent(event: Event, controllerField: 'reportingComponent' | 'reportingController'): FieldError[] {
  const errors: FieldError[] = [];
  const namespace = event.metadata.namespace ?? '';
  const about = event.involvedObject?.namespace ?? '';
  const mismatch = () => errors.push(invalid('involvedObject.namespace', about, 'does not match event.namespace'));
  if (!event.eventTime) {
    if (about === '' ? namespace !== '' && namespace !== 'default' : namespace !== about) mismatch();
  } else {
    if (about === '' && namespace !== 'default' && namespace !== 'kube-system') mismatch();
    const controller = event.reportingComponent ?? '';
    if (controller === '') errors.push(required(controllerField));
    for (const text of qualifiedNameErrors(controller)) errors.push(invalid(controllerField, controller, text));
    requireText(event.reportingInstance, 'reportingInstance', errors);
    requireText(event.action, 'action', errors);
    requireText(event.reason, 'reason', errors);
    if ((event.message ?? '').length > 1024) errors.push(invalid('message', '', 'can have at most 1024 characters'));
  }
  for (const text of dns1123SubdomainErrors(namespace)) errors.push(invalid('namespace', namespace, text));
  return errors;
}

function requireText(text: string | undefined, path: string, errors: FieldError[]): void {
  if (!text) errors.push(required(path));
  else if (text.length > 128) errors.push(invalid(path, '', 'can have at most 128 characters'));
}
