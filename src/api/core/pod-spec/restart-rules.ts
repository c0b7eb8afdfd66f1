import { notSupported, required, tooMany, type FieldError } from '../../field-error.ts';
import type { Container } from '../../types.ts';

const policies = ['Always', 'Never', 'OnFailure'];
const actions = ['Restart', 'RestartAllContainers'];
const operators = ['In', 'NotIn'];
const rulesMax = 20;
const exitCodesMax = 255;

/** When one container is started again, whatever the pod's policy. Kubernetes: core validation, validateContainerRestartPolicy. */
export function validateRestartRules(container: Pick<Container, 'restartPolicy' | 'restartPolicyRules'>, path: string, errors: FieldError[]): void {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  if (restartPolicy === undefined) {
    if (rules.length === 0) return;
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  } else if (!policies.includes(restartPolicy)) {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, policies));
  }
  if (rules.length > rulesMax) errors.push(tooMany(`${path}.restartPolicyRules`, rules.length, rulesMax));
  rules.forEach(({ action = '', exitCodes }, index) => {
    const at = `${path}.restartPolicyRules[${index}]`;
    if (!actions.includes(action)) errors.push(notSupported(`${at}.action`, action, actions));
    if (!exitCodes) {
      errors.push(required(`${at}.exitCodes`, 'must be specified'));
      return;
    }
    const { operator = '', values = [] } = exitCodes;
    if (!operators.includes(operator)) errors.push(notSupported(`${at}.exitCodes.operator`, operator, operators));
    if (values.length > exitCodesMax) errors.push(tooMany(`${at}.exitCodes.values`, values.length, exitCodesMax));
  });
}

/** An init container says when it is started again before it may say more. Kubernetes: core validation, validateInitContainerRestartPolicy. */
export function validateInitRestartRules(container: Container, path: string, errors: FieldError[]): void {
  if (container.restartPolicy !== undefined) validateRestartRules(container, path, errors);
  else if (container.restartPolicyRules?.length) errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
}
