import { defineResource } from '../core/define.ts';
import { validateCanonicalIp } from '../core/ip.ts';
import { type NameRule, validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { invalid, required, type FieldError } from '../field-error.ts';
import { dns1123SubdomainErrors, pathSegmentNameErrors } from '../names.ts';
import { column, nameColumn } from '../printers/columns.ts';
import type { IPAddress, ParentReference } from '../types.ts';
import { validatePathSegment } from './ingress-validation.ts';

const nameIsAddress: NameRule = (name) => {
  const errors: FieldError[] = [];
  validateCanonicalIp(name, '', errors);
  return errors.map(({ detail }) => detail);
};

/** Kubernetes: pkg/registry/networking/ipaddress. */
export const ipAddresses = defineResource<IPAddress>({
  group: 'networking.k8s.io', resource: 'ipaddresses', kind: 'IPAddress', namespaced: false, shortNames: ['ip'], schema: 'io.k8s.api.networking.v1.IPAddress',
  columns: [nameColumn, column('ParentRef', 'string', 'Who has the address.', ({ spec }) => parentText(spec.parentRef))],
  strategy: {
    defaults: (address) => (address.spec ? address : { ...address, spec: {} }),
    prepareForCreate: (address) => address,
    prepareForUpdate: (next) => next,
    validateCreate: validateAddress,
    validateUpdate(next, old) {
      const errors = validateAddress(next);
      for (const error of validateObjectMetaUpdate(next.metadata, old.metadata)) errors.push(error);
      validateImmutable(next.spec.parentRef, old.spec.parentRef, 'spec.parentRef', errors);
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

function parentText(parent: ParentReference | undefined): string {
  if (!parent) return '<none>';
  const { group, resource = '', namespace, name = '' } = parent;
  return `${`${resource}${group ? `.${group}` : ''}`.toLowerCase()}${namespace ? `/${namespace}` : ''}/${name}`;
}

/** Kubernetes: networking validation, ValidateIPAddress. */
function validateAddress({ metadata, spec: { parentRef } }: IPAddress): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsAddress);
  const path = 'spec.parentRef';
  if (!parentRef) {
    errors.push(required(path));
    return errors;
  }
  const { group, resource, namespace, name } = parentRef;
  if (group) for (const text of dns1123SubdomainErrors(group)) errors.push(invalid(`${path}.group`, group, text));
  validatePathSegment(resource, `${path}.resource`, errors);
  validatePathSegment(name, `${path}.name`, errors);
  if (namespace) for (const text of pathSegmentNameErrors(namespace)) errors.push(invalid(`${path}.namespace`, namespace, text));
  return errors;
}
