export { csiDrivers } from './csi-driver.ts';
export { csiNodes } from './csi-node.ts';
export { csiStorageCapacities } from './csi-storage-capacity.ts';
export { storageClasses } from './storage-class.ts';
export { volumeAttachments } from './volume-attachment.ts';
export { volumeAttributesClasses } from './volume-attributes-class.ts';
