import type { KubernetesObject } from '../../api/index.ts';
import type { Reinvocation } from './chain.ts';

/** Whom a plugin's first run has asked, and whom the second asks again. Kubernetes: webhookReinvokeContext, policyReinvokeContext. */
export interface Reinvoked {
  readonly asked: Set<string>;
  readonly again: Set<string>;
  /** What the object was when the plugin had done with it. */
  output: KubernetesObject | undefined;
}

/** What the plugin of that name keeps from one run of a request to the next. */
export function reinvokedBy(pluginName: string, { states }: Reinvocation): Reinvoked {
  let state = states.get(pluginName) as Reinvoked | undefined;
  if (state === undefined) {
    state = { asked: new Set(), again: new Set(), output: undefined };
    states.set(pluginName, state);
  }
  return state;
}
