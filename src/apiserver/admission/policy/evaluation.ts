import type { KubernetesObject, Namespace } from '../../../api/index.ts';
import {
  type Activation, type Authorize, authorizerValue, CelError, CelMap, fromJson, requestResourceValue, type RequestResource, type Value,
} from '../../../cel/index.ts';
import type { CompiledExpression } from './compile-expression.ts';

/** What all expressions of a policy for one binding and parameter may cost. Kubernetes: RuntimeCELCostBudget. */
export const POLICY_COST_BUDGET = 10_000_000;
/** What match conditions may cost. Kubernetes: RuntimeCELCostBudgetMatchConditions. */
export const MATCH_CONDITIONS_COST_BUDGET = 2_500_000;
const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

/** What expressions are about. */
export interface PolicyInput {
  readonly object: KubernetesObject | null;
  readonly oldObject: KubernetesObject | null;
  readonly params: KubernetesObject | null;
  /** An AdmissionRequest. */
  readonly request: object;
  readonly namespace: Namespace | undefined;
  /** undefined: expressions may not ask. */
  readonly authorize: Authorize | undefined;
  readonly requestResource: RequestResource;
}

/** What one expression came to. */
export type Evaluated = { readonly value: Value; readonly error?: undefined } | { readonly error: string };

/** Nothing more is evaluated: all has cost too much. */
export class OutOfBudget extends Error {
  constructor() {
    super(OUT_OF_BUDGET);
  }
}

/** Evaluates expressions one after the other, with one budget; variables at most once. Kubernetes: plugin/cel/activation.go. */
export class Evaluation {
  budget: number;
  private readonly activation: Activation;
  private readonly variables: VariablesMap;

  constructor(input: PolicyInput, variables: ReadonlyMap<string, CompiledExpression>, budget: number) {
    this.budget = budget;
    const known = new Map<string, Value>();
    this.variables = new VariablesMap(variables, (name) => this.activation(name));
    this.activation = (name) => {
      if (name === 'variables') return this.variables;
      let value = known.get(name);
      if (value === undefined) {
        value = variableValue(name, input);
        if (value !== undefined) known.set(name, value);
      }
      return value;
    };
  }

  /** Throws OutOfBudget. */
  evaluate(compiled: CompiledExpression): Evaluated {
    if (compiled.problem !== undefined) return { error: `compilation error: ${compiled.problem.detail}` };
    const { value, cost } = compiled.program.evaluate(this.activation);
    const total = cost + this.variables.takeCost();
    if (total > this.budget) {
      this.budget = -1;
      throw new OutOfBudget();
    }
    this.budget -= total;
    return value instanceof CelError ? { error: `expression '${compiled.expression}' resulted in error: ${value.message}` } : { value };
  }
}

function variableValue(name: string, input: PolicyInput): Value | undefined {
  switch (name) {
    case 'object':
      return fromJson(input.object);
    case 'oldObject':
      return fromJson(input.oldObject);
    case 'params':
      return fromJson(input.params);
    case 'request':
      return fromJson(input.request);
    case 'namespaceObject':
      return fromJson(input.namespace ?? null);
    case 'authorizer':
      return input.authorize === undefined ? undefined : authorizerValue(input.authorize);
    case 'authorizer.requestResource':
      return input.authorize === undefined ? undefined : requestResourceValue(input.authorize, input.requestResource);
    default:
      return undefined;
  }
}

/** The variables of a policy, evaluated when they are asked for. Kubernetes: apiserver/pkg/cel/lazy. */
class VariablesMap extends CelMap {
  private readonly compiled: ReadonlyMap<string, CompiledExpression>;
  private readonly activation: Activation;
  private readonly values = new Map<string, Value>();
  private cost = 0;

  constructor(compiled: ReadonlyMap<string, CompiledExpression>, activation: Activation) {
    super();
    this.compiled = compiled;
    this.activation = activation;
  }

  override get size(): number {
    return this.compiled.size;
  }

  override keys(): readonly Value[] {
    return [...this.compiled.keys()];
  }

  override find(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined;
    let value = this.values.get(key);
    if (value === undefined) {
      const compiled = this.compiled.get(key);
      if (compiled === undefined) return undefined;
      value = this.evaluate(key, compiled);
      this.values.set(key, value);
    }
    return value;
  }

  takeCost(): number {
    const { cost } = this;
    this.cost = 0;
    return cost;
  }

  private evaluate(name: string, compiled: CompiledExpression): Value {
    if (compiled.problem !== undefined) return new CelError(`composited variable ${JSON.stringify(name)} fails to compile: ${compiled.problem.detail}`);
    const { value, cost } = compiled.program.evaluate(this.activation);
    this.cost += cost;
    return value instanceof CelError ? new CelError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${value.message}`) : value;
  }
}
