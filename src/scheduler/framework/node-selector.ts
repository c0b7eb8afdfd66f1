import { compileSelector, type LabelOperator, newRequirement, type Node, type NodeSelector, type NodeSelectorTerm, type Pod, type Selector } from '../../api/index.ts';

type NodeMatcher = (node: Node) => boolean;

const operators: Readonly<Record<string, LabelOperator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!', Gt: 'gt', Lt: 'lt' };

/**
 * The test that spec.nodeSelector and required node affinity make of a node; undefined where the pod asks for nothing.
 * Kubernetes: component-helpers/scheduling/corev1/nodeaffinity, GetRequiredNodeAffinity.
 */
export function requiredNodeAffinity(pod: Pod): NodeMatcher | undefined {
  const { nodeSelector, affinity } = pod.spec;
  const labels = nodeSelector === undefined ? [] : Object.entries(nodeSelector);
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (labels.length === 0 && required === undefined) return undefined;
  const matchesSelector = required === undefined ? undefined : nodeSelectorMatcher(required);
  return (node) => {
    for (const [key, value] of labels) if (node.metadata.labels?.[key] !== value) return false;
    return matchesSelector === undefined || matchesSelector(node);
  };
}

/** Terms are alternatives; a term without any requirement matches nothing. */
function nodeSelectorMatcher(selector: NodeSelector): NodeMatcher {
  const terms = selector.nodeSelectorTerms.map(nodeSelectorTermMatcher);
  return (node) => terms.some((matches) => matches(node));
}

/** The test that one term makes of a node: all its requirements. */
export function nodeSelectorTermMatcher(term: NodeSelectorTerm): NodeMatcher {
  const labels = compile(term.matchExpressions);
  const fields = compile(term.matchFields);
  if (labels.empty && fields.empty) return () => false;
  return (node) => labels.matches(node.metadata.labels) && (fields.empty || fields.matches({ 'metadata.name': node.metadata.name }));
}

function compile(expressions: NodeSelectorTerm['matchExpressions']): Selector {
  return compileSelector((expressions ?? []).map(({ key, operator, values }) => newRequirement(key, operators[operator] ?? 'exists', values ?? [])));
}
