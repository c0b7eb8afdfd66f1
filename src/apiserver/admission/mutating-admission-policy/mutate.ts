import { applyJsonPatch, type JsonPatchOperation, type KubernetesObject, mergeUnowned, type ResourceDefinition, schemaOf } from '../../../api/index.ts';
import { messageOf } from '../../../base/index.ts';
import { CelList, type Value } from '../../../cel/index.ts';
import { newInternalError } from '../../errors.ts';
import type { CompiledExpression } from '../policy/compile-expression.ts';
import { Evaluation, OutOfBudget, POLICY_COST_BUDGET, type PolicyInput } from '../policy/evaluation.ts';
import { misnamedObjects, ObjectValue, PatchValue, toJson } from '../policy/patch-values.ts';
import { patchFailure } from '../webhook/patch-failure.ts';
import { retyped } from '../webhook/versions.ts';
import type { CompiledMutation } from './compile-policy.ts';

/** A mutation can't be made; the failure policy decides what that means. */
export class MutationError extends Error {}

/** The object as one mutation wants it, with defaults. Throws a MutationError, or a StatusError. Kubernetes: policy/mutating/patch. */
export function mutate(
  object: KubernetesObject, mutation: CompiledMutation, variables: ReadonlyMap<string, CompiledExpression>, input: PolicyInput,
  definition: ResourceDefinition, subresource: string | undefined,
): KubernetesObject {
  if (mutation.expression.problem !== undefined) throw new MutationError(mutation.expression.problem.detail);
  const value = evaluate(mutation.expression, variables, input);
  const next = mutation.type === 'JSONPatch' ? patched(object, value) : applied(object, value, definition);
  if (next === object) return object;
  try {
    return retyped(next, definition, subresource);
  } catch (error) {
    throw newInternalError(messageOf(error));
  }
}

function evaluate(expression: CompiledExpression, variables: ReadonlyMap<string, CompiledExpression>, input: PolicyInput): Value {
  try {
    const result = new Evaluation(input, variables, POLICY_COST_BUDGET).evaluate(expression);
    if (result.error !== undefined) throw new MutationError(result.error);
    return result.value;
  } catch (error) {
    throw error instanceof OutOfBudget ? new MutationError(error.message) : error;
  }
}

function applied(object: KubernetesObject, value: Value, definition: ResourceDefinition): KubernetesObject {
  if (!(value instanceof ObjectValue)) throw new MutationError('unsupported return type from ApplyConfiguration expression');
  checkNames(value);
  const schema = definition.custom?.schema ?? schemaOf(definition.schema);
  if (schema === undefined) throw new MutationError('error applying patch: type converter must not be nil');
  const configuration = { ...toJson(value) as object, apiVersion: object.apiVersion, kind: object.kind };
  const result = mergeUnowned(object, configuration, schema);
  if ('problem' in result) throw new MutationError(`error applying patch: ${result.problem}`);
  return result.merged;
}

function patched(object: KubernetesObject, value: Value): KubernetesObject {
  if (!(value instanceof CelList)) throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array');
  const operations: JsonPatchOperation[] = [];
  for (let index = 0; index < value.size; index++) operations.push(operationOf(value.get(index)));
  try {
    return operations.length === 0 ? object : applyJsonPatch(object, operations);
  } catch {
    const failure = patchFailure(object, operations);
    // A test that fails leaves the object alone.
    if (failure.startsWith('testing value')) return object;
    throw new MutationError(`JSON Patch: ${failure}`);
  }
}

function operationOf(value: Value): JsonPatchOperation {
  if (!(value instanceof PatchValue)) throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch');
  const { fields } = value;
  const given = fields.get('value');
  if (given instanceof ObjectValue) checkNames(given);
  const json = given === undefined ? undefined : toJson(given);
  if (given !== undefined && json === undefined) throw new MutationError('JSONPath valueExpression evaluated to a type that could not marshal to JSON');
  const from = fields.get('from');
  return {
    op: fields.get('op') ?? '', path: fields.get('path') ?? '', ...(from === undefined || from === '' ? {} : { from }), ...(given === undefined ? {} : { value: json }),
  } as JsonPatchOperation;
}

function checkNames(value: ObjectValue): void {
  const problems = misnamedObjects(value, value.type.name);
  if (problems.length > 0) throw new MutationError(`type mismatch: ${problems.join('\n')}`);
}
