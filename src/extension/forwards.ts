import * as vscode from 'vscode';
import type { Pod, Service } from '../api/index.ts';
import type { Disposable } from '../base/index.ts';
import type { ObjectRef } from '../protocol/index.ts';
import { askText } from './ask.ts';
import { t } from './l10n.ts';
import { pickPod, podsBehind } from './pod-picker.ts';
import { type PortForward, startPortForward } from './port-forward.ts';
import type { ClusterSession } from './session.ts';

/** The port-forwards that run. */
export interface Forwards extends Disposable {
  /** Asks for what is open (pod, ports) and starts one. */
  start(session: ClusterSession, ref: ObjectRef): Promise<void>;
  /** Asks which to stop. */
  stop(): Promise<void>;
  /** The cluster is gone, and they with it. */
  stopAll(): void;
}

interface Running {
  readonly title: string;
  readonly forward: PortForward;
}

/** No forward runs yet. Errors of connections go to the log. */
export function createForwards(log: vscode.LogOutputChannel): Forwards {
  const running = new Set<Running>();
  const end = (one: Running) => {
    one.forward.dispose();
    running.delete(one);
  };
  const stopAll = () => {
    for (const one of [...running]) end(one);
  };
  return {
    async start(session, ref) {
      const first = await pickPod(session, ref);
      if (first === undefined) return;
      const podPort = await pickPort(session, ref, first);
      if (podPort === undefined) return;
      const wanted = await askText({
        title: t('Port-forward {0}', ref.name), prompt: t('Local port (0: any free one)'), value: String(podPort < 1024 ? podPort + 8000 : podPort),
        validateInput: (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? undefined : t('A number from 0 to 65535')),
      });
      if (wanted === undefined) return;
      let pod = { namespace: first.metadata.namespace ?? 'default', name: first.metadata.name ?? '' };
      const forward = await startPortForward({
        credentials: session.credentials, podPort, localPort: Number(wanted), podOf: () => pod,
        onError(message) {
          log.warn(`port-forward to ${pod.name}:${podPort}: ${message}`);
          if (ref.kind === 'Pod') return;
          void podsBehind(session, ref).then(([newest]) => { // a rollout replaced the pod: the next connection goes to a new one
            if (newest !== undefined) pod = { namespace: newest.metadata.namespace ?? 'default', name: newest.metadata.name ?? '' };
          }, () => undefined);
        },
      });
      const one: Running = { title: `127.0.0.1:${forward.localPort} → ${ref.kind} ${ref.name}:${podPort}`, forward };
      running.add(one);
      const [open, stop] = [t('Open in Browser'), t('Stop')];
      const choice = await vscode.window.showInformationMessage(t('Forwarding {0}', one.title), open, stop);
      if (choice === stop) end(one);
      else if (choice === open) await vscode.env.openExternal(await vscode.env.asExternalUri(vscode.Uri.parse(`http://127.0.0.1:${forward.localPort}/`)));
    },
    async stop() {
      if (running.size === 0) return void vscode.window.showInformationMessage(t('No port-forward is running.'));
      const picked = await vscode.window.showQuickPick([...running].map((one) => ({ label: one.title, one })), { placeHolder: t('Stop which port-forward?') });
      if (picked !== undefined) end(picked.one);
    },
    stopAll,
    dispose: stopAll,
  };
}

/** The pod's port: the only one there is, or what the user picks or types. */
async function pickPort(session: ClusterSession, ref: ObjectRef, pod: Pod): Promise<number | undefined> {
  const ports = ref.kind === 'Service' ? servicePorts(await session.get(ref) as Service, pod) : containerPorts(pod);
  if (ports.length === 1) return ports[0];
  const picked = ports.length > 1 ? await vscode.window.showQuickPick(ports.map(String), { placeHolder: t('Port of {0}', ref.name) })
    : await askText({ title: t('Port-forward {0}', ref.name), prompt: t('Port in the pod'), validateInput: (text) => (/^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) <= 65_535 ? undefined : t('A number from 1 to 65535')) });
  return picked === undefined ? undefined : Number(picked);
}

const containerPorts = (pod: Pod): readonly number[] => [...new Set((pod.spec?.containers ?? []).flatMap((container) => (container.ports ?? []).map((port) => port.containerPort)))];

function servicePorts(service: Service, pod: Pod): readonly number[] {
  const named = new Map((pod.spec?.containers ?? []).flatMap((container) => (container.ports ?? []).map((port) => [port.name ?? '', port.containerPort] as const)));
  return (service.spec?.ports ?? []).flatMap((port) => {
    const target = port.targetPort ?? port.port;
    const number = typeof target === 'number' ? target : named.get(target);
    return number === undefined ? [] : [number];
  });
}
