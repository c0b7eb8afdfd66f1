import { labelValueErrors } from '../names.ts';
import type { LabelSelector, NodeSelectorTerm } from '../types.ts';

/** Node labels that have successors, or no meaning any more. Kubernetes: pkg/api/node, deprecatedNodeLabels. */
export const deprecatedNodeLabels: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
]);

/** Kubernetes: pkg/api/node, GetWarningsForNodeSelectorTerm. */
export function nodeTermWarnings(term: NodeSelectorTerm, checkValues: boolean, path: string, warnings: string[]): void {
  term.matchExpressions?.forEach((expression, index) => {
    const text = deprecatedNodeLabels.get(expression.key);
    if (text !== undefined) warnings.push(`${path}.matchExpressions[${index}].key: ${expression.key} is ${text}`);
    if (!checkValues) return;
    expression.values?.forEach((value, valueIndex) => {
      for (const problem of labelValueErrors(value)) warnings.push(`${path}.matchExpressions[${index}].values[${valueIndex}]: ${value} is invalid, ${problem}`);
    });
  });
}

/** Kubernetes: pkg/api/node, GetWarningsForNodeSelector. */
export function nodeSelectorWarnings(selector: LabelSelector, path: string, warnings: string[]): void {
  nodeTermWarnings({ matchExpressions: selector.matchExpressions ?? [] }, false, path, warnings);
  for (const key in selector.matchLabels) {
    const text = deprecatedNodeLabels.get(key);
    if (text !== undefined) warnings.push(`${path}.matchLabels.${key}: ${text}`);
  }
}
