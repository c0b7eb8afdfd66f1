export { type ApplyOptions, applyServerSide } from './apply-server-side.ts';
export type { FieldSet } from './field-set.ts';
export { trackUpdate, type TrackOptions } from './track-update.ts';
export { mergeUnowned } from './merge-unowned.ts';
