import { base64Length } from '../../base/index.ts';
import { invalid, forbidden, tooLong, type FieldError } from '../field-error.ts';
import { configMapKeyErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { ConfigMap } from '../types.ts';
import { defineResource } from './define.ts';
import { sameValue } from './equality.ts';
import { nameIsDnsSubdomain, utf8Length, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';

/** All values of a ConfigMap or Secret together, in bytes. Kubernetes: MaxSecretSize. */
export const dataBytesMax = 1024 * 1024;

/** Kubernetes: pkg/registry/core/configmap. */
export const configMaps = defineResource<ConfigMap>({
  group: '', resource: 'configmaps', kind: 'ConfigMap', namespaced: true, shortNames: ['cm'], schema: 'io.k8s.api.core.v1.ConfigMap',
  columns: [
    nameColumn,
    column('Data', 'string', 'How many entries there are.', (map) => Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length),
    ageColumn,
  ],
  strategy: {
    defaults: (map) => map,
    prepareForCreate: (map) => map,
    prepareForUpdate: (next) => next,
    validateCreate,
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (old.immutable === true) {
        if (next.immutable !== true) errors.push(forbidden('immutable', 'field is immutable when `immutable` is set'));
        if (!sameValue(next.data, old.data)) errors.push(forbidden('data', 'field is immutable when `immutable` is set'));
        if (!sameValue(next.binaryData, old.binaryData)) errors.push(forbidden('binaryData', 'field is immutable when `immutable` is set'));
      }
      for (const error of validateCreate(next)) errors.push(error);
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: core validation, ValidateConfigMap. */
function validateCreate(map: ConfigMap): FieldError[] {
  const errors = validateObjectMeta(map.metadata, true, nameIsDnsSubdomain);
  let bytes = 0;
  for (const [key, value] of Object.entries(map.data ?? {})) {
    for (const text of configMapKeyErrors(key)) errors.push(invalid(`data[${key}]`, key, text));
    if (map.binaryData !== undefined && Object.hasOwn(map.binaryData, key)) {
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    bytes += utf8Length(value);
  }
  for (const [key, value] of Object.entries(map.binaryData ?? {})) {
    for (const text of configMapKeyErrors(key)) errors.push(invalid(`binaryData[${key}]`, key, text));
    bytes += base64Length(value);
  }
  if (bytes > dataBytesMax) errors.push(tooLong('[]', dataBytesMax));
  return errors;
}
