export * from './chain.ts';
export { policyExpressionCompiler } from './policy/compile-expression.ts';
export { type AdmissionConfiguration, defaultPlugins, type PluginSources } from './default-plugins.ts';
