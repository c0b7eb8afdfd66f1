import type { Taint, Toleration } from '../../api/index.ts';

/** True where one of the tolerations lets the taint pass. Kubernetes: v1helper.TolerationsTolerateTaint. */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  if (tolerations === undefined) return false;
  for (const toleration of tolerations) {
    if (toleration.effect !== undefined && toleration.effect !== '' && toleration.effect !== taint.effect) continue;
    if (toleration.key !== undefined && toleration.key !== '' && toleration.key !== taint.key) continue;
    if (toleration.operator === 'Exists') return true;
    if ((toleration.key ?? '') !== '' && (toleration.value ?? '') === (taint.value ?? '')) return true;
  }
  return false;
}
