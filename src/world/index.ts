export { subDisk } from './sub-disk.ts';
export * from './world.ts';
