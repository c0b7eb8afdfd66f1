export { Auditor, AuditRecord, type AuditSink } from './auditor.ts';
export type { AuditSource } from './event.ts';
export { parseAuditPolicy } from './parse-policy.ts';
export type { AuditPolicy } from './policy.ts';
