// The shape of src/api/schema/facts.json, shared by the generators.

/** What a field has besides its name and type. */
export interface FactExtra {
  /** No omitempty in Go: the field is always written. */
  readonly required?: boolean;
  readonly inline?: boolean;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly structType?: string;
  readonly default?: string;
}

/** JSON name (null: inlined), Go type, protobuf number (0: none), what else. */
export type FactField = readonly [name: string | null, goType: string, protoNumber: number, extra?: FactExtra];

/** Facts of the Go types of the Kubernetes API. */
export interface Facts {
  readonly types: Readonly<Record<string, readonly FactField[]>>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly enums: Readonly<Record<string, readonly string[]>>;
  /** Types declared with +structType=atomic. */
  readonly atomicStructs: readonly string[];
}

export const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

/** The groups that types.ts declares, in the order in which they get the short names. */
export const TYPED_GROUPS = [
  'core.v1', 'apps.v1', 'batch.v1', 'autoscaling.v2', 'autoscaling.v1', 'policy.v1', 'networking.v1', 'discovery.v1', 'events.v1',
  'coordination.v1', 'node.v1', 'scheduling.v1', 'storage.v1', 'rbac.v1', 'authentication.v1', 'authorization.v1', 'certificates.v1',
  'admissionregistration.v1', 'flowcontrol.v1',
] as const;

/** Named strings of apimachinery, which the facts don't list. */
export function isStringAlias(goType: string): boolean {
  return goType.startsWith('types.') || goType.startsWith('intstr');
}
