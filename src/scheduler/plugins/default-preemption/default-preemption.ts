import { parseOptionalTime, type Pod, type PodDisruptionBudget, selectorOf } from '../../../api/index.ts';
import type { NodeTable } from '../../cache/node-table.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import { filterNode, type NominatedPod, prepareFilters, withNominated } from '../../decide.ts';
import { type Diagnosis, diagnosisMessage } from '../../framework/diagnosis.ts';
import { rejection, type Rejection, type WeightedPlugin } from '../../framework/interface.ts';

/** Which pods to evict from which node so that a pod fits; or the text that says why that would not help. */
export type PreemptionVerdict =
  | { readonly nodeName: string; readonly victims: readonly Pod[] }
  | { readonly message: string };

const noVictims = rejection('No preemption victims found for incoming pod', false);
const notHelpful = rejection('Preemption is not helpful for scheduling', false);

interface Candidate {
  readonly row: number;
  /** Most important first. */
  readonly victims: readonly PodInfo[];
  readonly budgetViolations: number;
}

/** Pure: the table is as before when it returns. Kubernetes: plugins/defaultpreemption and framework/preemption. */
export function findPreemption(
  table: NodeTable, info: PodInfo, profile: readonly WeightedPlugin[], diagnosis: Diagnosis,
  budgets: (namespace: string) => Iterable<PodDisruptionBudget>, nominated: readonly NominatedPod[],
): PreemptionVerdict {
  if (info.pod.spec.preemptionPolicy === 'Never') return { message: 'preemption: not eligible due to preemptionPolicy=Never.' };
  if (waitsForVictims(table, info)) return { message: 'preemption: not eligible due to a terminating pod on the nominated node.' };
  const verdicts = new Map<number, Rejection>();
  const candidates: Candidate[] = [];
  for (const row of table.rows) {
    const rejected = diagnosis.rejections.get(row);
    if (rejected?.resolvable !== true) {
      verdicts.set(row, notHelpful);
      continue;
    }
    const found = withNominated(table, info, nominated, () => selectVictims(table, info, profile, row, budgets));
    if ('reasons' in found) verdicts.set(row, found);
    else candidates.push(found);
  }
  const best = pickCandidate(candidates);
  if (best === undefined) return { message: `preemption: ${diagnosisMessage(table.rows.length, verdicts.values())}` };
  return { nodeName: table.node(best.row).metadata.name, victims: best.victims.map((victim) => victim.pod) };
}

/** A pod that preempted already does not preempt again while its victims are leaving. Kubernetes: PodEligibleToPreemptOthers. */
function waitsForVictims(table: NodeTable, info: PodInfo): boolean {
  const nominated = info.pod.status?.nominatedNodeName;
  const row = nominated === undefined ? undefined : table.rowOf(nominated);
  if (row === undefined) return false;
  for (const other of table.pods[row]?.values() ?? []) {
    if (other.priority < info.priority && other.pod.metadata.deletionTimestamp !== undefined) return true;
  }
  return false;
}

/** Takes all lesser pods away, then gives back as many as possible, the most important first. Kubernetes: SelectVictimsOnNode. */
function selectVictims(
  table: NodeTable, info: PodInfo, profile: readonly WeightedPlugin[], row: number, budgets: (namespace: string) => Iterable<PodDisruptionBudget>,
): Candidate | Rejection {
  const nodeName = table.node(row).metadata.name;
  const lesser = [...(table.pods[row]?.values() ?? [])].filter((other) => other.priority < info.priority).sort(byImportance);
  if (lesser.length === 0) return noVictims;
  const fits = () => filterNode(prepareFilters(table, info, profile), row);
  for (const other of lesser) table.removePod(other.key);
  const rejected = fits();
  const { violating, others } = splitByBudget(lesser, budgets);
  const victims: PodInfo[] = [];
  let budgetViolations = 0;
  if (rejected === undefined) for (const other of [...violating, ...others]) {
    table.addPod(other, nodeName);
    if (fits() === undefined) continue;
    table.removePod(other.key);
    victims.push(other);
    if (violating.includes(other)) budgetViolations++;
  }
  for (const other of lesser) if (table.placeOf(other.key) === undefined) table.addPod(other, nodeName);
  return rejected === undefined ? { row, victims: victims.sort(byImportance), budgetViolations } : rejected.rejection;
}

/** Higher priority first, then the pod that runs longer. Kubernetes: util.MoreImportantPod. */
function byImportance(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || startMs(a) - startMs(b);
}

const startMs = (info: PodInfo) => parseOptionalTime(info.pod.status?.startTime) ?? Number.MAX_SAFE_INTEGER;

/** Pods whose eviction would break a budget apart from the others. Kubernetes: filterPodsWithPDBViolation. */
function splitByBudget(pods: readonly PodInfo[], budgets: (namespace: string) => Iterable<PodDisruptionBudget>) {
  const allowed = new Map<string, number>();
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const info of pods) {
    let violates = false;
    const { namespace = '', labels, name } = info.pod.metadata;
    for (const budget of labels === undefined ? [] : budgets(namespace)) {
      const selector = selectorOf(budget.spec.selector);
      if (selector.empty || !selector.matches(labels) || budget.status?.disruptedPods?.[name] !== undefined) continue;
      const left = (allowed.get(budget.metadata.uid) ?? budget.status?.disruptionsAllowed ?? 0) - 1;
      allowed.set(budget.metadata.uid, left);
      if (left < 0) violates = true;
    }
    (violates ? violating : others).push(info);
  }
  return { violating, others };
}

/** Fewest broken budgets; then the least important victims, the fewest, and those that started last. Kubernetes: pickOneNodeForPreemption. */
function pickCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  const highest = (candidate: Candidate) => candidate.victims[0]?.priority ?? Number.NEGATIVE_INFINITY;
  const sum = (candidate: Candidate) => candidate.victims.reduce((total, victim) => total + victim.priority, 0);
  const earliest = (candidate: Candidate) => Math.min(...candidate.victims.filter((victim) => victim.priority === highest(candidate)).map(startMs));
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    if (best === undefined) {
      best = candidate;
      continue;
    }
    const order = candidate.budgetViolations - best.budgetViolations || highest(candidate) - highest(best) || sum(candidate) - sum(best)
      || candidate.victims.length - best.victims.length || earliest(best) - earliest(candidate);
    if (order < 0) best = candidate;
  }
  return best;
}
