export { CustomResources } from './custom-resources.ts';
export { customScale } from './scale.ts';
