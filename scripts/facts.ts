// The shape of src/api/schema/facts.json, shared by the generators. The facts were read with Go's parser from the structs of
// k8s.io/api/*/v1, autoscaling/v2, meta/v1, apiextensions/v1 and apiregistration/v1: their json and protobuf tags, and the
// markers in their comments (+optional, +listType, +default, +enum, …).

/** What a field has besides its name and type. */
export interface FactExtra {
  /** No omitempty in Go, and not marked +optional: the field is always written, and OpenAPI calls it required. */
  readonly required?: boolean;
  /** No omitempty in Go, but marked +optional: the field is always written. */
  readonly written?: boolean;
  /** omitempty in Go, but marked +required: OpenAPI calls it required. */
  readonly mandatory?: boolean;
  readonly inline?: boolean;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly structType?: string;
  /** As JSON. */
  readonly default?: string;
}

/** JSON name (null: inlined), Go type, protobuf number (0: none), what else. */
export type FactField = readonly [name: string | null, goType: string, protoNumber: number, extra?: FactExtra];

/** Facts of the Go types of the Kubernetes API. */
export interface Facts {
  readonly types: Readonly<Record<string, readonly FactField[]>>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly enums: Readonly<Record<string, readonly string[]>>;
  /** Types declared with +union: the field that says which member is set ('' where none does), and the members' Go names. */
  readonly unions: Readonly<Record<string, readonly [discriminator: string, members: Readonly<Record<string, string>>]>>;
  /** Types declared with +structType=atomic. */
  readonly atomicStructs: readonly string[];
}

export const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

/** The groups that types.ts declares, in the order in which they get the short names. */
export const TYPED_GROUPS = [
  'core.v1', 'apps.v1', 'batch.v1', 'autoscaling.v2', 'autoscaling.v1', 'policy.v1', 'networking.v1', 'discovery.v1', 'events.v1',
  'coordination.v1', 'node.v1', 'scheduling.v1', 'storage.v1', 'rbac.v1', 'authentication.v1', 'authorization.v1', 'certificates.v1',
  'admissionregistration.v1', 'flowcontrol.v1', 'resource.v1', 'apiextensions.v1', 'apiregistration.v1', 'admission.v1',
] as const;

/** The folder of a group's types, with the dot after it, e.g. io.k8s.api.apps.v1. */
export function folderOf(group: string): string {
  return PACKAGES[group] ?? `io.k8s.api.${group}.`;
}

const PACKAGES: Readonly<Record<string, string>> = {
  'apiextensions.v1': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.',
  'apiregistration.v1': 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.',
};

/** Named strings of apimachinery, which the facts don't list. */
export function isStringAlias(goType: string): boolean {
  return goType.startsWith('types.') || goType.startsWith('intstr');
}
