import { notNegativeText } from '../core/object-meta.ts';
import { invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { isQuantity, parseQuantity } from '../quantity.ts';
import type { HorizontalPodAutoscalerBehavior, HPAScalingPolicy, HPAScalingRules } from '../types.ts';

const periodSecondsMax = 1800;
const stabilizationSecondsMax = 3600;
const selectPolicies = ['Disabled', 'Max', 'Min'];
const policyTypes = ['Percent', 'Pods'];

/** Up at once: four pods or twice as many, whatever is more. */
const scaleUpRules: HPAScalingRules = Object.freeze({
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }],
});
/** Down to anything; the window is the controller's setting. */
const scaleDownRules: HPAScalingRules = Object.freeze({ selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] });

/** Where there is a behavior, both directions have all their rules. Kubernetes: SetDefaults_HorizontalPodAutoscalerBehavior. */
export function defaultBehavior(behavior: HorizontalPodAutoscalerBehavior): HorizontalPodAutoscalerBehavior {
  const scaleUp = defaultRules(behavior.scaleUp, scaleUpRules);
  const scaleDown = defaultRules(behavior.scaleDown, scaleDownRules);
  return scaleUp === behavior.scaleUp && scaleDown === behavior.scaleDown ? behavior : { ...behavior, scaleUp, scaleDown };
}

function defaultRules(rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules {
  if (!rules) return defaults;
  const names = Object.keys(defaults) as (keyof HPAScalingRules)[];
  return names.every((name) => rules[name] !== undefined) ? rules : { ...defaults, ...rules };
}

/** Kubernetes: autoscaling validation, validateBehavior. */
export function validateBehavior(behavior: HorizontalPodAutoscalerBehavior, path: string, errors: FieldError[]): void {
  if (behavior.scaleUp) validateRules(behavior.scaleUp, `${path}.scaleUp`, errors);
  if (behavior.scaleDown) validateRules(behavior.scaleDown, `${path}.scaleDown`, errors);
}

function validateRules(rules: HPAScalingRules, path: string, errors: FieldError[]): void {
  const { stabilizationWindowSeconds: seconds, selectPolicy, policies = [], tolerance } = rules;
  if (seconds !== undefined && seconds < 0) errors.push(invalid(`${path}.stabilizationWindowSeconds`, seconds, 'must be greater than or equal to zero'));
  if (seconds !== undefined && seconds > stabilizationSecondsMax) {
    errors.push(invalid(`${path}.stabilizationWindowSeconds`, seconds, `must be less than or equal to ${stabilizationSecondsMax}`));
  }
  if (selectPolicy !== undefined && !selectPolicies.includes(selectPolicy)) errors.push(notSupported(`${path}.selectPolicy`, selectPolicy, selectPolicies));
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  policies.forEach((policy, index) => validatePolicy(policy, `${path}.policies[${index}]`, errors));
  if (tolerance !== undefined && isQuantity(tolerance) && parseQuantity(tolerance).nanos < 0n) errors.push(invalid(`${path}.tolerance`, tolerance, notNegativeText));
}

function validatePolicy({ type = '', value = 0, periodSeconds = 0 }: HPAScalingPolicy, path: string, errors: FieldError[]): void {
  if (!policyTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, policyTypes));
  if (value <= 0) errors.push(invalid(`${path}.value`, value, 'must be greater than zero'));
  if (periodSeconds <= 0) errors.push(invalid(`${path}.periodSeconds`, periodSeconds, 'must be greater than zero'));
  if (periodSeconds > periodSecondsMax) errors.push(invalid(`${path}.periodSeconds`, periodSeconds, `must be less than or equal to ${periodSecondsMax}`));
}
