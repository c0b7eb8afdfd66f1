import { decodeBase64, decodeText, messageOf } from '../../../base/index.ts';
import type { KubernetesObject, ResourceDefinition, Status } from '../../../api/index.ts';
import type { RequestQuery } from '../../../client/index.ts';
import type { AdmissionAttributes, AdmissionOperation } from '../chain.ts';
import { type GroupVersionKind, kindOf } from './kinds.ts';

/** What a webhook gets to see: in the version that its rule names, as far as that can be had. */
export interface ReviewedObjects {
  readonly object: KubernetesObject | undefined;
  readonly old: KubernetesObject | undefined;
}

/** The AdmissionReview that is sent. Kubernetes: webhook/request, CreateV1AdmissionReview; v1beta1 says the same. */
export function newReview(
  version: 'v1' | 'v1beta1', uid: string, attributes: AdmissionAttributes, rule: ResourceDefinition, objects: ReviewedObjects,
): object {
  const { definition, subresource, operation, user, dryRun } = attributes;
  const name = nameOf(attributes);
  const namespace = namespaceOf(attributes);
  const kind = kindOf(rule, subresource);
  const subresources = subresource === undefined ? {} : { subResource: subresource };
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: {
      uid,
      kind: inGoOrder(kind),
      resource: resourceOf(rule),
      ...subresources,
      requestKind: inGoOrder(kindOf(definition, subresource)),
      requestResource: resourceOf(definition),
      ...(subresource === undefined ? {} : { requestSubResource: subresource }),
      ...(name === '' ? {} : { name }),
      ...(namespace === '' ? {} : { namespace }),
      operation,
      userInfo: {
        ...(user.name === '' ? {} : { username: user.name }),
        ...(user.uid === undefined || user.uid === '' ? {} : { uid: user.uid }),
        ...(user.groups.length === 0 ? {} : { groups: user.groups }),
        ...(user.extra === undefined || Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
      },
      object: operation === 'DELETE' ? null : typed(objects.object, kind),
      oldObject: typed(objects.old, kind),
      dryRun,
      options: optionsOf(attributes),
    },
  };
}

/** Bodies of subresources need not say what they are. */
function typed(object: KubernetesObject | undefined, { group, version, kind }: GroupVersionKind): KubernetesObject | null {
  if (object === undefined) return null;
  return object.kind === kind ? object : { ...object, kind, apiVersion: group === '' ? version : `${group}/${version}` };
}

/** Of the namespace that it lies in; a Namespace's own name for itself. Kubernetes: RequestInfoFactory. */
export function namespaceOf({ definition, namespace, name }: AdmissionAttributes): string {
  return definition.resource === 'namespaces' && definition.group === '' ? name : namespace;
}

/** Where many are deleted at once, none is named. */
function nameOf({ request, name }: AdmissionAttributes): string {
  return request.verb === 'deletecollection' ? '' : name;
}

function inGoOrder({ group, version, kind }: GroupVersionKind) {
  return { group, version, kind };
}

function resourceOf({ group, version, resource }: ResourceDefinition) {
  return { group, version, resource };
}

const OPTIONS_KINDS: Readonly<Record<AdmissionOperation, string | undefined>> = {
  CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: undefined,
};

/** As the request gave them; a patch's are those of the update or creation that it comes to. */
function optionsOf({ operation, request, dryRun }: AdmissionAttributes): object | null {
  const kind = OPTIONS_KINDS[operation];
  if (kind === undefined) return null;
  const typeMeta = { kind, apiVersion: 'meta.k8s.io/v1' };
  const dry = dryRun ? { dryRun: ['All'] } : {};
  if (operation === 'DELETE') return { ...request.body as object | undefined, ...typeMeta, ...dry };
  const { fieldManager, fieldManagerImplied, fieldValidation }: RequestQuery = request.query ?? {};
  return {
    ...typeMeta, ...dry,
    ...(fieldManager === undefined || fieldManagerImplied ? {} : { fieldManager }),
    ...(fieldValidation === undefined ? {} : { fieldValidation }),
  };
}

/** What a webhook has answered. */
export interface Verdict {
  readonly allowed: boolean;
  /** undefined: it wants no change. */
  readonly patch: unknown;
  readonly result: Partial<Status> | undefined;
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/** A verdict, or what is wrong with an answer: read (it is no AdmissionReview), invalid (it breaks the rules) or undecodable (its patch). */
export type ReadReview =
  | { readonly done: true; readonly verdict: Verdict }
  | { readonly done: false; readonly wrong: 'read' | 'invalid' | 'undecodable' | 'patch type'; readonly message: string };

/** Kubernetes: webhook/request, VerifyAdmissionResponse. */
export function readReview(answer: object, version: 'v1' | 'v1beta1', uid: string, mutating: boolean): ReadReview {
  const review = answer as { readonly kind?: unknown; readonly apiVersion?: unknown; readonly response?: unknown };
  const unread = (message: string): ReadReview => ({ done: false, wrong: 'read', message });
  const invalid = (message: string): ReadReview => ({ done: false, wrong: 'invalid', message });
  const { kind = '', apiVersion = '', response } = review;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') return unread(`couldn't get version/kind; json parse error: ${unmarshalText(typeof kind === 'string' ? apiVersion : kind, 'string')}`);
  if (version === 'v1' && (kind !== 'AdmissionReview' || apiVersion !== 'admission.k8s.io/v1')) {
    return kind === '' ? invalid(`expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${formatKind(apiVersion, kind)}`)
      : unread(unknownKindText(apiVersion, kind));
  }
  if (response === undefined || response === null) return invalid('webhook response was absent');
  if (typeof response !== 'object' || Array.isArray(response)) return unread(unmarshalText(response, `${version}.AdmissionResponse`, 'AdmissionReview.response'));
  const wrongType = findWrongType(response as Readonly<Record<string, unknown>>, version);
  if (wrongType !== undefined) return unread(wrongType);
  const given = response as AdmissionResponse;
  if (version === 'v1' && given.uid !== uid) return invalid(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(given.uid ?? '')}`);

  const patchText = given.patch === undefined || given.patch === null ? '' : given.patch;
  const { patchType } = given;
  if (version === 'v1' && mutating) {
    if (patchText !== '' && patchType === undefined) return invalid('webhook returned response.patch but not response.patchType');
    if (patchText === '' && patchType !== undefined) return invalid('webhook returned response.patchType but not response.patch');
    if (patchType === '') return invalid('webhook returned invalid response.patchType of ""');
  } else if (version === 'v1') {
    if (patchText !== '') return invalid('validating webhook may not return response.patch');
    if (patchType !== undefined) return invalid('validating webhook may not return response.patchType');
  }
  const verdict = (patch: unknown): ReadReview => ({
    done: true,
    verdict: { allowed: given.allowed === true, patch, result: given.status ?? undefined, warnings: given.warnings ?? [], auditAnnotations: given.auditAnnotations ?? {} },
  });
  if (!mutating || patchText === '' || given.allowed !== true) return verdict(undefined);
  const decoded = decodePatch(patchText);
  if (decoded.message !== undefined) return { done: false, wrong: 'undecodable', message: decoded.message };
  if (Array.isArray(decoded.patch) && decoded.patch.length === 0) return verdict(undefined);
  if (version === 'v1' && patchType !== 'JSONPatch') return { done: false, wrong: 'patch type', message: `unsupported patch type ${JSON.stringify(patchType)}` };
  return verdict(decoded.patch);
}

interface AdmissionResponse {
  readonly uid?: string;
  readonly allowed?: boolean;
  readonly status?: Partial<Status> | null;
  readonly patch?: string | null;
  readonly patchType?: string;
  readonly auditAnnotations?: Readonly<Record<string, string>> | null;
  readonly warnings?: readonly string[] | null;
}

function decodePatch(text: string): { readonly patch?: unknown; readonly message?: string } {
  const bytes = decodeBase64(text);
  if (bytes === undefined) return { message: 'illegal base64 data' };
  try {
    const patch: unknown = JSON.parse(decodeText(bytes));
    if (Array.isArray(patch)) return { patch: patch as unknown };
    return { message: unmarshalText(patch, 'jsonpatch.Patch') };
  } catch (error) {
    return { message: messageOf(error) };
  }
}

const FIELD_TYPES: Readonly<Record<string, { readonly go: string; readonly fits: (value: unknown) => boolean }>> = {
  uid: { go: 'types.UID', fits: (value) => typeof value === 'string' },
  allowed: { go: 'bool', fits: (value) => typeof value === 'boolean' },
  status: { go: 'v1.Status', fits: (value) => typeof value === 'object' && !Array.isArray(value) },
  patch: { go: '[]uint8', fits: (value) => typeof value === 'string' && decodeBase64(value) !== undefined },
  patchType: { go: 'v1.PatchType', fits: (value) => typeof value === 'string' },
  auditAnnotations: { go: 'map[string]string', fits: (value) => typeof value === 'object' && !Array.isArray(value) && Object.values(value as object).every((each) => typeof each === 'string') },
  warnings: { go: '[]string', fits: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string') },
};

const STATUS_TYPES: Readonly<Record<string, string>> = { status: 'string', message: 'string', reason: 'string', code: 'number' };

/** Go's decoder refuses what does not fit its types. */
function findWrongType(response: Readonly<Record<string, unknown>>, version: string): string | undefined {
  for (const [field, { go, fits }] of Object.entries(FIELD_TYPES)) {
    const value = Object.hasOwn(response, field) ? response[field] : undefined;
    if (value === undefined || value === null || fits(value)) continue;
    if (field === 'patch' && typeof value === 'string') return 'illegal base64 data at input byte 0';
    return unmarshalText(value, go.replace(/^v1\.(?=Patch)/, `${version}.`), `AdmissionResponse.response.${field}`);
  }
  const status = response['status'] as Readonly<Record<string, unknown>> | undefined | null;
  for (const [field, type] of Object.entries(STATUS_TYPES)) {
    const value = status?.[field];
    if (value !== undefined && value !== null && typeof value !== type) return unmarshalText(value, type === 'number' ? 'int32' : 'string', `Status.response.status.${field}`);
  }
  return undefined;
}

function unmarshalText(value: unknown, goType: string, field?: string): string {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return field === undefined ? `json: cannot unmarshal ${kind} into Go value of type ${goType}` : `json: cannot unmarshal ${kind} into Go struct field ${field} of type ${goType}`;
}

/** What upstream's scheme says to another kind, or to a version that was not asked for. */
function unknownKindText(apiVersion: string, kind: string): string {
  if (kind === 'AdmissionReview' && apiVersion === 'admission.k8s.io/v1beta1') return 'converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion';
  return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`;
}

/** Kubernetes: schema.GroupVersionKind.String. */
function formatKind(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf('/');
  return `${slash < 0 ? '' : apiVersion.slice(0, slash)}/${slash < 0 ? apiVersion : apiVersion.slice(slash + 1)}, Kind=${kind}`;
}
