import { Emitter } from '../../base/index.ts';
import type { APIResource, APIService } from '../../api/index.ts';
import type { ResourceCache } from '../watchcache/index.ts';

/** What an aggregated server says of itself. */
export interface RemoteDiscovery {
  readonly resources: readonly APIResource[];
  /** The hash under which its index has its OpenAPI v3 document; undefined: it has none. */
  readonly openApiV3Hash: string | undefined;
}

/** A group version that another server serves. */
export interface RemoteGroupVersion {
  readonly group: string;
  readonly version: string;
  readonly apiService: APIService;
  readonly isAvailable: boolean;
  readonly discovery: RemoteDiscovery | undefined;
}

/** The APIServices that lead to other servers, with what those have said of themselves. */
export class RemoteApiServices {
  private readonly known = new Map<string, RemoteGroupVersion>();
  private readonly changes = new Emitter<void>();
  readonly onChange = this.changes.event;

  constructor(apiServices: ResourceCache) {
    apiServices.onChange((object, previous) => this.take(object as APIService | undefined, previous as APIService | undefined));
  }

  /** False where this server is all there is. */
  get isUsed(): boolean {
    return this.known.size > 0;
  }

  find(group: string, version: string): RemoteGroupVersion | undefined {
    return this.known.get(`${version}.${group}`);
  }

  all(): readonly RemoteGroupVersion[] {
    return [...this.known.values()];
  }

  /** Notes what a server has said; its last word stands while it is away. */
  setDiscovery(name: string, discovery: RemoteDiscovery): void {
    const entry = this.known.get(name);
    if (entry === undefined) return;
    this.known.set(name, { ...entry, discovery });
    this.changes.fire();
  }

  private take(apiService: APIService | undefined, previous: APIService | undefined): void {
    const name = (apiService ?? previous)?.metadata.name ?? '';
    const before = this.known.get(name);
    if (apiService?.spec.service === undefined) {
      if (before === undefined) return;
      this.known.delete(name);
    } else {
      const { group = '', version = '' } = apiService.spec;
      const isAvailable = apiService.status?.conditions?.some(({ type, status }) => type === 'Available' && status === 'True') === true;
      this.known.set(name, { group, version, apiService, isAvailable, discovery: before?.discovery });
    }
    this.changes.fire();
  }
}
