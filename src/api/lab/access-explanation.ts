import { invalid, required, type FieldError } from '../field-error.ts';
import type { KubernetesObject } from '../meta.ts';
import { addSchema, schemaFromOpenApi } from '../schema/index.ts';
import { defineRequest } from '../core/define.ts';
import type { PolicyRule, SubjectAccessReviewSpec } from '../types.ts';

/** A binding, a role or whom it is for. */
export interface ExplainedName {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** A binding that gives the user a role, and the one rule of it that matters. */
export interface ExplainedBinding {
  readonly binding: ExplainedName;
  readonly role: ExplainedName;
  readonly subject: ExplainedName;
  /** From 0. */
  readonly ruleIndex?: number;
  readonly rule?: PolicyRule;
  /** OtherVerb, OtherNamespace, OtherGroup, OtherResource, OtherSubresource, OtherName, RoleMissing. */
  readonly differs?: string;
}

/** Why somebody may do something, or what is missing. Like a SubjectAccessReview; who names no user and no groups asks about themselves. */
export interface AccessExplanationReview extends KubernetesObject {
  readonly spec: SubjectAccessReviewSpec;
  readonly status?: {
    readonly allowed: boolean;
    /** The decision's reason, as a SubjectAccessReview has it. */
    readonly reason?: string;
    readonly evaluationError?: string;
    /** superuser, Node or RBAC; absent: nobody allowed it. */
    readonly decidedBy?: string;
    /** SuperUser, NodeAuthorizer, RuleAllows, NodeRefuses, NoBinding, NoRule, Near, RoleMissing. */
    readonly reasonCode: string;
    /** One sentence, in English. */
    readonly message: string;
    readonly allowedBy?: readonly ExplainedBinding[];
    /** What the user has that comes near, nearest first. */
    readonly near?: readonly ExplainedBinding[];
    /** Roles that would allow it, those that allow least first, those of Kubernetes' own components last. */
    readonly helpfulRoles?: readonly (ExplainedName & { readonly rule: PolicyRule })[];
  };
}

const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;
const named = { type: 'object', properties: { kind: text, name: text, namespace: text } } as const;
const rule = { type: 'object', properties: { verbs: texts, apiGroups: texts, resources: texts, resourceNames: texts, nonResourceURLs: texts } } as const;
const bindings = {
  type: 'array',
  items: { type: 'object', properties: { binding: named, role: named, subject: named, ruleIndex: { type: 'integer', format: 'int32' }, rule, differs: text } },
} as const;
const requirements = { type: 'array', items: { type: 'object', properties: { key: text, operator: text, values: texts } } } as const;
const selector = { type: 'object', properties: { rawSelector: text, requirements } } as const;
const schema = addSchema(schemaFromOpenApi('dev.drydock.lab.v1alpha1.AccessExplanation', { group: 'lab.drydock.dev', version: 'v1alpha1', kind: 'AccessExplanation' }, {
  description: 'AccessExplanation says why a user may or may not do something: which bindings, roles and rules allow it, and where none does, what comes near and which roles would.',
  type: 'object',
  properties: {
    spec: {
      description: 'What is asked. Without user and groups: about who asks.', type: 'object',
      properties: {
        user: { ...text, description: 'Whom it is about.' }, groups: { ...texts, description: 'The groups of whom it is about.' }, uid: text,
        extra: { type: 'object', additionalProperties: texts },
        resourceAttributes: {
          description: 'A request for a resource.', type: 'object',
          properties: { namespace: text, verb: text, group: text, version: text, resource: text, subresource: text, name: text, fieldSelector: selector, labelSelector: selector },
        },
        nonResourceAttributes: { description: 'A request for a path.', type: 'object', properties: { path: text, verb: text } },
      },
    },
    status: {
      description: 'The answer.', type: 'object',
      properties: {
        allowed: { type: 'boolean', description: 'Whether it is allowed.' }, reason: text, evaluationError: text,
        decidedBy: { ...text, description: 'Which authorizer allowed it: superuser, Node or RBAC.' },
        reasonCode: { ...text, description: 'Why, in one word.' }, message: { ...text, description: 'Why, in one sentence.' },
        allowedBy: { ...bindings, description: 'All bindings with a rule that allows it.' },
        near: { ...bindings, description: 'What the user has that comes near, nearest first.' },
        helpfulRoles: { type: 'array', description: 'Roles that would allow it, those that allow least first, those of components last.', items: { type: 'object', properties: { kind: text, name: text, namespace: text, rule } } },
      },
    },
  },
}));

/** Why may they, or why not? */
export const accessExplanations = defineRequest<AccessExplanationReview>({
  group: 'lab.drydock.dev', version: 'v1alpha1', resource: 'accessexplanations', kind: 'AccessExplanation', namespaced: false, schema: schema.name,
  validateCreate({ spec }) {
    const errors: FieldError[] = [];
    if (spec?.resourceAttributes === undefined && spec?.nonResourceAttributes === undefined) errors.push(required('spec.resourceAttributes', 'exactly one of nonResourceAttributes or resourceAttributes must be specified'));
    if (spec?.resourceAttributes !== undefined && spec.nonResourceAttributes !== undefined) errors.push(invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, 'cannot be specified in combination with resourceAttributes'));
    return errors;
  },
});
