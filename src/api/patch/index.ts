export { applyJsonPatch, type JsonPatchOperation } from './json-patch.ts';
export { isJsonObject, type JsonObject } from './json.ts';
export { applyMergePatch } from './merge-patch.ts';
export { applyStrategicMergePatch, formatMap } from './strategic-merge-patch.ts';
export * from './apply/index.ts';
