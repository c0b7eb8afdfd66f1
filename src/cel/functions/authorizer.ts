import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../api/index.ts';
import { type CelType, objectType } from '../types.ts';
import { CelError, CelOpaque, NO_SUCH_OVERLOAD, type Value } from '../values/value.ts';
import type { CelFunction } from './call.ts';

const AUTHORIZER = objectType('kubernetes.authorization.Authorizer');
const PATH_CHECK = objectType('kubernetes.authorization.PathCheck');
const GROUP_CHECK = objectType('kubernetes.authorization.GroupCheck');
const RESOURCE_CHECK = objectType('kubernetes.authorization.ResourceCheck');
const DECISION = objectType('kubernetes.authorization.Decision');

/** What an expression asks an authorizer. Kubernetes: authorizer.AttributesRecord. */
export interface AuthorizationQuestion {
  /** undefined: the user of the request. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined;
  readonly verb: string;
  /** Of what is no resource; then the other fields are ''. */
  readonly path: string | undefined;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly fieldSelector: string;
  readonly labelSelector: string;
}

/** An authorizer's answer. */
export interface AuthorizationAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  /** '': there was none. */
  readonly error: string;
}

/** Answers at once. */
export type Authorize = (question: AuthorizationQuestion) => AuthorizationAnswer;

/** The resource that a request is for. */
export type RequestResource = Pick<AuthorizationQuestion, 'group' | 'resource' | 'subresource' | 'namespace' | 'name'>;

class CelAuthorizer extends CelOpaque {
  readonly authorize: Authorize;
  readonly question: AuthorizationQuestion;
  override readonly type: CelType;

  constructor(type: CelType, authorize: Authorize, question: AuthorizationQuestion) {
    super();
    this.type = type;
    this.authorize = authorize;
    this.question = question;
  }

  override equals(other: Value): Value {
    return other instanceof CelAuthorizer && other.type === this.type ? other === this : NO_SUCH_OVERLOAD;
  }

  with(type: CelType, change: Partial<AuthorizationQuestion>): CelAuthorizer {
    return new CelAuthorizer(type, this.authorize, { ...this.question, ...change });
  }
}

class CelDecision extends CelOpaque {
  readonly answer: AuthorizationAnswer;

  constructor(answer: AuthorizationAnswer) {
    super();
    this.answer = answer;
  }

  override get type(): CelType {
    return DECISION;
  }

  override equals(other: Value): Value {
    return other instanceof CelDecision ? other.answer === this.answer : NO_SUCH_OVERLOAD;
  }
}

const NOTHING: AuthorizationQuestion = {
  serviceAccount: undefined, verb: '', path: undefined, group: '', resource: '', subresource: '', namespace: '', name: '', fieldSelector: '', labelSelector: '',
};

/** The variable authorizer. */
export function authorizerValue(authorize: Authorize): Value {
  return new CelAuthorizer(AUTHORIZER, authorize, NOTHING);
}

/** The variable authorizer.requestResource. */
export function requestResourceValue(authorize: Authorize, resource: RequestResource): Value {
  return new CelAuthorizer(RESOURCE_CHECK, authorize, { ...NOTHING, ...resource });
}

/** Questions to the authorizer. Kubernetes: apiserver/pkg/cel/library/authz.go. */
export const AUTHORIZER_FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  path: step(AUTHORIZER, PATH_CHECK, (path) => (path.trim() === '' ? new CelError('path must not be empty') : { path })),
  group: step(AUTHORIZER, GROUP_CHECK, (group) => ({ group })),
  resource: step(GROUP_CHECK, RESOURCE_CHECK, (resource) => (resource.trim() === '' ? new CelError('resource must not be empty') : { resource })),
  subresource: step(RESOURCE_CHECK, RESOURCE_CHECK, (subresource) => ({ subresource })),
  namespace: step(RESOURCE_CHECK, RESOURCE_CHECK, (namespace) => ({ namespace })),
  name: step(RESOURCE_CHECK, RESOURCE_CHECK, (name) => ({ name })),
  fieldSelector: step(RESOURCE_CHECK, RESOURCE_CHECK, (fieldSelector) => ({ fieldSelector })),
  labelSelector: step(RESOURCE_CHECK, RESOURCE_CHECK, (labelSelector) => ({ labelSelector })),
  serviceAccount: ([authorizer, namespace, name]) => {
    if (!(authorizer instanceof CelAuthorizer) || authorizer.type !== AUTHORIZER || typeof namespace !== 'string' || typeof name !== 'string') return undefined;
    if (dns1123SubdomainErrors(name).length > 0) return new CelError('Invalid service account name');
    if (dns1123LabelErrors(namespace).length > 0) return new CelError('Invalid service account namespace');
    return authorizer.with(AUTHORIZER, { serviceAccount: { namespace, name } });
  },
  check: ([check, verb]) => {
    if (!(check instanceof CelAuthorizer) || (check.type !== PATH_CHECK && check.type !== RESOURCE_CHECK) || typeof verb !== 'string') return undefined;
    return new CelDecision(check.authorize({ ...check.question, verb }));
  },
  allowed: ([decision]) => (decision instanceof CelDecision ? decision.answer.allowed : undefined),
  reason: ([decision]) => (decision instanceof CelDecision ? decision.answer.reason : undefined),
  errored: ([decision]) => (decision instanceof CelDecision ? decision.answer.error !== '' : undefined),
  error: ([decision]) => (decision instanceof CelDecision ? decision.answer.error : undefined),
};

function step(from: CelType, to: CelType, change: (text: string) => Partial<AuthorizationQuestion> | CelError): CelFunction {
  return ([check, text]) => {
    if (!(check instanceof CelAuthorizer) || check.type !== from || typeof text !== 'string') return undefined;
    const changed = change(text);
    return changed instanceof CelError ? changed : check.with(to, changed);
  };
}
