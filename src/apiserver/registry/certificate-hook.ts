import { type CertificateRequest, type CertificateSigningRequest, type FieldError, invalid, newInvalidError, parseCertificateRequest } from '../../api/index.ts';
import type { UserInfo } from '../server.ts';
import type { WriteHook } from './write-hooks.ts';

/** Why a request is not signed with the key that it is for, in the words of Go's crypto/x509; undefined: it is. Answers at once. */
export type SignatureVerifier = (request: CertificateRequest) => string | undefined;

/**
 * Notes who asks for a certificate, and refuses requests that are not signed with their own key; without a verifier
 * nobody looks at signatures. Kubernetes: pkg/registry/certificates, PrepareForCreate, and validateCSR.
 */
export function certificateHook(verify: SignatureVerifier | undefined): WriteHook {
  return {
    create(created, call) {
      const object = withRequester(created as CertificateSigningRequest, call.user);
      const problem = verify === undefined ? undefined : signatureProblem(object, verify);
      if (problem === undefined) return { object };
      const { definition } = call.endpoint;
      const others = definition.strategy.validateCreate(object);
      const ofMetadata = others.filter(({ field }) => field.startsWith('metadata')).length;
      throw newInvalidError(definition.group, definition.kind, object.metadata.name, [...others.slice(0, ofMetadata), problem, ...others.slice(ofMetadata)]);
    },
    update: (next) => ({ object: next }),
  };
}

function withRequester(request: CertificateSigningRequest, { name, uid = '', groups, extra = {} }: UserInfo): CertificateSigningRequest {
  return {
    ...request,
    spec: {
      ...request.spec, username: name, ...(uid === '' ? {} : { uid }), ...(groups.length === 0 ? {} : { groups }), ...(Object.keys(extra).length === 0 ? {} : { extra }),
    },
  };
}

function signatureProblem({ spec }: CertificateSigningRequest, verify: SignatureVerifier): FieldError | undefined {
  const parsed = parseCertificateRequest(spec.request ?? '');
  const problem = 'problem' in parsed ? undefined : verify(parsed.request); // what can't be read, validation refuses
  return problem === undefined ? undefined : invalid('spec.request', spec.request, problem);
}
