import type { Condition, PodDisruptionBudget, PodDisruptionBudgetStatus } from '../types.ts';

const TYPE = 'DisruptionAllowed';

/** The budget's condition of this type; undefined: it has none yet. */
export function disruptionAllowedCondition({ status }: PodDisruptionBudget): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === TYPE);
}

/** The status with another DisruptionAllowed condition. Its time changes with its status alone. Kubernetes: meta.SetStatusCondition. */
export function withDisruptionAllowed(
  status: PodDisruptionBudgetStatus, wanted: { readonly status: 'True' | 'False'; readonly reason: string; readonly message: string }, nowText: string,
): PodDisruptionBudgetStatus {
  const conditions = status.conditions ?? [];
  const known = conditions.find(({ type }) => type === TYPE);
  const lastTransitionTime = known?.status === wanted.status ? known.lastTransitionTime : nowText;
  const condition: Condition = { type: TYPE, ...(status.observedGeneration === undefined ? {} : { observedGeneration: status.observedGeneration }), ...wanted, lastTransitionTime };
  return { ...status, conditions: known === undefined ? [...conditions, condition] : conditions.map((each) => (each === known ? condition : each)) };
}

/** The status with the condition that its disruptionsAllowed asks for. Kubernetes: pdbhelper.UpdateDisruptionAllowedCondition. */
export function withCurrentDisruptionAllowed(status: PodDisruptionBudgetStatus, nowText: string): PodDisruptionBudgetStatus {
  const isAllowed = (status.disruptionsAllowed ?? 0) > 0;
  return withDisruptionAllowed(status, isAllowed ? { status: 'True', reason: 'SufficientPods', message: '' } : { status: 'False', reason: 'InsufficientPods', message: '' }, nowText);
}
