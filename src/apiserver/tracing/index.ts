export { RequestNote } from './note.ts';
export { RequestTraces } from './request-traces.ts';
