import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { bumpGeneration } from '../core/strategy-parts.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { CSIDriver, CSIDriverSpec, TokenRequest } from '../types.ts';

const groupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];
const lifecycleModes = ['Persistent', 'Ephemeral'];
const tokenWarning = 'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';

/** What a driver does where it is silent. Kubernetes: pkg/apis/storage/v1, SetDefaults_CSIDriver. */
const specDefaults = {
  attachRequired: true, podInfoOnMount: false, storageCapacity: false, fsGroupPolicy: 'ReadWriteOnceWithFSType', requiresRepublish: false, seLinuxMount: false,
} as const;

/** Kubernetes: pkg/registry/storage/csidriver. */
export const csiDrivers = defineResource<CSIDriver>({
  group: 'storage.k8s.io', resource: 'csidrivers', kind: 'CSIDriver', namespaced: false, schema: 'io.k8s.api.storage.v1.CSIDriver',
  columns: [
    nameColumn,
    column('AttachRequired', 'boolean', 'Whether volumes are attached before they are mounted.', ({ spec }) => spec.attachRequired ?? true),
    column('PodInfoOnMount', 'boolean', 'Whether the driver is told of the pod.', ({ spec }) => spec.podInfoOnMount ?? false),
    column('StorageCapacity', 'boolean', 'Whether the scheduler looks at what is left.', ({ spec }) => spec.storageCapacity ?? false),
    column('TokenRequests', 'string', 'Audiences of the tokens that the driver gets.', ({ spec }) => spec.tokenRequests?.map(({ audience }) => audience ?? '').join(',') ?? '<unset>'),
    column('RequiresRepublish', 'boolean', 'Whether volumes are published again and again.', ({ spec }) => spec.requiresRepublish ?? false),
    column('Modes', 'string', 'Kinds of volumes that it makes.', ({ spec }) => (spec.volumeLifecycleModes ?? []).join(',') || '<none>'),
    ageColumn,
  ],
  strategy: {
    defaults: defaultDriver,
    prepareForCreate: withoutDisabled,
    prepareForUpdate(given, old) {
      const next = old.spec.preventPodSchedulingIfMissing === undefined ? withoutDisabled(given) : given;
      return bumpGeneration(next, old, !sameValue(next.spec, old.spec));
    },
    validateCreate(driver) {
      const errors = validateObjectMeta(driver.metadata, false, nameIsDnsSubdomain);
      validateSpec(driver.spec, errors);
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      validateSpec(next.spec, errors);
      validateImmutable(next.spec.attachRequired, old.spec.attachRequired, 'spec.attachedRequired', errors);
      validateImmutable(next.spec.volumeLifecycleModes, old.spec.volumeLifecycleModes, 'spec.volumeLifecycleModes', errors);
      return errors;
    },
    warnings({ spec }, old) {
      const asks = (spec.tokenRequests ?? []).length > 0 && spec.serviceAccountTokenInSecrets === undefined;
      return asks && !sameValue(spec.tokenRequests, old?.spec.tokenRequests) ? [tokenWarning] : [];
    },
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  },
});

function defaultDriver(driver: CSIDriver): CSIDriver {
  const spec: CSIDriverSpec = driver.spec ?? {};
  const isComplete = Object.keys(specDefaults).every((name) => spec[name as keyof typeof specDefaults] !== undefined);
  if (isComplete && (spec.volumeLifecycleModes ?? []).length > 0) return driver;
  const volumeLifecycleModes = (spec.volumeLifecycleModes ?? []).length > 0 ? spec.volumeLifecycleModes : ['Persistent'];
  return { ...driver, spec: { ...specDefaults, ...spec, ...(volumeLifecycleModes && { volumeLifecycleModes }) } };
}

/** preventPodSchedulingIfMissing is behind a feature that is off. */
function withoutDisabled(driver: CSIDriver): CSIDriver {
  if (driver.spec.preventPodSchedulingIfMissing === undefined) return driver;
  const { preventPodSchedulingIfMissing: _disabled, ...spec } = driver.spec;
  return { ...driver, spec };
}

/** Kubernetes: storage validation, validateCSIDriverSpec. */
function validateSpec(spec: CSIDriverSpec, errors: FieldError[]): void {
  if (spec.attachRequired === undefined) errors.push(required('spec.attachedRequired'));
  if (spec.podInfoOnMount === undefined) errors.push(required('spec.podInfoOnMount'));
  if (spec.storageCapacity === undefined) errors.push(required('spec.storageCapacity'));
  const { fsGroupPolicy, nodeAllocatableUpdatePeriodSeconds: period } = spec;
  if (fsGroupPolicy !== undefined && !groupPolicies.includes(fsGroupPolicy)) errors.push(notSupported('spec.fsGroupPolicy', fsGroupPolicy, groupPolicies));
  validateTokenRequests(spec.tokenRequests ?? [], 'spec.tokenRequests', errors);
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!lifecycleModes.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, lifecycleModes));
  }
  if (spec.seLinuxMount === undefined) errors.push(required('spec.seLinuxMount'));
  if (period !== undefined && period < 10) {
    errors.push(invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds'));
  }
  if (spec.serviceAccountTokenInSecrets !== undefined && (spec.tokenRequests ?? []).length === 0) {
    const text = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified';
    errors.push(invalid('spec.serviceAccountTokenInSecrets', spec.serviceAccountTokenInSecrets, text));
  }
}

/** Kubernetes: storage validation, validateTokenRequests. */
function validateTokenRequests(requests: readonly TokenRequest[], path: string, errors: FieldError[]): void {
  const audiences = new Set<string>();
  requests.forEach(({ audience = '', expirationSeconds }, index) => {
    if (audiences.has(audience)) {
      errors.push(duplicate(`${path}[${index}].audience`, audience));
      return;
    }
    audiences.add(audience);
    if (expirationSeconds === undefined) return;
    const field = `${path}[${index}].expirationSeconds`;
    if (expirationSeconds < 600) errors.push(invalid(field, expirationSeconds, 'may not specify a duration less than 10 minutes'));
    if (expirationSeconds > 2 ** 32) errors.push(invalid(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
  });
}
