import type { ResourceDefinition } from '../../../api/index.ts';

/** Kubernetes: schema.GroupVersionKind. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The kind of what a request to a resource or one of its subresources carries. */
export function kindOf(definition: ResourceDefinition, subresource: string | undefined): GroupVersionKind {
  const { group, version, kind } = definition;
  const own = subresource === undefined ? undefined : definition.subresources.find(({ name }) => name === subresource);
  return own === undefined ? { group, version, kind } : { group: own.group ?? group, version: own.version ?? version, kind: own.kind };
}

const EXEMPT_KINDS: ReadonlySet<string> = new Set([
  'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding',
]);

/** What configures admission is not itself held up by it. Kubernetes: rules.IsExemptAdmissionConfigurationResource. */
export function isExempt({ group, kind }: ResourceDefinition): boolean {
  return group === 'admissionregistration.k8s.io' && EXEMPT_KINDS.has(kind);
}
