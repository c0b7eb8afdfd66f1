import { invalid, required, type FieldError } from '../field-error.ts';
import { dns1123SubdomainErrors, portNumberErrors } from '../names.ts';
import type { ServiceReference, WebhookClientConfig } from '../types.ts';
import { parseGoUrl } from './go-url.ts';

const urlForm = '; desired format: https://host[/path]';

/** The port of a Service that is asked, 443 where none is named. Kubernetes: SetDefaults_ServiceReference. */
export function defaultServiceReference(service: ServiceReference): ServiceReference {
  return service.port === undefined ? { ...service, port: 443 } : service;
}

/** Where a webhook is: a URL or a Service, and not both. */
export function validateClientConfig({ url, service }: WebhookClientConfig, path: string, errors: FieldError[]): void {
  if ((url === undefined) === (service === undefined)) errors.push(required(path, 'exactly one of url or service is required'));
  else if (url !== undefined) validateWebhookUrl(url, `${path}.url`, errors);
  // name and namespace change places, as in upstream's call: a missing one is reported at the other's field
  else if (service !== undefined) validateWebhookService({ ...service, namespace: service.name, name: service.namespace }, `${path}.service`, errors);
}

/** Kubernetes: apiserver/pkg/util/webhook, ValidateWebhookURL with HTTPS forced. */
function validateWebhookUrl(text: string, path: string, errors: FieldError[]): void {
  const url = parseGoUrl(text);
  if ('problem' in url) {
    errors.push(required(path, `url must be a valid URL: ${url.problem}${urlForm}`));
    return;
  }
  if (url.scheme !== 'https') errors.push(invalid(path, url.scheme, `'https' is the only allowed URL scheme${urlForm}`));
  if (url.host === '') errors.push(invalid(path, url.host, `host must be specified${urlForm}`));
  if (url.user !== undefined) errors.push(invalid(path, url.user, 'user information is not permitted in the URL'));
  if (url.fragment !== '') errors.push(invalid(path, url.fragment, 'fragments are not permitted in the URL'));
  if (url.query !== '') errors.push(invalid(path, url.query, 'query parameters are not permitted in the URL'));
}

/** Kubernetes: apiserver/pkg/util/webhook, ValidateWebhookService. */
function validateWebhookService({ namespace, name, path: urlPath = '', port = 0 }: ServiceReference, path: string, errors: FieldError[]): void {
  if (!name) errors.push(required(`${path}.name`));
  if (!namespace) errors.push(required(`${path}.namespace`));
  const portProblems = portNumberErrors(port);
  if (portProblems.length > 0) errors.push(invalid(`${path}.port`, port, `port is not valid: ${portProblems.join(', ')}`));
  if (urlPath === '' || urlPath === '/') return;
  if (urlPath === '//') {
    errors.push(invalid(`${path}.path`, urlPath, 'segment[0] may not be empty'));
    return;
  }
  if (!urlPath.startsWith('/')) errors.push(invalid(`${path}.path`, urlPath, "must start with a '/'"));
  const inner = urlPath.slice(1);
  (inner.endsWith('/') ? inner.slice(0, -1) : inner).split('/').forEach((step, index) => {
    if (step === '') errors.push(invalid(`${path}.path`, urlPath, `segment[${index}] may not be empty`));
    else for (const text of dns1123SubdomainErrors(step)) errors.push(invalid(`${path}.path`, urlPath, `segment[${index}]: ${text}`));
  });
}
