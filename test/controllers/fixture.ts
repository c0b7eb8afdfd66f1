import { formatTime, type KubernetesObject, type Pod, type ResourceRef } from '../../src/api/index.ts';
import { createClient, createInformerFactory, createEventRecorder } from '../../src/client/index.ts';
import type { StartController } from '../../src/controllers/shared/context.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';
import { FakeApi } from '../client/fake-api.ts';

interface EventLike extends KubernetesObject { readonly reason: string; readonly message: string; readonly involvedObject: { readonly kind: string; readonly name: string } }

/** Controllers on a small API server in a simulated world. */
export function setUpControllers(...controllers: readonly StartController[]) {
  const { clock, random } = createSimulatedWorld(7);
  const api = new FakeApi();
  const client = createClient(api);
  const informers = createInformerFactory({ client, clock });
  const recorder = createEventRecorder({ client, clock, component: 'test' });
  const errors: string[] = [];
  const context = {
    client, informers, recorder, clock, random,
    onError: (key: string, error: unknown) => errors.push(`${key}: ${error instanceof Error ? error.message : String(error)}`),
  };
  const running = controllers.map((start) => start(context));
  informers.start();
  const readyPods = (howMany = Number.POSITIVE_INFINITY) => {
    let count = 0;
    for (const pod of api.all<Pod>({ resource: 'pods' })) {
      if (pod.status?.conditions !== undefined || pod.metadata.deletionTimestamp !== undefined || count >= howMany) continue;
      count++;
      api.put('pods', { ...pod, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(clock.nowMs()) }] } } as Pod);
    }
    return count;
  };
  return {
    api, clock, client, errors, random,
    /** Marks pods that are not ready yet as running and ready; how many it found. */
    readyPods,
    /** Time passes, with the API server's time kept in step. */
    async settle(ms = 0) {
      api.nowText = formatTime(clock.nowMs());
      await clock.advance(ms);
      api.nowText = formatTime(clock.nowMs());
    },
    /** `reason message` of the events on one object, in order. */
    eventsOn: (name: string) => api.all<EventLike>({ resource: 'events' }).filter((event) => event.involvedObject.name === name).map((event) => `${event.reason} ${event.message}`),
    get<T extends KubernetesObject>(ref: ResourceRef<T>, name: string, namespace = 'default'): T {
      const found = api.all(ref).find((object) => object.metadata.name === name && (object.metadata.namespace ?? namespace) === namespace);
      if (found === undefined) throw new Error(`${ref.resource} ${name} not found`);
      return found;
    },
    dispose() {
      for (const controller of running) controller.dispose();
      informers.dispose();
      recorder.dispose();
    },
  };
}
