import type { Random } from '../../../world/index.ts';
import { type ResourceDefinition, type Status, StatusError } from '../../../api/index.ts';
import { newBadRequest } from '../../errors.ts';
import type { WebhookClient } from '../../webhook-client.ts';
import type { AdmissionAttributes } from '../chain.ts';
import type { Hook } from './hooks.ts';
import { newReview, readReview, type ReviewedObjects } from './review.ts';

/** What a webhook has said to a request: yes (perhaps with a patch), no, or nothing that can be used. */
export type HookOutcome =
  | { readonly type: 'allowed'; readonly patch: unknown }
  | { readonly type: 'rejected'; readonly error: StatusError }
  | { readonly type: 'failed'; readonly message: string };

/** Whom webhooks are called through. */
export interface Caller {
  readonly webhooks: WebhookClient;
  readonly random: Random;
}

/** Asks one webhook, and passes on its warnings and audit annotations. Kubernetes: callHook of the two dispatchers. */
export async function callHook(
  caller: Caller, hook: Hook, attributes: AdmissionAttributes, rule: ResourceDefinition, objects: ReviewedObjects, mutating: boolean,
): Promise<HookOutcome> {
  if (attributes.dryRun && !hook.takesDryRun) {
    return { type: 'rejected', error: newBadRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`) };
  }
  const { reviewVersion } = hook;
  const failed = (why: string): HookOutcome => ({ type: 'failed', message: `failed calling webhook ${JSON.stringify(hook.name)}: ${why}` });
  if (reviewVersion === undefined) return failed('could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  const uid = caller.random.uuid();
  const answer = await caller.webhooks.call({
    config: hook.client, body: newReview(reviewVersion, uid, attributes, rule, objects), timeoutMs: hook.timeoutMs, tellsTimeout: true,
  });
  if (!answer.done) return failed(`${answer.isMisconfigured === true ? 'could not get REST client' : 'failed to call webhook'}: ${answer.message}`);
  const read = readReview(answer.object, reviewVersion, uid, mutating);
  if (!read.done) {
    switch (read.wrong) {
      case 'read':
        return failed(`failed to call webhook: ${read.message}`);
      case 'invalid':
        return failed(`received invalid webhook response: ${read.message}`);
      case 'undecodable':
        return failed(`received undecodable patch in webhook response: ${read.message}`);
      case 'patch type':
        return failed(read.message);
    }
  }
  const { allowed, patch, result, warnings, auditAnnotations } = read.verdict;
  const { annotate } = attributes;
  if (annotate !== undefined) for (const [key, value] of Object.entries(auditAnnotations)) annotate(`${hook.name}/${key}`, value);
  for (const text of warnings) attributes.warn(text);
  return allowed ? { type: 'allowed', patch } : { type: 'rejected', error: newRejection(hook.name, result) };
}

/** A refusal in the webhook's own words. Kubernetes: webhook/errors, ToStatusErr. */
function newRejection(name: string, result: Partial<Status> = {}): StatusError {
  const { code = 0, status = '', message = '', reason = '', details } = result;
  const explanation = message !== '' ? `: ${message}` : reason !== '' ? `: ${reason}` : ' without explanation';
  return new StatusError({
    status: status === '' || status === 'Success' ? 'Failure' : status,
    message: `admission webhook ${JSON.stringify(name)} denied the request${explanation}`,
    ...(reason === '' ? {} : { reason }), ...(details === undefined || details === null ? {} : { details }),
    code: code < 400 ? 400 : code,
  } as Omit<Status, 'metadata'>);
}
