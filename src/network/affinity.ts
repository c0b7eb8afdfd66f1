import type { RuleEndpoint, RuleTarget } from './rules.ts';

/** Remembers which endpoint a client was sent to. Kubernetes: the iptables "recent" match behind sessionAffinity ClientIP. */
export interface AffinityTable {
  /** The endpoint of a client, where it is still among the choices and its time is not over; otherwise pick() decides and is remembered. Each call renews the time. */
  choose(target: RuleTarget, clientIp: string, choices: readonly RuleEndpoint[], nowMs: number, pick: () => RuleEndpoint): RuleEndpoint;
}

/** One node's memory of at most 4,096 clients; the longest unused are forgotten first. */
export function createAffinityTable(entriesMax = 4_096): AffinityTable {
  const entries = new Map<string, { readonly ip: string; readonly port: number; readonly atMs: number }>();
  return {
    choose(target, clientIp, choices, nowMs, pick) {
      const key = `${target.servicePortName} ${clientIp}`;
      const old = entries.get(key);
      const kept = old !== undefined && nowMs - old.atMs < target.affinitySeconds * 1_000
        ? choices.find((choice) => choice.ip === old.ip && choice.port === old.port) : undefined;
      const chosen = kept ?? pick();
      entries.delete(key); // re-inserted last, so that the map's order is the order of use
      entries.set(key, { ip: chosen.ip, port: chosen.port, atMs: nowMs });
      if (entries.size > entriesMax) entries.delete(entries.keys().next().value ?? '');
      return chosen;
    },
  };
}
