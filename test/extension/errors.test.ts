import { describe, expect, it } from 'vitest';
import { newInvalidError, newStatusError, notSupported, required } from '../../src/api/index.ts';
import { fieldsOf } from '../../src/extension/errors.ts';

describe('the fields that a refusal is about', () => {
  it('come from the causes of Invalid', () => {
    expect(fieldsOf(newInvalidError('apps', 'Deployment', 'web', [required('spec.selector'), notSupported('spec.template.spec.restartPolicy', 'never', ['Always'])]))).toEqual([
      { field: 'spec.selector', message: 'Required value' },
      { field: 'spec.template.spec.restartPolicy', message: 'Unsupported value: "never": supported values: "Always"' },
    ]);
  });
  it('come from the text of strict decoding', () => {
    expect(fieldsOf(newStatusError(400, 'BadRequest', 'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica", duplicate field "metadata.name"'))).toEqual([
      { field: 'spec.replica', message: 'unknown field "spec.replica"' }, { field: 'metadata.name', message: 'duplicate field "metadata.name"' },
    ]);
  });
  it('come from the text of a value of the wrong type', () => {
    const message = 'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32';
    expect(fieldsOf(newStatusError(400, 'BadRequest', message))).toEqual([{ field: 'spec.replicas', message }]);
  });
  it('are the namespace where that is not there', () => {
    expect(fieldsOf(newStatusError(404, 'NotFound', 'namespaces "x" not found', { name: 'x', kind: 'namespaces' }))).toEqual([{ field: 'metadata.namespace', message: 'namespaces "x" not found' }]);
  });
  it('are none for other errors', () => {
    expect(fieldsOf(new Error('no'))).toEqual([]);
    expect(fieldsOf(newStatusError(403, 'Forbidden', 'no'))).toEqual([]);
  });
});
