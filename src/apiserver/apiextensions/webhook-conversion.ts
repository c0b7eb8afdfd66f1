import { deepFreeze } from '../../base/index.ts';
import {
  applyDefaults, coerced, type CustomResourceDefinition, type FieldError, fieldErrorBody, type KubernetesObject, newStatusError, type ObjectMeta, validateAnnotations, validateLabels,
  versionOf,
} from '../../api/index.ts';
import { type Conversion, NotConverted, type RemoteConversion } from '../registry/endpoint.ts';
import type { WebhookClient } from '../webhook-client.ts';

/** Kubernetes: conversion/webhook_converter.go takes the client's default for webhooks. */
const TIMEOUT_MS = 30_000;
const REVIEW_KIND = 'ConversionReview';
const REVIEW_GROUP = 'apiextensions.k8s.io';

export interface WebhookConversionDeps {
  readonly webhooks: WebhookClient;
  readonly newUid: () => string;
}

/**
 * Conversion between a served version and the stored one by the definition's webhook. What was converted once is
 * remembered with the stored object. Kubernetes: apiextensions-apiserver/pkg/apiserver/conversion, webhookConverter.
 */
export function webhookConversion(definition: CustomResourceDefinition, version: string, deps: WebhookConversionDeps): Conversion {
  const { group, versions, preserveUnknownFields = false } = definition.spec;
  const schemas = new Map(versions.map((each) => [each.name, each.schema?.openAPIV3Schema]));
  const storageVersion = versions.find(({ storage }) => storage)?.name ?? version;
  const served = new WeakMap<KubernetesObject, KubernetesObject>();

  const convert = async (objects: readonly KubernetesObject[], wanted: string): Promise<readonly KubernetesObject[]> => {
    const others = objects.filter((object) => versionOf(object) !== wanted);
    if (others.length === 0) return objects;
    const answers = await review(definition, others, `${group}/${wanted}`, deps);
    return objects.map((object) => {
      const index = others.indexOf(object);
      return index < 0 ? object : coerced(answers[index] as KubernetesObject, schemas.get(wanted), preserveUnknownFields);
    });
  };
  const complete = (stored: KubernetesObject): KubernetesObject => {
    const schema = schemas.get(versionOf(stored));
    return applyDefaults(coerced(stored, schema, preserveUnknownFields), schema) as KubernetesObject;
  };

  const remote: RemoteConversion = {
    async makeReady(objects) {
      const missing = objects.filter((object) => !served.has(object) && versionOf(object) !== version);
      if (missing.length === 0) return;
      const converted = await convert(missing.map(complete), version);
      missing.forEach((stored, index) => served.set(stored, deepFreeze(converted[index] as KubernetesObject)));
    },
    async toStored(object) {
      const [stored = object] = await convert([object], storageVersion);
      // The store seals this very object, so that who wrote need not ask again.
      const own = stored === object ? object : { ...stored, metadata: { ...stored.metadata } };
      served.set(own, object);
      return own;
    },
  };
  return {
    remote,
    toStored: (object) => object,
    fromStored(stored) {
      const object = served.get(stored);
      if (object === undefined) {
        if (versionOf(stored) !== version) throw new NotConverted(stored);
        const own = deepFreeze(complete(stored));
        served.set(stored, own);
        return own;
      }
      const { resourceVersion } = stored.metadata;
      if (object.metadata.resourceVersion === resourceVersion) return object;
      const revised = deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion } });
      served.set(stored, revised);
      return revised;
    },
  };
}

interface Response {
  readonly uid?: string;
  readonly convertedObjects?: readonly KubernetesObject[];
  readonly result?: { readonly status?: string; readonly message?: string };
}

/** Asks the webhook. Rejects with upstream's texts. */
async function review(definition: CustomResourceDefinition, objects: readonly KubernetesObject[], desiredAPIVersion: string, deps: WebhookConversionDeps): Promise<readonly KubernetesObject[]> {
  const { webhook } = definition.spec.conversion ?? {};
  const reviewVersion = webhook?.conversionReviewVersions.find((each) => each === 'v1' || each === 'v1beta1');
  const [first] = objects;
  const kind = `${first?.apiVersion ?? ''}, Kind=${first?.kind ?? ''}`;
  const failed = (why: string): Error => newStatusError(500, '', `conversion webhook for ${kind} failed: ${why}`);
  if (reviewVersion === undefined || webhook?.clientConfig === undefined) throw newStatusError(500, '', 'no supported conversion review versions');
  const uid = deps.newUid();
  const body = { kind: REVIEW_KIND, apiVersion: `${REVIEW_GROUP}/${reviewVersion}`, request: { uid, desiredAPIVersion, objects } };
  const answer = await deps.webhooks.call({ config: webhook.clientConfig, body, timeoutMs: TIMEOUT_MS, tellsTimeout: false });
  if (!answer.done) throw failed(answer.message);
  const { kind: answerKind = '', apiVersion = '', response } = answer.object as { readonly kind?: string; readonly apiVersion?: string; readonly response?: Response };
  if (reviewVersion === 'v1' && (answerKind !== REVIEW_KIND || apiVersion !== body.apiVersion)) {
    throw failed(`expected webhook response of ${body.apiVersion}, Kind=${REVIEW_KIND}, got ${apiVersion}, Kind=${answerKind}`);
  }
  if (response === undefined || response === null) throw failed('no response provided');
  if (reviewVersion === 'v1' && response.uid !== uid) throw failed(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  const { status = '', message = '' } = response.result ?? {};
  if (status !== 'Success') throw failed(message === '' ? `response.result.status was '${status}', not 'Success'` : message);
  const converted = response.convertedObjects ?? [];
  if (converted.length !== objects.length) throw newStatusError(500, '', `conversion webhook for ${kind} returned ${converted.length} objects, expected ${objects.length}`);
  return converted.map((object, index) => checked(object, objects[index] as KubernetesObject, desiredAPIVersion, kind, index));
}

/** A converted object with the metadata of the original, but for labels and annotations. */
function checked(object: KubernetesObject, original: KubernetesObject, desiredAPIVersion: string, kind: string, index: number): KubernetesObject {
  const wrong = (why: string): Error => newStatusError(500, '', `conversion webhook for ${kind} returned invalid ${why}`);
  if (typeof object !== 'object' || object === null) throw wrong(`object at index ${index}: it is no object`);
  if (object.apiVersion !== desiredAPIVersion) throw wrong(`object at index ${index}: invalid groupVersion (expected ${desiredAPIVersion}, received ${object.apiVersion ?? ''})`);
  if (object.kind !== original.kind) throw wrong(`object at index ${index}: invalid kind (expected ${original.kind ?? ''}, received ${object.kind ?? ''})`);
  const metadata = object.metadata as ObjectMeta | undefined;
  for (const field of ['name', 'namespace', 'uid'] as const) {
    const [before, after] = [original.metadata[field] ?? '', metadata?.[field] ?? ''];
    if (before !== after) throw wrong(`object: must have the same ${field === 'uid' ? 'UID' : field}: ${before} != ${after}`);
  }
  if (metadata === undefined) throw wrong('metadata: missing metadata in converted object');
  const { labels: _labels, annotations: _annotations, ...kept } = original.metadata;
  const errors: FieldError[] = [];
  if (metadata.labels !== undefined && metadata.labels !== null) validateLabels(metadata.labels, 'metadata.labels', errors);
  if (metadata.annotations !== undefined && metadata.annotations !== null) validateAnnotations(metadata.annotations, 'metadata.annotation', errors);
  const texts = errors.map((error) => `${error.field}: ${fieldErrorBody(error)}`);
  if (texts.length > 0) throw wrong(`metadata: ${texts.length === 1 ? texts[0] ?? '' : `[${texts.join(', ')}]`}`);
  return {
    ...object,
    metadata: { ...kept, ...(metadata.labels ? { labels: metadata.labels } : {}), ...(metadata.annotations ? { annotations: metadata.annotations } : {}) },
  };
}
