import { compileSelector, type Labels, newRequirement, type Pod, type PodAffinityTerm, type Selector, selectorOf } from '../../../api/index.ts';

/** A pod affinity term, compiled for the pod that has it. */
export interface AffinityTerm {
  readonly topologyKey: string;
  /** Names the term's pods fully: the same text, the same pods. */
  readonly key: string;
  matches(pod: Pod): boolean;
}

const compiled = new WeakMap<object, { readonly own: string; readonly term: AffinityTerm }>();

/** Compiled once for each frozen term, unless it depends on the pod's labels. Kubernetes: framework.getAffinityTerms. */
export function compileTerm(owner: Pod, term: PodAffinityTerm, namespaceLabels: (namespace: string) => Labels): AffinityTerm {
  const own = owner.metadata.namespace ?? '';
  const known = compiled.get(term);
  if (known?.own === own) return known.term; // a template's frozen parts may serve several namespaces
  const selector = withLabelKeys(owner, term, selectorOf(term.labelSelector));
  const names = new Set(term.namespaces ?? []);
  if (names.size === 0 && term.namespaceSelector === undefined) names.add(own);
  const namespaceSelector = term.namespaceSelector === undefined ? undefined : selectorOf(term.namespaceSelector);
  const inNamespace = (namespace: string) => names.has(namespace) || (namespaceSelector !== undefined && namespaceSelector.matches(namespaceLabels(namespace) ?? {}));
  const result: AffinityTerm = {
    topologyKey: term.topologyKey,
    key: `${[...names].sort().join(',')}|${namespaceSelector?.toString() ?? '-'}|${selector.toString()}`,
    matches: (pod) => selector.matches(pod.metadata.labels) && inNamespace(pod.metadata.namespace ?? ''),
  };
  if (term.matchLabelKeys === undefined && term.mismatchLabelKeys === undefined) compiled.set(term, { own, term: result });
  return result;
}

function withLabelKeys(owner: Pod, term: PodAffinityTerm, selector: Selector): Selector {
  const labels = owner.metadata.labels ?? {};
  const more = [
    ...(term.matchLabelKeys ?? []).filter((key) => labels[key] !== undefined).map((key) => newRequirement(key, 'in', [labels[key] ?? ''])),
    ...(term.mismatchLabelKeys ?? []).filter((key) => labels[key] !== undefined).map((key) => newRequirement(key, 'notin', [labels[key] ?? ''])),
  ];
  return more.length === 0 ? selector : compileSelector([...selector.requirements, ...more]);
}
