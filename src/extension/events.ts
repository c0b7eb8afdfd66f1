import type { KubernetesObject } from '../api/index.ts';
import type { ObjectRef } from '../protocol/index.ts';
import type { DescribedEvent } from './describe.ts';
import type { ClusterSession } from './session.ts';

interface CoreEvent extends KubernetesObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly firstTimestamp?: string;
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
  readonly source?: { readonly component?: string };
  readonly reportingComponent?: string;
}

/** The events about an object. */
export async function readEvents(session: ClusterSession, ref: ObjectRef): Promise<readonly DescribedEvent[]> {
  const resource = await session.resourceOf({ apiVersion: 'v1', kind: 'Event' });
  const selector = [`involvedObject.name=${ref.name}`, `involvedObject.kind=${ref.kind}`, ...(ref.uid === undefined || ref.kind === 'Node' ? [] : [`involvedObject.uid=${ref.uid}`])];
  const list = await session.client.resource(resource).list({ fieldSelector: selector.join(','), ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }) });
  return list.items.map((item) => toDescribedEvent(item as CoreEvent));
}

function toDescribedEvent(event: CoreEvent): DescribedEvent {
  const time = (...candidates: readonly (string | null | undefined)[]) => Date.parse(candidates.find((candidate) => candidate !== undefined && candidate !== null && candidate !== '') ?? event.metadata.creationTimestamp ?? '');
  return {
    type: event.type ?? '', reason: event.reason ?? '', message: event.message ?? '', count: event.series?.count ?? event.count ?? 1,
    from: event.source?.component || event.reportingComponent || '',
    firstMs: time(event.firstTimestamp, event.eventTime), lastMs: time(event.series?.lastObservedTime, event.lastTimestamp, event.eventTime),
  };
}
