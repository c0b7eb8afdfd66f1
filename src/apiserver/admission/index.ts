export * from './chain.ts';
export { defaultPlugins, type PluginSources } from './default-plugins.ts';
