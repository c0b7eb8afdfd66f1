import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { dns1035LabelErrors, dns1123SubdomainErrors, portNumberErrors } from '../names.ts';
import type { CustomResourceConversion } from './types.ts';
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
    else validateClientConfig(webhook.clientConfig, errors);
    validateReviewVersions(webhook?.conversionReviewVersions ?? [], options.requireRecognizedReviewVersion, errors);
    return;
  }
  if (webhook?.clientConfig !== undefined) errors.push(forbidden(`${PATH}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook'));
  if ((webhook?.conversionReviewVersions ?? []).length > 0) errors.push(forbidden(`${PATH}.conversionReviewVersions`, 'should not be set when strategy is not set to Webhook'));
}

type ClientConfig = NonNullable<NonNullable<CustomResourceConversion['webhook']>['clientConfig']>;

function validateClientConfig({ url, service }: ClientConfig, errors: FieldError[]): void {
  const path = `${PATH}.webhookClientConfig`;
  if ((url === undefined) === (service === undefined)) errors.push(required(path, 'exactly one of url or service is required'));
  else if (url !== undefined) validateUrl(url, `${path}.url`, errors);
  // Upstream hands over name and namespace the wrong way round.
  else if (service !== undefined) validateService(service.name, service.namespace, service.path, service.port ?? 443, `${path}.service`, errors);
}

const FORM = '; desired format: https://host[/path]';

/** Kubernetes: apiserver/pkg/util/webhook, ValidateWebhookURL. */
function validateUrl(text: string, path: string, errors: FieldError[]): void {
  const parts = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:([^@/?#]*)@)?([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(text);
  if (parts === null) return;
  const [, scheme = '', user, host = '', query = '', fragment = ''] = parts;
  if (scheme !== 'https') errors.push(invalid(path, scheme, `'https' is the only allowed URL scheme${FORM}`));
  if (host === '') errors.push(invalid(path, host, `host must be specified${FORM}`));
  if (user !== undefined) errors.push(invalid(path, user, 'user information is not permitted in the URL'));
  if (fragment !== '') errors.push(invalid(path, fragment, 'fragments are not permitted in the URL'));
  if (query !== '') errors.push(invalid(path, query, 'query parameters are not permitted in the URL'));
}

/** Kubernetes: apiserver/pkg/util/webhook, ValidateWebhookService. */
function validateService(namespace: string, name: string, urlPath: string | undefined, port: number, path: string, errors: FieldError[]): void {
  if (name === '') errors.push(required(`${path}.name`));
  if (namespace === '') errors.push(required(`${path}.namespace`));
  const problems = portNumberErrors(port);
  if (problems.length > 0) errors.push(invalid(`${path}.port`, port, `port is not valid: ${problems.join(', ')}`));
  if (urlPath === undefined || urlPath === '/' || urlPath === '') return;
  if (urlPath === '//') {
    errors.push(invalid(`${path}.path`, urlPath, 'segment[0] may not be empty'));
    return;
  }
  if (!urlPath.startsWith('/')) errors.push(invalid(`${path}.path`, urlPath, "must start with a '/'"));
  urlPath.slice(1).replace(/\/$/, '').split('/').forEach((step, index) => {
    if (step === '') errors.push(invalid(`${path}.path`, urlPath, `segment[${index}] may not be empty`));
    else for (const text of dns1123SubdomainErrors(step)) errors.push(invalid(`${path}.path`, urlPath, `segment[${index}]: ${text}`));
  });
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
