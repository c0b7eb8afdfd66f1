import { invalid, required, tooLong, type FieldError } from '../field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors, SUBDOMAIN_LENGTH_MAX } from '../names.ts';

const pathLengthMax = SUBDOMAIN_LENGTH_MAX + 63 + 1;
const signerNameLengthMax = SUBDOMAIN_LENGTH_MAX + pathLengthMax + 1;

/** A domain and a path, as in example.com/my-signer. Kubernetes: core validation, ValidateSignerName. */
export function validateSignerName(name: string, field: string, errors: FieldError[]): void {
  if (name === '') {
    errors.push(required(field));
    return;
  }
  const segments = name.split('/');
  const [domain = '', path = ''] = segments;
  if (segments.length !== 2) {
    errors.push(invalid(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"));
    return;
  }
  if (domain.length > SUBDOMAIN_LENGTH_MAX) errors.push(tooLong(field, SUBDOMAIN_LENGTH_MAX));
  const labels = domain.split('.');
  validateLabels(labels, domain, field, dns1123LabelErrors, errors);
  if (labels.length < 2) errors.push(invalid(field, domain, 'should be a domain with at least two segments separated by dots'));
  validateLabels(path.split('.'), path, field, dns1123SubdomainErrors, errors);
  if (name.length > signerNameLengthMax) errors.push(tooLong(field, signerNameLengthMax));
}

/** Only the first bad label is told. */
function validateLabels(labels: readonly string[], whole: string, field: string, rule: (label: string) => readonly string[], errors: FieldError[]): void {
  for (const label of labels) {
    const problems = rule(label);
    for (const text of problems) errors.push(invalid(field, whole, `validating label ${JSON.stringify(label)}: ${text}`));
    if (problems.length > 0) return;
  }
}
