import type { KubernetesObject, ResourceDefinition } from '../../api/index.ts';
import type { UserInfo } from '../server.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE';

/** What a plugin gets to see of a request. */
export interface AdmissionAttributes {
  readonly user: UserInfo;
  readonly operation: AdmissionOperation;
  readonly definition: ResourceDefinition;
  readonly subresource: string | undefined;
  /** '' where the resource has no namespaces. */
  readonly namespace: string;
  /** '' where the name is yet to be generated. */
  readonly name: string;
  readonly dryRun: boolean;
  readonly warn: (text: string) => void;
}

/**
 * One admission plugin. Both functions are synchronous and read caches only. They throw a StatusError to refuse.
 * Kubernetes: apiserver/pkg/admission, MutationInterface and ValidationInterface.
 */
export interface AdmissionPlugin {
  readonly name: string;
  handles(definition: ResourceDefinition, operation: AdmissionOperation, subresource: string | undefined): boolean;
  /** Gives back the object, or a new one that shares what did not change. On DELETE object is undefined. */
  admit?(attributes: AdmissionAttributes, object: KubernetesObject, old: KubernetesObject | undefined): KubernetesObject;
  /** Sees the object as it will be stored; on DELETE the object that goes. */
  validate?(attributes: AdmissionAttributes, object: KubernetesObject | undefined, old: KubernetesObject | undefined): void;
}

type Admit = NonNullable<AdmissionPlugin['admit']>;
type Validate = NonNullable<AdmissionPlugin['validate']>;

/** The plugins that handle one operation on one resource, in order. */
export interface AdmissionSteps {
  readonly admit: readonly Admit[];
  readonly validate: readonly Validate[];
}

const NO_STEPS: AdmissionSteps = Object.freeze({ admit: [], validate: [] });

/** All plugins in upstream's order. Which of them handle a request is worked out once for each kind of request. */
export class AdmissionChain {
  private readonly plugins: readonly AdmissionPlugin[];
  private readonly known = new Map<ResourceDefinition, Map<string, AdmissionSteps>>();

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.plugins = plugins;
  }

  stepsFor(definition: ResourceDefinition, operation: AdmissionOperation, subresource: string | undefined): AdmissionSteps {
    let ofResource = this.known.get(definition);
    if (ofResource === undefined) {
      ofResource = new Map();
      this.known.set(definition, ofResource);
    }
    const key = subresource === undefined ? operation : `${operation}/${subresource}`;
    let steps = ofResource.get(key);
    if (steps === undefined) {
      steps = this.findSteps(definition, operation, subresource);
      ofResource.set(key, steps);
    }
    return steps;
  }

  private findSteps(definition: ResourceDefinition, operation: AdmissionOperation, subresource: string | undefined): AdmissionSteps {
    const plugins = this.plugins.filter((plugin) => plugin.handles(definition, operation, subresource));
    if (plugins.length === 0) return NO_STEPS;
    return {
      admit: plugins.flatMap((plugin) => (plugin.admit === undefined ? [] : [plugin.admit.bind(plugin)])),
      validate: plugins.flatMap((plugin) => (plugin.validate === undefined ? [] : [plugin.validate.bind(plugin)])),
    };
  }
}
