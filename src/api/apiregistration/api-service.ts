import { defineResource, statusSubresource } from '../core/define.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { dns1035LabelErrors, dns1123SubdomainErrors, pathSegmentNameErrors, portNumberErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { APIService, APIServiceCondition } from '../types.ts';

/** Kubernetes: kube-aggregator/pkg/registry/apiservice. */
export const apiServices = defineResource<APIService>({
  group: 'apiregistration.k8s.io', resource: 'apiservices', kind: 'APIService', namespaced: false, categories: ['api-extensions'],
  schema: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  subresources: [statusSubresource('APIService')],
  resetFields: { status: [['metadata'], ['spec']] },
  columns: [
    nameColumn,
    column('Service', 'string', 'The Service behind it, or Local.', ({ spec }) => (spec.service === undefined ? 'Local' : `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}`)),
    column('Available', 'string', 'Whether it can be reached.', availableText),
    ageColumn,
  ],
  strategy: {
    defaults(apiService) {
      const service = apiService.spec?.service;
      return service === undefined || service.port !== undefined ? apiService : { ...apiService, spec: { ...apiService.spec, service: { ...service, port: 443 } } };
    },
    prepareForCreate: (apiService) => (apiService.spec.service === undefined ? locallyAvailable(apiService) : { ...apiService, status: {} }),
    prepareForUpdate: withStatusOf,
    validateCreate: validateApiService,
    validateUpdate: (next, old) => [...validateObjectMetaUpdate(next.metadata, old.metadata), ...validateApiService(next)],
    prepareForStatusUpdate,
    validateStatusUpdate,
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  },
});

/** What the server itself serves is there from its creation on. Kubernetes: NewLocalAvailableAPIServiceCondition. */
function locallyAvailable(apiService: APIService): APIService {
  const condition: APIServiceCondition = {
    type: 'Available', status: 'True', lastTransitionTime: apiService.metadata.creationTimestamp, reason: 'Local',
    message: 'Local APIServices are always available',
  };
  return { ...apiService, status: { conditions: [condition] } };
}

function availableText({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available');
  if (condition === undefined) return 'Unknown';
  return condition.status === 'True' || !condition.reason ? condition.status : `${condition.status} (${condition.reason})`;
}

/** Kubernetes: apiregistration validation, ValidateAPIService. */
function validateApiService({ metadata, spec }: APIService): FieldError[] {
  const { group = '', version = '', service, caBundle = '', insecureSkipTLSVerify = false, groupPriorityMinimum = 0, versionPriority = 0 } = spec;
  const name = `${version}.${group}`;
  const errors = validateObjectMeta(metadata, false, (text) => {
    const problems = pathSegmentNameErrors(text);
    if (problems.length > 0) return problems;
    return text === name ? [] : [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`];
  });
  if (group === '' && version !== 'v1') errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  if (group !== '') for (const text of dns1123SubdomainErrors(group)) errors.push(invalid('spec.group', group, text));
  for (const text of dns1035LabelErrors(version)) errors.push(invalid('spec.version', version, text));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20_000) {
    errors.push(invalid('spec.groupPriorityMinimum', groupPriorityMinimum, 'must be positive and less than 20000'));
  }
  if (versionPriority <= 0 || versionPriority > 1000) errors.push(invalid('spec.versionPriority', versionPriority, 'must be positive and less than 1000'));
  if (service === undefined) {
    if (caBundle !== '') errors.push(invalid('spec.caBundle', `${base64Bytes(caBundle)} bytes`, 'local APIServices may not have a caBundle'));
    if (insecureSkipTLSVerify) errors.push(invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'));
    return errors;
  }
  if (!service.namespace) errors.push(required('spec.service.namespace'));
  if (!service.name) errors.push(required('spec.service.name'));
  const portProblems = portNumberErrors(service.port ?? 0);
  if (portProblems.length > 0) errors.push(invalid('spec.service.port', service.port ?? 0, `port is not valid: ${portProblems.join(', ')}`));
  if (insecureSkipTLSVerify && caBundle !== '') errors.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
  return errors;
}

function base64Bytes(text: string): number {
  return Math.floor((text.replace(/=+$/, '').length * 3) / 4);
}

const keptInStatusWrites = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

function prepareForStatusUpdate(next: APIService, old: APIService): APIService {
  const withSpec = withSpecOf(next, old);
  if (keptInStatusWrites.every((field) => next.metadata[field] === old.metadata[field])) return withSpec;
  const { labels: _labels, annotations: _annotations, finalizers: _finalizers, ownerReferences: _owners, ...metadata } = next.metadata;
  const kept = Object.fromEntries(keptInStatusWrites.flatMap((field) => (old.metadata[field] === undefined ? [] : [[field, old.metadata[field]]])));
  return { ...withSpec, metadata: { ...metadata, ...kept } };
}

function validateStatusUpdate(next: APIService, old: APIService): FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
  next.status?.conditions?.forEach(({ status }, index) => {
    if (status !== 'True' && status !== 'False' && status !== 'Unknown') {
      errors.push(notSupported(`status.conditions[${index}].status`, status ?? '', ['True', 'False', 'Unknown']));
    }
  });
  return errors;
}
