import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../types.ts';

/** Conditions of a type. */
export function conditionsOf(request: CertificateSigningRequest, type: string): readonly CertificateSigningRequestCondition[] {
  return request.status?.conditions?.filter((condition) => condition.type === type) ?? [];
}

/** Whether somebody has approved or denied it. Kubernetes: GetCertApprovalCondition. */
export function approvalOf(request: CertificateSigningRequest): { readonly approved: boolean; readonly denied: boolean } {
  return { approved: conditionsOf(request, 'Approved').length > 0, denied: conditionsOf(request, 'Denied').length > 0 };
}

/** The request with the times of its conditions filled in: who writes them may leave them out. Kubernetes: populateConditionTimestamps. */
export function withConditionTimes(next: CertificateSigningRequest, old: CertificateSigningRequest, now: string): CertificateSigningRequest {
  const conditions = next.status?.conditions;
  if (conditions === undefined || conditions.every(({ lastUpdateTime, lastTransitionTime }) => lastUpdateTime && lastTransitionTime)) return next;
  return {
    ...next,
    status: {
      ...next.status,
      conditions: conditions.map((condition) => {
        const before = conditionsOf(old, condition.type).find(({ status, lastTransitionTime }) => status === condition.status && lastTransitionTime);
        return {
          ...condition,
          lastUpdateTime: condition.lastUpdateTime || now,
          lastTransitionTime: condition.lastTransitionTime || before?.lastTransitionTime || now,
        };
      }),
    },
  };
}
