import { validateLegacyEvent, eventColumns } from '../core/event.ts';
import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import type { ColumnDefinition } from '../definition.ts';
import { invalid, required, type FieldError } from '../field-error.ts';
import type { Event, EventsV1Event } from '../types.ts';

/** An event of events.k8s.io as the core event that is stored. Kubernetes: pkg/apis/events/v1, conversion.go. */
export function coreEventOf(event: EventsV1Event): Event {
  const {
    regarding, note, reportingController, deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount, ...same
  } = event;
  return {
    ...same, apiVersion: 'v1', kind: 'Event', involvedObject: regarding ?? {},
    ...(note === undefined ? {} : { message: note }),
    ...(reportingController === undefined ? {} : { reportingComponent: reportingController }),
    ...(deprecatedSource === undefined ? {} : { source: deprecatedSource }),
    ...(deprecatedFirstTimestamp === undefined ? {} : { firstTimestamp: deprecatedFirstTimestamp }),
    ...(deprecatedLastTimestamp === undefined ? {} : { lastTimestamp: deprecatedLastTimestamp }),
    ...(deprecatedCount === undefined ? {} : { count: deprecatedCount }),
  };
}

/** A stored core event as events.k8s.io shows it. */
export function eventsV1EventOf(event: Event): EventsV1Event {
  const { involvedObject, message, reportingComponent, source, firstTimestamp, lastTimestamp, count, eventTime, series, ...same } = event;
  return {
    ...same, apiVersion: 'events.k8s.io/v1', kind: 'Event', eventTime: eventTime as string, regarding: involvedObject,
    ...(series === undefined ? {} : { series: { count: series.count ?? 0, lastObservedTime: series.lastObservedTime as string } }),
    ...(message === undefined ? {} : { note: message }),
    ...(reportingComponent === undefined ? {} : { reportingController: reportingComponent }),
    ...(source === undefined ? {} : { deprecatedSource: source }),
    ...(firstTimestamp === undefined ? {} : { deprecatedFirstTimestamp: firstTimestamp }),
    ...(lastTimestamp === undefined ? {} : { deprecatedLastTimestamp: lastTimestamp }),
    ...(count === undefined ? {} : { deprecatedCount: count }),
  };
}

const columns = eventColumns.map((column): ColumnDefinition<EventsV1Event> => ({ ...column, cell: (event, nowMs) => column.cell(coreEventOf(event), nowMs) }));

/** Kubernetes: events.k8s.io/v1 in pkg/registry/core/event; stored as core events. */
export const eventsV1Events = defineResource<EventsV1Event>({
  group: 'events.k8s.io', resource: 'events', kind: 'Event', namespaced: true, shortNames: ['ev'], schema: 'io.k8s.api.events.v1.Event',
  storagePrefix: '/registry/events',
  conversion: {
    toStorage: (object) => coreEventOf(object),
    fromStorage: (stored) => eventsV1EventOf(stored as Event),
  },
  selectableFields: {
    'regarding.kind': (event) => event.regarding?.kind ?? '',
    'regarding.namespace': (event) => event.regarding?.namespace ?? '',
    'regarding.name': (event) => event.regarding?.name ?? '',
    'regarding.uid': (event) => event.regarding?.uid ?? '',
    'regarding.apiVersion': (event) => event.regarding?.apiVersion ?? '',
    'regarding.resourceVersion': (event) => event.regarding?.resourceVersion ?? '',
    'regarding.fieldPath': (event) => event.regarding?.fieldPath ?? '',
    reason: (event) => event.reason ?? '',
    reportingController: (event) => event.reportingController ?? '',
    type: (event) => event.type ?? '',
  },
  columns,
  strategy: {
    defaults: (event) => event,
    prepareForCreate: (event) => event,
    prepareForUpdate: (next) => next,
    validateCreate: (event) => validateCreate(coreEventOf(event)),
    validateUpdate: (next, old) => validateUpdate(coreEventOf(next), coreEventOf(old)),
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: true,
  },
});

/** Kubernetes: core validation, ValidateEventCreate. */
function validateCreate(event: Event): FieldError[] {
  const errors = validateLegacyEvent(event, 'reportingController');
  for (const error of validateObjectMeta(event.metadata, true, nameIsDnsSubdomain)) errors.push(error);
  validateSeries(event, errors);
  if (!event.eventTime) errors.push(required('eventTime'));
  if (event.type !== 'Normal' && event.type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${event.type ?? ''}`));
  if (event.firstTimestamp) errors.push(invalid('firstTimestamp', '', 'needs to be unset'));
  if (event.lastTimestamp) errors.push(invalid('lastTimestamp', '', 'needs to be unset'));
  if (event.count) errors.push(invalid('count', '', 'needs to be unset'));
  if (event.source?.component || event.source?.host) errors.push(invalid('source', '', 'needs to be unset'));
  return errors;
}

/** Only the series may change. Kubernetes: core validation, ValidateEventUpdate. */
function validateUpdate(next: Event, old: Event): FieldError[] {
  const errors = validateLegacyEvent(next, 'reportingController');
  for (const error of validateObjectMetaUpdate(next.metadata, old.metadata)) errors.push(error);
  if (!sameValue(next.series, old.series)) validateSeries(next, errors);
  const fixed = [
    'involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'reason', 'type', 'eventTime', 'action', 'related',
  ] as const;
  for (const field of fixed) validateImmutable(next[field], old[field], field, errors);
  validateImmutable(next.reportingComponent, old.reportingComponent, 'reportingController', errors);
  validateImmutable(next.reportingInstance, old.reportingInstance, 'reportingInstance', errors);
  return errors;
}

function validateSeries(event: Event, errors: FieldError[]): void {
  if (!event.series) return;
  if ((event.series.count ?? 0) < 2) errors.push(invalid('series.count', '', 'should be at least 2'));
  if (!event.series.lastObservedTime) errors.push(required('series.lastObservedTime'));
}
