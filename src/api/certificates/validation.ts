import { sameValue } from '../core/equality.ts';
import { nameIsPathSegment, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../types.ts';
import { certificateProblem } from './certificate.ts';
import { parseCertificateRequest } from './certificate-request.ts';
import { approvalOf, conditionsOf } from './conditions.ts';
import { validateSignerName } from './signer-name.ts';
import { keyUsages, signerNames } from './usages.ts';

const expirationSecondsMin = 600;
const path = 'status.conditions';

/** What an update may do, and which old sins it may keep. Kubernetes: certificateValidationOptions. */
interface Options {
  readonly setsApproval: boolean;
  readonly setsCertificate: boolean;
  readonly approvedAndDenied: boolean;
  readonly legacySigner: boolean;
  readonly duplicateConditions: boolean;
  readonly emptyConditions: boolean;
  readonly anyCertificate: boolean;
  readonly unknownUsages: boolean;
  readonly duplicateUsages: boolean;
}

/** Kubernetes: ValidateCertificateSigningRequestCreate; the signature is checked by the server. */
export function validateRequestCreate(request: CertificateSigningRequest): FieldError[] {
  return validateRequest(request, optionsFor(request, undefined));
}

/** Kubernetes: ValidateCertificateSigningRequestUpdate. */
export function validateRequestUpdate(next: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  return validateUpdate(next, old, optionsFor(next, old));
}

/** Kubernetes: ValidateCertificateSigningRequestStatusUpdate. */
export function validateStatus(next: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  return validateUpdate(next, old, { ...optionsFor(next, old), setsCertificate: true });
}

/** Kubernetes: ValidateCertificateSigningRequestApprovalUpdate. */
export function validateApproval(next: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  return validateUpdate(next, old, { ...optionsFor(next, old), setsApproval: true });
}

function optionsFor(next: CertificateSigningRequest, old: CertificateSigningRequest | undefined): Options {
  const usages = old?.spec.usages ?? [];
  const types = old?.status?.conditions?.map(({ type }) => type ?? '') ?? [];
  const approval = old === undefined ? undefined : approvalOf(old);
  return {
    setsApproval: false,
    setsCertificate: false,
    approvedAndDenied: approval !== undefined && approval.approved && approval.denied,
    legacySigner: old?.spec.signerName === signerNames.legacyUnknown,
    duplicateConditions: new Set(types).size < types.length,
    emptyConditions: types.includes(''),
    anyCertificate: old !== undefined
      && ((next.status?.certificate ?? '') === (old.status?.certificate ?? '') || certificateProblem(old.status?.certificate ?? '') !== undefined),
    unknownUsages: usages.some((usage) => !keyUsages.includes(usage)),
    duplicateUsages: new Set(usages).size < usages.length,
  };
}

/** Kubernetes: certificates validation, validateCertificateSigningRequest. */
function validateRequest({ metadata, spec, status }: CertificateSigningRequest, options: Options): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsPathSegment);
  const parsed = parseCertificateRequest(spec.request ?? '');
  if ('problem' in parsed) errors.push(invalid('spec.request', spec.request || null, parsed.problem));
  validateUsages(spec.usages ?? [], options, errors);
  const signerName = spec.signerName ?? '';
  if (!options.legacySigner && signerName === signerNames.legacyUnknown) {
    errors.push(invalid('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version'));
  } else validateSignerName(signerName, 'spec.signerName', errors);
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < expirationSecondsMin) {
    errors.push(invalid('spec.expirationSeconds', spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
  }
  validateConditions(status?.conditions ?? [], options, errors);
  const problem = options.anyCertificate ? undefined : certificateProblem(status?.certificate ?? '');
  if (problem !== undefined) errors.push(invalid('status.certificate', '<certificate data>', problem));
  return errors;
}

function validateUsages(usages: readonly string[], options: Options, errors: FieldError[]): void {
  if (usages.length === 0) errors.push(required('spec.usages'));
  usages.forEach((usage, index) => {
    if (!options.unknownUsages && !keyUsages.includes(usage)) errors.push(notSupported(`spec.usages[${index}]`, usage, keyUsages));
  });
  usages.forEach((usage, index) => {
    if (!options.duplicateUsages && usages.indexOf(usage) < index) errors.push(duplicate(`spec.usages[${index}]`, usage));
  });
}

/** Kubernetes: certificates validation, validateConditions. */
function validateConditions(conditions: readonly CertificateSigningRequestCondition[], options: Options, errors: FieldError[]): void {
  const seen = new Set<string>();
  conditions.forEach(({ type = '', status = '' }, index) => {
    const at = `${path}[${index}]`;
    if (!options.emptyConditions && type === '') errors.push(required(`${at}.type`));
    const allowed = type === 'Approved' || type === 'Denied' || type === 'Failed' ? ['True'] : ['False', 'True', 'Unknown'];
    if (status === '') errors.push(required(`${at}.status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${at}.status`, status, allowed));
    const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (!options.approvedAndDenied && opposite !== undefined && seen.has(opposite)) {
      errors.push(invalid(path, type, 'Approved and Denied conditions are mutually exclusive'));
    }
    if (!options.duplicateConditions && seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
  });
}

/** Kubernetes: certificates validation, validateCertificateSigningRequestUpdate. */
function validateUpdate(next: CertificateSigningRequest, old: CertificateSigningRequest, options: Options): FieldError[] {
  const errors = validateRequest(next, options);
  for (const type of ['Approved', 'Denied', 'Failed']) {
    if (conditionsOf(next, type).length < conditionsOf(old, type).length) errors.push(forbidden(path, `updates may not remove a condition of type "${type}"`));
  }
  for (const type of options.setsApproval ? [] : ['Approved', 'Denied']) {
    const before = conditionsOf(old, type);
    const after = conditionsOf(next, type);
    if (after.length > before.length) errors.push(forbidden(path, `updates may not add a condition of type "${type}"`));
    else if (after.length === before.length && !sameValue(before, after)) errors.push(forbidden(path, `updates may not modify a condition of type "${type}"`));
  }
  const issued = old.status?.certificate ?? '';
  if ((next.status?.certificate ?? '') !== issued) {
    if (!options.setsCertificate) errors.push(forbidden('status.certificate', 'updates may not set certificate content'));
    else if (issued !== '') errors.push(forbidden('status.certificate', 'updates may not modify existing certificate content'));
  }
  errors.push(...validateObjectMetaUpdate(next.metadata, old.metadata));
  return errors;
}
