import { validateClientConfig } from '../admissionregistration/client-config.ts';
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { caBundleProblem } from './ca-bundle.ts';
import { dns1035LabelErrors } from '../names.ts';
import type { UnifiedSpec } from './unified-spec.ts';
import type { ValidationOptions } from './validation-options.ts';

const PATH = 'spec.conversion';

/** Kubernetes: apiextensions validation, validateCustomResourceConversion. */
export function validateConversion(spec: UnifiedSpec, options: ValidationOptions, errors: FieldError[]): void {
  const { conversion } = spec;
  if (conversion === undefined) return;
  const { strategy, webhook } = conversion;
  if (strategy !== 'None' && spec.preserveUnknownFields === true) errors.push(invalid(`${PATH}.strategy`, strategy, 'must be None if spec.preserveUnknownFields is true'));
  if (strategy === '') errors.push(required(`${PATH}.strategy`));
  else if (strategy !== 'None' && strategy !== 'Webhook') errors.push(notSupported(`${PATH}.strategy`, strategy, ['None', 'Webhook']));
  if (strategy === 'Webhook') {
    if (webhook?.clientConfig === undefined) errors.push(required(`${PATH}.webhookClientConfig`, 'required when strategy is set to Webhook'));
    else {
      const path = `${PATH}.webhookClientConfig`;
      const { caBundle } = webhook.clientConfig;
      validateClientConfig(webhook.clientConfig, path, errors);
      const problem = options.allowInvalidCaBundle ? undefined : caBundleProblem(caBundle);
      if (problem !== undefined) errors.push(invalid(`${path}.caBundle`, caBundle, problem));
    }
    validateReviewVersions(webhook?.conversionReviewVersions ?? [], options.requireRecognizedReviewVersion, errors);
    return;
  }
  if (webhook?.clientConfig !== undefined) errors.push(forbidden(`${PATH}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook'));
  if ((webhook?.conversionReviewVersions ?? []).length > 0) errors.push(forbidden(`${PATH}.conversionReviewVersions`, 'should not be set when strategy is not set to Webhook'));
}

function validateReviewVersions(versions: readonly string[], requireRecognized: boolean, errors: FieldError[]): void {
  const path = `${PATH}.conversionReviewVersions`;
  if (versions.length === 0) {
    errors.push(required(path));
    return;
  }
  versions.forEach((version, index) => {
    if (versions.indexOf(version) < index) errors.push(invalid(`${path}[${index}]`, version, 'duplicate version'));
    else for (const text of dns1035LabelErrors(version)) errors.push(invalid(`${path}[${index}]`, version, text));
  });
  if (requireRecognized && !versions.includes('v1') && !versions.includes('v1beta1')) errors.push(invalid(path, versions, 'must include at least one of v1, v1beta1'));
}
