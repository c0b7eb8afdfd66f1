import type { Labels, Pod, PodAffinityTerm, WeightedPodAffinityTerm } from '../../../api/index.ts';
import type { NodeTable } from '../../cache/node-table.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import { maxNodeScore, type NodeFilter, rejection, type SchedulerPlugin } from '../../framework/interface.ts';
import { type AffinityTerm, compileTerm } from './terms.ts';

const existingAntiAffinity = rejection("node(s) didn't satisfy existing pods anti-affinity rules", true);
const antiAffinity = rejection("node(s) didn't match pod anti-affinity rules", true);
const affinity = rejection("node(s) didn't match pod affinity rules", false);

/** A required affinity of a pod that runs counts this much for the pods that it wants near. Kubernetes: hardPodAffinityWeight. */
const hardPodAffinityWeight = 1;

/** Puts pods near pods or away from them. namespaceLabels serves namespaceSelectors. Kubernetes: plugins/interpodaffinity. */
export function createInterPodAffinity(namespaceLabels: (namespace: string) => Labels): SchedulerPlugin {
  const compile = (pod: Pod, terms: readonly PodAffinityTerm[] | undefined) => (terms ?? []).map((term) => compileTerm(pod, term, namespaceLabels));
  const compileWeighted = (pod: Pod, terms: readonly WeightedPodAffinityTerm[] | undefined) =>
    (terms ?? []).map((term) => ({ weight: term.weight, term: compileTerm(pod, term.podAffinityTerm, namespaceLabels) }));

  return {
    name: 'InterPodAffinity',
    retryOn: ['NodeAdd', 'NodeLabel', 'AssignedPodAdd', 'AssignedPodUpdate', 'AssignedPodDelete'],
    prepareFilter(info, table) {
      const { pod } = info;
      const near = compile(pod, pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
      const far = compile(pod, pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
      const forbidden = new Map<string, Set<string>>();
      for (const { info: other, row } of table.antiAffinityPods.values()) {
        for (const term of compile(other.pod, other.pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution)) {
          const domain = table.label(row, term.topologyKey);
          if (domain !== undefined && term.matches(pod)) domainsOf(forbidden, term.topologyKey).add(domain);
        }
      }
      if (near.length === 0 && far.length === 0 && forbidden.size === 0) return undefined;
      return affinityFilter(info, table, near, far, forbidden);
    },
    prepareScore(info, table, rows) {
      const { pod } = info;
      const scores = new Map<string, Map<string, number>>();
      const addTo = (topologyKey: string, row: number, weight: number) => {
        const domain = table.label(row, topologyKey);
        if (domain === undefined || weight === 0) return;
        const byDomain = scores.get(topologyKey) ?? new Map<string, number>();
        scores.set(topologyKey, byDomain);
        byDomain.set(domain, (byDomain.get(domain) ?? 0) + weight);
      };
      const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
      const own = [
        ...compileWeighted(pod, podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
        ...compileWeighted(pod, podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution).map(({ weight, term }) => ({ weight: -weight, term })),
      ];
      for (const { weight, term } of own) {
        const { counts } = counterOf(table, [term]);
        for (const row of table.rows) addTo(term.topologyKey, row, weight * (counts[row] ?? 0));
      }
      // What the pods that run want of this one.
      for (const { info: other, row } of table.affinityPods.values()) {
        const wants = other.pod.spec.affinity;
        for (const term of compile(other.pod, wants?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution)) if (term.matches(pod)) addTo(term.topologyKey, row, hardPodAffinityWeight);
        for (const { weight, term } of compileWeighted(other.pod, wants?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution)) if (term.matches(pod)) addTo(term.topologyKey, row, weight);
        for (const { weight, term } of compileWeighted(other.pod, wants?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution)) if (term.matches(pod)) addTo(term.topologyKey, row, -weight);
      }
      if (scores.size === 0) return undefined;
      const raw = rows.map((row) => {
        let sum = 0;
        for (const [topologyKey, byDomain] of scores) sum += byDomain.get(table.label(row, topologyKey) ?? '') ?? 0;
        return sum;
      });
      const min = Math.min(...raw);
      const range = Math.max(...raw) - min;
      return () => raw.map((score) => (range === 0 ? 0 : Math.floor((maxNodeScore * (score - min)) / range)));
    },
  };
}

function affinityFilter(
  info: PodInfo, table: NodeTable, near: readonly AffinityTerm[], far: readonly AffinityTerm[], forbidden: ReadonlyMap<string, ReadonlySet<string>>,
): NodeFilter {
  // A pod counts as near only where it matches all terms.
  const nearCounter = near.length === 0 ? undefined : counterOf(table, near);
  const nearDomains = near.map((term) => occupiedDomains(table, term.topologyKey, nearCounter?.counts ?? []));
  const farDomains = far.map((term) => occupiedDomains(table, term.topologyKey, counterOf(table, [term]).counts));
  // The first pod of a group that wants to be together may go anywhere.
  const isFirst = nearDomains.every((domains) => domains.size === 0) && near.every((term) => term.matches(info.pod));
  return (row) => {
    for (const [index, term] of near.entries()) {
      const domain = table.label(row, term.topologyKey);
      if (domain === undefined || !(isFirst || nearDomains[index]?.has(domain) === true)) return affinity;
    }
    for (const [index, term] of far.entries()) {
      const domain = table.label(row, term.topologyKey);
      if (domain !== undefined && farDomains[index]?.has(domain) === true) return antiAffinity;
    }
    for (const [topologyKey, domains] of forbidden) {
      const domain = table.label(row, topologyKey);
      if (domain !== undefined && domains.has(domain)) return existingAntiAffinity;
    }
    return undefined;
  };
}

function counterOf(table: NodeTable, terms: readonly AffinityTerm[]) {
  return table.counters.get(`affinity|${terms.map((term) => term.key).join('&')}`, ({ pod }) => terms.every((term) => term.matches(pod)));
}

function occupiedDomains(table: NodeTable, topologyKey: string, counts: readonly (number | undefined)[]): ReadonlySet<string> {
  const domains = new Set<string>();
  for (const row of table.rows) {
    const domain = table.label(row, topologyKey);
    if (domain !== undefined && (counts[row] ?? 0) > 0) domains.add(domain);
  }
  return domains;
}

function domainsOf(byKey: Map<string, Set<string>>, topologyKey: string): Set<string> {
  let domains = byKey.get(topologyKey);
  if (domains === undefined) byKey.set(topologyKey, domains = new Set());
  return domains;
}
