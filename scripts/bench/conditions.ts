/** What is looked at of a Node, whichever program it comes from. */
export interface NodeLike {
  readonly metadata?: { readonly name?: string | undefined } | undefined;
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] | undefined } | undefined;
}

/** What is looked at of a Pod. */
export interface PodLike {
  readonly metadata?: { readonly name?: string | undefined; readonly labels?: Readonly<Record<string, string>> | undefined } | undefined;
  readonly status?: { readonly phase?: string | undefined } | undefined;
}

/** Its Ready condition is True. */
export function nodeIsReady(node: NodeLike): boolean {
  return node.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

/** Running, and one of the measured Deployment's. */
export function isPodRunning(pod: PodLike): boolean {
  return pod.status?.phase === 'Running' && pod.metadata?.labels?.['app'] === 'web';
}
