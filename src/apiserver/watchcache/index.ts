export type { Entry } from './object-table.ts';
export type { ChangeListener, ResourceCache, RunningWatch, WatchOptions } from './resource-cache.ts';
export type { IndexedField, Selection } from './selection.ts';
export { objectOf, reviveStoredValue, toStoredValue } from './stored-object.ts';
export { withRevision } from './cache-event.ts';
export { WatchCache } from './watch-cache.ts';
