import type { ResourceDefinition } from '../../api/index.ts';

/** What was worked out once for each kind of request: resource, operation and subresource. */
export class ByOperation<T> {
  private known = new WeakMap<ResourceDefinition, Map<string, T>>();

  get(definition: ResourceDefinition, operation: string, subresource: string | undefined, find: () => T): T {
    let ofResource = this.known.get(definition);
    if (ofResource === undefined) {
      ofResource = new Map();
      this.known.set(definition, ofResource);
    }
    const key = subresource === undefined || subresource === '' ? operation : `${operation}/${subresource}`;
    let found = ofResource.get(key);
    if (found === undefined) {
      found = find();
      ofResource.set(key, found);
    }
    return found;
  }

  forget(): void {
    this.known = new WeakMap();
  }
}
