import { deepFreeze } from '../../../base/index.ts';
import { type KubernetesObject, type Pod, TAINT_NOT_READY, TAINT_UNREACHABLE, type Toleration } from '../../../api/index.ts';
import type { AdmissionPlugin } from '../chain.ts';

/** How long pods stay on a node that is lost. Kubernetes: --default-not-ready-toleration-seconds, --default-unreachable-toleration-seconds. */
const DEFAULT_SECONDS = 300;

const NOT_READY: Toleration = deepFreeze({ key: TAINT_NOT_READY, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: DEFAULT_SECONDS });
const UNREACHABLE: Toleration = deepFreeze({ key: TAINT_UNREACHABLE, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: DEFAULT_SECONDS });
/** What a pod without tolerations gets, shared by all of them. */
const BOTH: readonly Toleration[] = Object.freeze([NOT_READY, UNREACHABLE]);

/** Pods tolerate a lost node for five minutes. Kubernetes: plugin/pkg/admission/defaulttolerationseconds. */
export function defaultTolerationSeconds(): AdmissionPlugin {
  return {
    name: 'DefaultTolerationSeconds',
    handles: (definition, operation, subresource) =>
      definition.resource === 'pods' && definition.group === '' && operation !== 'DELETE' && subresource === undefined,
    admit(_attributes, object) {
      const pod = object as Pod;
      const given = pod.spec.tolerations;
      if (given === undefined || given.length === 0) return { ...pod, spec: { ...pod.spec, tolerations: BOTH } } as KubernetesObject;
      const notReady = given.some((toleration) => tolerates(toleration, TAINT_NOT_READY));
      const unreachable = given.some((toleration) => tolerates(toleration, TAINT_UNREACHABLE));
      if (notReady && unreachable) return pod;
      const tolerations = [...given, ...(notReady ? [] : [NOT_READY]), ...(unreachable ? [] : [UNREACHABLE])];
      return { ...pod, spec: { ...pod.spec, tolerations } } as KubernetesObject;
    },
  };
}

function tolerates({ key, effect }: Toleration, taint: string): boolean {
  return (key === taint || key === undefined || key === '') && (effect === 'NoExecute' || effect === undefined || effect === '');
}
