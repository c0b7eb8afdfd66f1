import type { StatusError } from '../../api/index.ts';
import { newForbidden } from '../errors.ts';
import type { AdmissionAttributes } from './chain.ts';

/**
 * 403 by a plugin that may change the object: then a generated name is not there yet, and the text has what it is made
 * from. Plugins that only refuse know the name. Kubernetes: admission.NewForbidden, extractResourceName.
 */
export function newEarlyForbidden(attributes: AdmissionAttributes, why: string): StatusError {
  return newForbidden(attributes.definition, earlyName(attributes), why);
}

/** The name that an object was sent with, or that of the URL. */
export function earlyName({ operation, subresource, name, request }: AdmissionAttributes): string {
  if (operation !== 'CREATE' || subresource !== undefined || request.name) return name;
  const { metadata } = (request.body ?? {}) as { readonly metadata?: { readonly name?: unknown; readonly generateName?: unknown } };
  if (typeof metadata?.name === 'string' && metadata.name !== '') return metadata.name;
  return typeof metadata?.generateName === 'string' && metadata.generateName !== '' ? metadata.generateName : 'Unknown';
}
