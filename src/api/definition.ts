import type { FieldError } from './field-error.ts';
import type { KubernetesObject, ResourceRef } from './meta.ts';
import type { ObjectSchema } from './schema/schema.ts';

/**
 * All that the API server knows of one resource: facts and pure rules, no handlers. Adding a kind to Drydock is one
 * file that exports one of these. Every rule takes frozen objects and gives back a new object that shares what did not
 * change (or the same object where nothing did).
 */
export interface ResourceDefinition<T extends KubernetesObject = KubernetesObject> extends ResourceRef<T> {
  readonly listKind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** e.g. 'all'. */
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** The schema's name, e.g. io.k8s.api.core.v1.Pod. */
  readonly schema: string;
  readonly subresources: readonly SubresourceDefinition[];
  /** Fields for field selectors besides metadata.name and metadata.namespace. */
  readonly selectableFields: Readonly<Record<string, (object: T) => string>>;
  readonly columns: readonly ColumnDefinition<T>[];
  /** What a Table says of a row besides its cells: pods that have ended are Completed. */
  readonly rowConditions?: (object: T) => readonly RowCondition[];
  /** How the rows of a Table are ordered, where not as the objects of the list. */
  readonly rowOrder?: (a: T, b: T) => number;
  readonly strategy: Strategy<T>;
  /** Where objects live in the store, when not /registry/<resource>; events.k8s.io shares with core events. Kubernetes: the registry's key layout. */
  readonly storagePrefix?: string;
  /**
   * Paths of fields that writes through a subresource ('' for none) don't change, where those are not the usual ones: nobody
   * comes to own them. Kubernetes: rest.ResetFieldsStrategy.
   */
  readonly resetFields?: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** Where objects are stored as another kind: events.k8s.io's as core events. Both directions are exact for valid objects. */
  readonly conversion?: StorageConversion<T>;
  /** Its objects are in no store: the server makes them when it is asked. */
  readonly computed?: true;
  /** What everybody who uses the resource is told. Kubernetes: the API lifecycle's deprecation warning. */
  readonly deprecation?: string;
  /** Set where the kind came with a CustomResourceDefinition while the server runs. */
  readonly custom?: CustomResourceRules;
}

/** What is other than with built-in kinds, whose types are part of the program. Kubernetes: apiextensions-apiserver. */
export interface CustomResourceRules {
  /** For apply and tracking of fields; it is this server's and not the program's. */
  readonly schema: ObjectSchema;
  /** The object as it may be stored and what it had that the schema does not know. Throws a StatusError where it is no such object. */
  decode(body: object): { readonly object: KubernetesObject; readonly unknownFields: readonly string[] };
  /** Where the replicas are, in the terms of the scale subresource; undefined: there is none. */
  readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath?: string };
  /** The definition is going, so that nothing new is created; discovery has no create, patch and update. */
  readonly terminating: boolean;
  /** The version that is stored, for discovery's storageVersionHash; undefined: this one. */
  readonly storageVersion?: string;
  /** The OpenAPI schema as it is published, for version 2 or 3 of OpenAPI; undefined: nothing is. */
  openApi(version: 2 | 3): object | undefined;
}

export interface StorageConversion<T extends KubernetesObject> {
  toStorage(object: T): KubernetesObject;
  fromStorage(stored: KubernetesObject): T;
}

/** Kubernetes: metav1.TableRowCondition. */
export interface RowCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface SubresourceDefinition {
  /** 'status', 'scale', 'log', 'exec', … */
  readonly name: string;
  readonly kind: string;
  /** Group and version of the kind, where it is not the resource's own. */
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

export interface Strategy<T extends KubernetesObject> {
  /** Fills in what upstream's defaulting fills in. */
  defaults(object: T): T;
  /** Drops status and what clients may not set; sets generation 1 where the kind has one. */
  prepareForCreate(object: T): T;
  /** Keeps status, bumps generation where the spec changed. next already carries the identity of old. nowMs: where the server stamps a time. */
  prepareForUpdate(next: T, old: T, nowMs?: number): T;
  validateCreate(object: T): readonly FieldError[];
  validateUpdate(next: T, old: T): readonly FieldError[];
  /** A write to the status subresource: keeps everything but status (and what upstream lets through). nowMs: where the server stamps a time. Absent: the kind has no status subresource. */
  prepareForStatusUpdate?(next: T, old: T, nowMs?: number): T;
  validateStatusUpdate?(next: T, old: T): readonly FieldError[];
  /** Warnings for the client (HTTP header Warning: 299); old is there on updates. */
  warnings?(object: T, old?: T): readonly string[];
  /** Warnings for who writes the status. */
  statusWarnings?(next: T, old: T): readonly string[];
  /** PUT without a resourceVersion is allowed (most kinds: yes). */
  readonly allowUnconditionalUpdate: boolean;
  /** PUT on a name that does not exist creates it (Lease, Endpoints, …). */
  readonly allowCreateOnUpdate: boolean;
}

/** One column of a Table. Kubernetes: metav1.TableColumnDefinition and pkg/printers/internalversion. */
export interface ColumnDefinition<T extends KubernetesObject> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** 'name' for the first column. */
  readonly format: string;
  readonly description: string;
  /** 0 always, 1 only with -o wide. */
  readonly priority: number;
  cell(object: T, nowMs: number): string | number | boolean | null;
}
