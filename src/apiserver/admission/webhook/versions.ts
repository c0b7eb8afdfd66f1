import { decodeStrict, type KubernetesObject, type ResourceDefinition, schemaOf } from '../../../api/index.ts';
import { kindOf } from './kinds.ts';

/** Shows an object of one served version as another does; a promise where a conversion webhook has to be asked. */
export type ConvertTo = (object: KubernetesObject, from: ResourceDefinition, to: ResourceDefinition) => KubernetesObject | Promise<KubernetesObject>;

/** What others have made of an object, with the types and defaults of its kind. Throws a DecodeError where the types are others. */
export function retyped(object: KubernetesObject, definition: ResourceDefinition, subresource: string | undefined): KubernetesObject {
  const { group, version, kind } = kindOf(definition, subresource);
  const isOwn = kind === definition.kind && group === definition.group;
  if (isOwn && definition.custom !== undefined) return definition.strategy.defaults(definition.custom.decode(object).object);
  const schema = schemaOf(isOwn ? definition.schema : `io.k8s.api.${group === '' ? 'core' : group.split('.')[0] ?? ''}.${version}.${kind}`);
  const typed = schema === undefined ? object : decodeStrict(object, schema).value as KubernetesObject;
  const whole = typed.kind === kind ? typed : { ...typed, apiVersion: group === '' ? version : `${group}/${version}`, kind };
  return isOwn ? definition.strategy.defaults(whole) : whole;
}
