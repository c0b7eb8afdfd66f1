import { deepFreeze } from '../../base/index.ts';
import type { KubernetesObject, ObjectSchema, ResourceDefinition, StorageConversion } from '../../api/index.ts';
import type { ResourceCache } from '../watchcache/index.ts';

/** One served version of one resource on top of its storage. */
export interface Endpoint {
  readonly definition: ResourceDefinition;
  readonly group: string;
  readonly resource: string;
  /** E.g. apps/v1. */
  readonly apiVersion: string;
  readonly cache: ResourceCache;
  /** Checks bodies that nobody vouches for; undefined: the kind has none. */
  readonly schema: ObjectSchema | undefined;
  /** Set where the store keeps another version or group than this one serves. */
  readonly conversion: Conversion | undefined;
}

/** Between a served version and the stored one. fromStored gives frozen objects, the same for the same. */
export interface Conversion {
  toStored(object: KubernetesObject): KubernetesObject;
  fromStored(object: KubernetesObject): KubernetesObject;
  /** Set where somebody else converts: then fromStored throws NotConverted for what it has not got yet. */
  readonly remote?: RemoteConversion;
}

/** Conversion that takes its time. Kubernetes: conversion webhooks. */
export interface RemoteConversion {
  /** After this fromStored has the objects. Rejects with a StatusError. */
  makeReady(stored: readonly KubernetesObject[]): Promise<void>;
  /** The object as it is to be stored; fromStored has it back as it was. */
  toStored(object: KubernetesObject): Promise<KubernetesObject>;
}

/** An object has to be converted first; who asked begins again once it is. */
export class NotConverted extends Error {
  readonly stored: KubernetesObject;
  constructor(stored: KubernetesObject) {
    super('the object has not been converted yet');
    this.stored = stored;
  }
}

/** An object as this endpoint gives it out. */
export function present(endpoint: Endpoint, object: KubernetesObject): KubernetesObject {
  return endpoint.conversion === undefined ? object : endpoint.conversion.fromStored(object);
}

/** E.g. v1, apps/v1. */
export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** A definition's conversion; what is given out is converted once an object. */
export function rememberingConversion(conversion: StorageConversion<KubernetesObject>): Conversion {
  const served = new WeakMap<KubernetesObject, KubernetesObject>();
  return {
    toStored: (object) => conversion.toStorage(object),
    fromStored(stored) {
      let object = served.get(stored);
      if (object === undefined) {
        object = deepFreeze(conversion.fromStorage(stored));
        served.set(stored, object);
      }
      return object;
    },
  };
}
