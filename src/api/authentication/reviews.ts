import { defineRequest, noErrors } from '../core/define.ts';
import { invalid, type FieldError } from '../field-error.ts';
import type { AuthenticationV1TokenRequest, SelfSubjectReview, TokenReview } from '../types.ts';

/** Whose token is this? Kubernetes: pkg/registry/authentication/tokenreview. */
export const tokenReviews = defineRequest<TokenReview>({
  group: 'authentication.k8s.io', resource: 'tokenreviews', kind: 'TokenReview', namespaced: false,
  schema: 'io.k8s.api.authentication.v1.TokenReview',
  validateCreate: () => noErrors,
});

/** Who am I? Kubernetes: pkg/registry/authentication/selfsubjectreview. */
export const selfSubjectReviews = defineRequest<SelfSubjectReview>({
  group: 'authentication.k8s.io', resource: 'selfsubjectreviews', kind: 'SelfSubjectReview', namespaced: false,
  schema: 'io.k8s.api.authentication.v1.SelfSubjectReview',
  validateCreate: () => noErrors,
});

/** How long a token is good for where the request doesn't say, in seconds. */
const defaultExpirationSeconds = 3600;
const expirationSecondsMin = 600;

/** Kubernetes: pkg/apis/authentication/v1, SetDefaults_TokenRequestSpec. */
export function defaultTokenRequest(request: AuthenticationV1TokenRequest): AuthenticationV1TokenRequest {
  const given = request.spec?.expirationSeconds;
  if (given !== undefined && given !== null) return request;
  return { ...request, spec: { ...request.spec, audiences: request.spec?.audiences ?? [], expirationSeconds: defaultExpirationSeconds } };
}

/** Kubernetes: authentication validation, ValidateTokenRequest. */
export function validateTokenRequest(request: AuthenticationV1TokenRequest): readonly FieldError[] {
  const seconds = request.spec.expirationSeconds ?? 0;
  const errors: FieldError[] = [];
  if (seconds < expirationSecondsMin) errors.push(invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > 2 ** 32) errors.push(invalid('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds'));
  return errors;
}
