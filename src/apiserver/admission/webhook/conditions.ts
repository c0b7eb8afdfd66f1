import type { ResourceDefinition } from '../../../api/index.ts';
import { newForbidden } from '../../errors.ts';
import type { AdmissionAttributes } from '../chain.ts';
import { matchConditionsHold } from '../policy/match-conditions.ts';
import { requestInput } from '../policy/request-input.ts';
import type { Hook } from './hooks.ts';
import type { ReviewedObjects } from './review.ts';
import type { WebhookSources } from './sources.ts';

/**
 * True where all match conditions of a webhook hold for the objects, which are in the version that its rule names.
 * Throws 403 where that can't be said and failure is not ignored. Kubernetes: generic.Webhook.ShouldCallHook.
 */
export function conditionsHold(sources: WebhookSources, hook: Hook, attributes: AdmissionAttributes, rule: ResourceDefinition, { object, old }: ReviewedObjects): boolean {
  if (!hook.hasConditions) return true;
  const matched = matchConditionsHold(hook.conditions(), { ...requestInput(sources, attributes, rule, object, old), params: null }, hook.ignoresFailure);
  if (matched.error !== undefined) throw newForbidden(attributes.definition, attributes.name, matched.error);
  return matched.matches;
}
