export { runtimeClasses } from './runtime-class.ts';
