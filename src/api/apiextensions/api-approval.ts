import { type FieldError, invalid, required } from '../field-error.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from './types.ts';

/** Where the approval of an API in a group of Kubernetes' own is noted. */
const ANNOTATION_API_APPROVED = 'api-approved.kubernetes.io';
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111';

type Approval = { readonly state: 'invalid' | 'approved' | 'bypassed' | 'missing'; readonly reason: string };

/** True for the groups that are Kubernetes' own. Kubernetes: apihelpers.IsProtectedCommunityGroup. */
function isProtectedGroup(group: string): boolean {
  return group === 'k8s.io' || group.endsWith('.k8s.io') || group === 'kubernetes.io' || group.endsWith('.kubernetes.io');
}

/** Kubernetes: apihelpers.GetAPIApprovalState. */
function approvalOf(definition: CustomResourceDefinition): Approval {
  const text = definition.metadata.annotations?.[ANNOTATION_API_APPROVED] ?? '';
  if (text === '') return { state: 'missing', reason: `protected groups must have approval annotation "${ANNOTATION_API_APPROVED}", ${SEE}` };
  if (text.startsWith('unapproved')) return { state: 'bypassed', reason: `not approved: ${JSON.stringify(text)}` };
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#\s]+/.test(text)) return { state: 'approved', reason: `approved in ${text}` };
  return { state: 'invalid', reason: `protected groups must have approval annotation "${ANNOTATION_API_APPROVED}" with either a URL or a reason starting with "unapproved", ${SEE}` };
}

/** Kubernetes: apiextensions validation, validateAPIApproval. */
export function validateApproval(definition: CustomResourceDefinition, old: CustomResourceDefinition | undefined, errors: FieldError[]): void {
  if (!isProtectedGroup(definition.spec.group)) return;
  const { state, reason } = approvalOf(definition);
  if (old !== undefined && approvalOf(old).state === state) return;
  const path = `metadata.annotations[${ANNOTATION_API_APPROVED}]`;
  if (state === 'invalid') errors.push(invalid(path, definition.metadata.annotations?.[ANNOTATION_API_APPROVED], reason));
  else if (state === 'missing') errors.push(required(path, reason));
}

/** The condition KubernetesAPIApprovalPolicyConformant; undefined for groups that need no approval. Kubernetes: controller/apiapproval, calculateCondition. */
export function approvalCondition(definition: CustomResourceDefinition): Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'> | undefined {
  if (!isProtectedGroup(definition.spec.group)) return undefined;
  const { state, reason } = approvalOf(definition);
  const type = 'KubernetesAPIApprovalPolicyConformant';
  switch (state) {
    case 'approved':
      return { type, status: 'True', reason: 'ApprovedAnnotation', message: reason };
    case 'bypassed':
      return { type, status: 'False', reason: 'UnapprovedAnnotation', message: reason };
    case 'missing':
      return { type, status: 'False', reason: 'MissingAnnotation', message: reason };
    case 'invalid':
      return { type, status: 'False', reason: 'InvalidAnnotation', message: reason };
  }
}
