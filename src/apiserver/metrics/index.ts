export * from './families.ts';
export * from './writer.ts';
