import { type CertificateSigningRequest, certificateSigningRequests, formatTime, prepareForApproval, validateApproval, withConditionTimes } from '../../../api/index.ts';
import type { RegistryDeps } from '../call.ts';
import { patchObject } from '../patch.ts';
import { getObject } from '../read.ts';
import type { SubresourceHandler } from '../registry.ts';
import { updateObject, type UpdateRules } from '../update.ts';

type Rules = (deps: RegistryDeps) => UpdateRules;

function handler(rules: Rules): SubresourceHandler {
  return {
    get: getObject,
    update: (deps, call, name) => updateObject(deps, call, name, rules(deps)),
    patch: (deps, call, name) => patchObject(deps, call, name, rules(deps)),
  };
}

const { strategy } = certificateSigningRequests;

/** certificatesigningrequests/…/approval: says yes or no. Kubernetes: pkg/registry/certificates, ApprovalREST. */
export const certificateApproval = handler(({ clock }) => ({
  prepare(next, old) {
    const before = old as CertificateSigningRequest;
    return prepareForApproval(withConditionTimes(next as CertificateSigningRequest, before, formatTime(clock.nowMs())), before);
  },
  validate: (next, old) => validateApproval(next as CertificateSigningRequest, old as CertificateSigningRequest),
}));

/** certificatesigningrequests/…/status: the certificate, or why there is none. Kubernetes: pkg/registry/certificates, StatusREST. */
export const certificateStatus = handler(({ clock }) => ({
  prepare(next, old) {
    const before = old as CertificateSigningRequest;
    const prepared = strategy.prepareForStatusUpdate?.(next as CertificateSigningRequest, before) ?? (next as CertificateSigningRequest);
    return withConditionTimes(prepared, before, formatTime(clock.nowMs()));
  },
  validate: (next, old) => strategy.validateStatusUpdate?.(next as CertificateSigningRequest, old as CertificateSigningRequest) ?? [],
}));
