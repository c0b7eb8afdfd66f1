import type { Disposable } from '../../base/index.ts';
import { type APIService, type KubernetesObject, type NewObject, StatusError } from '../../api/index.ts';
import type { Transport } from '../../client/index.ts';
import type { ResourceTable } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import { AUTOMANAGED, localApiServices } from './local-api-services.ts';

const TARGET = { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' } as const;

/**
 * Keeps an APIService for every group version that comes with a CustomResourceDefinition, and takes it away with it.
 * Those of built-in groups are made at start. Kubernetes: kube-aggregator/pkg/controllers/autoregister.
 */
export function startAutoRegistration(resources: ResourceTable, apiServices: ResourceCache, transport: Transport): Disposable {
  let running = false;
  let wantedAgain = false;
  let disposed = false;
  const run = async (): Promise<void> => {
    if (running) {
      wantedAgain = true;
      return;
    }
    running = true;
    do {
      wantedAgain = false;
      for (const write of planned(resources, apiServices)) {
        if (disposed) return;
        await write(transport).catch((error: unknown) => {
          if (!disposed) throw error; // a store that is being closed refuses in its own ways
        });
      }
    } while (wantedAgain && !disposed);
    running = false;
  };
  apiServices.onChange((object, previous) => {
    if (!disposed && isKept(object ?? previous)) queueMicrotask(() => void run());
  });
  const subscription = resources.onChange(() => void run());
  void run();
  return {
    dispose() {
      disposed = true;
      subscription.dispose();
    },
  };
}

function isKept(object: KubernetesObject | undefined): boolean {
  return object?.metadata.labels?.[AUTOMANAGED] === 'true';
}

type Write = (transport: Transport) => Promise<unknown>;

function planned(resources: ResourceTable, apiServices: ResourceCache): readonly Write[] {
  const writes: Write[] = [];
  const wanted = localApiServices(resources.all());
  for (const [name, object] of wanted) {
    if (object.metadata.labels?.[AUTOMANAGED] !== 'true') continue;
    const current = apiServices.objects.get('', name)?.object as APIService | undefined;
    if (current === undefined) writes.push((transport) => attempt(transport.request({ ...TARGET, verb: 'create', body: object })));
    else if (isKept(current) && !isSame(current, object)) {
      writes.push((transport) => attempt(transport.request({ ...TARGET, verb: 'update', name, body: { ...current, spec: object.spec } })));
    }
  }
  for (const { object } of apiServices.objects.candidates({})) {
    const { name } = object.metadata;
    if (isKept(object) && !wanted.has(name)) writes.push((transport) => attempt(transport.request({ ...TARGET, verb: 'delete', name })));
  }
  return writes;
}

function isSame(current: APIService, wanted: NewObject<APIService>): boolean {
  const { groupPriorityMinimum, versionPriority, service } = current.spec;
  return service === undefined && groupPriorityMinimum === wanted.spec?.groupPriorityMinimum && versionPriority === wanted.spec.versionPriority;
}

/** Somebody else was quicker, or the store is down: the next change brings it up again. */
async function attempt(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
  }
}
