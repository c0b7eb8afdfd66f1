import { invalid, type FieldError } from '../../field-error.ts';
import { dns1123SubdomainErrors } from '../../names.ts';
import type { WindowsSecurityContextOptions } from '../../types.ts';

const credentialSpecKibMax = 64;
const domainLengthMax = 256;
const userLengthMax = 104;
const controlCharacter = /[\u0000-\u001f\u007f]/;
const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const dnsDomain = new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`);

/** Who a container is on Windows. Kubernetes: core validation, validateWindowsSecurityContextOptions. */
export function validateWindowsOptions(options: WindowsSecurityContextOptions, path: string, errors: FieldError[]): void {
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName } = options;
  if (specName !== undefined) for (const text of dns1123SubdomainErrors(specName)) errors.push(invalid(`${path}.gmsaCredentialSpecName`, specName, text));
  if (spec === '') errors.push(invalid(`${path}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec cannot be an empty string'));
  else if (spec !== undefined && spec.length > credentialSpecKibMax * 1024) {
    errors.push(invalid(`${path}.gmsaCredentialSpec`, spec, `gmsaCredentialSpec size must be under ${credentialSpecKibMax} KiB`));
  }
  if (runAsUserName !== undefined) for (const text of userNameErrors(runAsUserName)) errors.push(invalid(`${path}.runAsUserName`, runAsUserName, `runAsUserName${text}`));
}

function userNameErrors(name: string): readonly string[] {
  if (name === '') return [' cannot be an empty string'];
  if (controlCharacter.test(name)) return [' cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return [' cannot contain more than one backslash'];
  const user = parts.at(-1) ?? '';
  const domain = parts.length === 2 ? parts[0] : undefined;
  const errors: string[] = [];
  if ((domain ?? '').length >= domainLengthMax) errors.push(`'s Domain length must be under ${domainLengthMax} characters`);
  if (domain !== undefined && !netBios.test(domain) && !dnsDomain.test(domain)) errors.push("'s Domain doesn't match the NetBios nor the DNS format");
  if (user === '') errors.push("'s User cannot be empty");
  else if (user.length > userLengthMax) errors.push(`'s User length must not be longer than ${userLengthMax} characters`);
  if (/^[. ]+$/.test(user)) errors.push("'s User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) errors.push("'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
  return errors;
}
