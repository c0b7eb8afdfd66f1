// A definition's own types, under the names that this folder uses.
export type {
  CustomResourceColumnDefinition, CustomResourceConversion, CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec, CustomResourceDefinitionStatus, CustomResourceDefinitionVersion, CustomResourceSubresources, CustomResourceSubresourceScale,
  JSONSchemaProps as JsonSchemaProps, ValidationRule,
} from '../types.ts';
