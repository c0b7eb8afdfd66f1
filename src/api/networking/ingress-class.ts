import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { bumpGeneration, withGeneration } from '../core/strategy-parts.ts';
import { forbidden, invalid, notSupported, required, tooLong, type FieldError } from '../field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors, regexText } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { IngressClass, IngressClassParametersReference, IngressClassSpec } from '../types.ts';
import { validatePathSegment } from './ingress-validation.ts';

const controllerLengthMax = 250;
/** The class of ingresses that name none. */
const defaultClassAnnotation = 'ingressclass.kubernetes.io/is-default-class';
const httpPathPattern = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPath = new RegExp(`^${httpPathPattern}$`);

/** Kubernetes: pkg/registry/networking/ingressclass. */
export const ingressClasses = defineResource<IngressClass>({
  group: 'networking.k8s.io', resource: 'ingressclasses', kind: 'IngressClass', namespaced: false, schema: 'io.k8s.api.networking.v1.IngressClass',
  columns: [
    { ...nameColumn, cell: ({ metadata }) => `${metadata.name}${metadata.annotations?.[defaultClassAnnotation] === 'true' ? ' (default)' : ''}` },
    column('Controller', 'string', 'The controller that carries out ingresses of this class.', ({ spec }) => spec.controller ?? ''),
    column('Parameters', 'string', 'What more the controller is told.', ({ spec }) => parametersText(spec.parameters)),
    ageColumn,
  ],
  strategy: {
    defaults: defaultIngressClass,
    prepareForCreate: (ingressClass) => withGeneration(ingressClass, 1),
    prepareForUpdate: (next, old) => bumpGeneration(next, old, !sameValue(next.spec, old.spec)),
    validateCreate: validateIngressClass,
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      validateImmutable(next.spec.controller ?? '', old.spec.controller ?? '', 'spec.controller', errors);
      for (const error of validateIngressClass(next)) errors.push(error);
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: pkg/apis/networking/v1, SetDefaults_IngressClass. */
function defaultIngressClass(ingressClass: IngressClass): IngressClass {
  const spec: IngressClassSpec = ingressClass.spec ?? {};
  const { parameters } = spec;
  if (!parameters || parameters.scope !== undefined) return ingressClass.spec ? ingressClass : { ...ingressClass, spec };
  return { ...ingressClass, spec: { ...spec, parameters: { ...parameters, scope: 'Cluster' } } };
}

function parametersText(parameters: IngressClassParametersReference | undefined): string {
  if (!parameters) return '<none>';
  const { apiGroup, kind, name } = parameters;
  return `${kind ?? ''}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name ?? ''}`;
}

/** Kubernetes: networking validation, ValidateIngressClass. */
function validateIngressClass({ metadata, spec }: IngressClass): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsDnsSubdomain);
  const controller = spec.controller ?? '';
  if (controller.length > controllerLengthMax) errors.push(tooLong('spec.controller', controllerLengthMax));
  validateDomainPrefixedPath(controller, 'spec.controller', errors);
  if (spec.parameters) validateParameters(spec.parameters, 'spec.parameters', errors);
  return errors;
}

/** A path such as example.com/controller. Kubernetes: validation.IsDomainPrefixedPath. */
function validateDomainPrefixedPath(value: string, path: string, errors: FieldError[]): void {
  if (value === '') {
    errors.push(required(path));
    return;
  }
  const slash = value.indexOf('/');
  const host = value.slice(0, Math.max(0, slash));
  const rest = value.slice(slash + 1);
  if (host === '' || rest === '') {
    errors.push(invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    return;
  }
  for (const text of dns1123SubdomainErrors(host)) errors.push(invalid(path, host, text));
  if (!httpPath.test(rest)) errors.push(invalid(path, rest, regexText('Invalid path', httpPathPattern)));
}

/** Kubernetes: networking validation, validateIngressClassParametersReference. */
function validateParameters({ apiGroup, kind, name, scope, namespace }: IngressClassParametersReference, path: string, errors: FieldError[]): void {
  if (apiGroup !== undefined) for (const text of dns1123SubdomainErrors(apiGroup)) errors.push(invalid(`${path}.apiGroup`, apiGroup, text));
  validatePathSegment(kind, `${path}.kind`, errors);
  validatePathSegment(name, `${path}.name`, errors);
  if (scope === undefined) errors.push(required(`${path}.scope`));
  else if (scope === 'Namespace') {
    if (namespace === undefined) errors.push(required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    else for (const text of dns1123LabelErrors(namespace)) errors.push(invalid(`${path}.namespace`, namespace, text));
  } else if (scope !== 'Cluster') {
    errors.push(notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace']));
  } else if (namespace !== undefined) {
    errors.push(forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  }
}
