import type { KubernetesObject, ResourceDefinition } from '../../api/index.ts';
import type { ApiRequest } from '../../client/index.ts';
import type { UserInfo } from '../server.ts';
import type { RequestNote } from '../tracing/index.ts';
import { ByOperation } from './by-operation.ts';

/** CONNECT: exec, attach, port-forward and proxy, whose object is the connection's options. */
export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

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
  /** What was asked, for who wants its options. Its body is not the object: that has defaults, and what was admitted before. */
  readonly request: ApiRequest;
  readonly warn: (text: string) => void;
  /** What plugins change is noted here. */
  readonly note?: RequestNote;
  /** Adds to the request's audit event; undefined where nobody records it. Kubernetes: audit.AddAuditAnnotation. */
  readonly annotate: ((key: string, value: string) => void) | undefined;
  /** Set by plugins that have others change objects: what they have to know when all plugins run for a second time. */
  reinvocation?: Reinvocation;
}

/** A request whose object was changed by a webhook or policy runs through all plugins once more. Kubernetes: admission.ReinvocationContext. */
export interface Reinvocation {
  /** A plugin asks for the second run. */
  wanted: boolean;
  /** This is the second run. */
  again: boolean;
  /** What plugins remember from the first run, by their names. */
  readonly states: Map<string, unknown>;
}

/**
 * One admission plugin. Both functions answer at once where they can, and give a promise only where they have to ask
 * somebody (a webhook, the store). They throw or reject with a StatusError to refuse.
 * Kubernetes: apiserver/pkg/admission, MutationInterface and ValidationInterface.
 */
export interface AdmissionPlugin {
  readonly name: string;
  handles(definition: ResourceDefinition, operation: AdmissionOperation, subresource: string | undefined): boolean;
  /** Gives back the object, or a new one that shares what did not change. On DELETE object is undefined. */
  admit?(attributes: AdmissionAttributes, object: KubernetesObject, old: KubernetesObject | undefined): KubernetesObject | Promise<KubernetesObject>;
  /** Sees the object as it will be stored; on DELETE the object that goes. */
  validate?(attributes: AdmissionAttributes, object: KubernetesObject | undefined, old: KubernetesObject | undefined): void | Promise<void>;
}

type Admit = NonNullable<AdmissionPlugin['admit']>;
type Validate = NonNullable<AdmissionPlugin['validate']>;

/** The plugins that handle one operation on one resource, in order. */
export interface AdmissionSteps {
  readonly admit: readonly Admit[];
  /** The plugin of each step of admit. */
  readonly admitNames: readonly string[];
  readonly validate: readonly Validate[];
}

const NO_STEPS: AdmissionSteps = Object.freeze({ admit: [], admitNames: [], validate: [] });

/** All plugins in upstream's order. Which of them handle a request is worked out once for each kind of request. */
export class AdmissionChain {
  private readonly plugins: readonly AdmissionPlugin[];
  private readonly known = new ByOperation<AdmissionSteps>();

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.plugins = plugins;
  }

  stepsFor(definition: ResourceDefinition, operation: AdmissionOperation, subresource: string | undefined): AdmissionSteps {
    return this.known.get(definition, operation, subresource, () => this.findSteps(definition, operation, subresource));
  }

  private findSteps(definition: ResourceDefinition, operation: AdmissionOperation, subresource: string | undefined): AdmissionSteps {
    const plugins = this.plugins.filter((plugin) => plugin.handles(definition, operation, subresource));
    if (plugins.length === 0) return NO_STEPS;
    return {
      admit: plugins.flatMap((plugin) => (plugin.admit === undefined ? [] : [plugin.admit.bind(plugin)])),
      admitNames: plugins.flatMap((plugin) => (plugin.admit === undefined ? [] : [plugin.name])),
      validate: plugins.flatMap((plugin) => (plugin.validate === undefined ? [] : [plugin.validate.bind(plugin)])),
    };
  }
}

/** Runs what may change the object, one after the other; a promise only where a plugin had to wait. */
export function runAdmit(
  steps: AdmissionSteps, attributes: AdmissionAttributes, object: KubernetesObject, old: KubernetesObject | undefined, from = 0,
): KubernetesObject | Promise<KubernetesObject> {
  let current = object;
  for (let index = from; index < steps.admit.length; index++) {
    const next = steps.admit[index]?.(attributes, current, old) ?? current;
    if (next instanceof Promise) {
      const before = current;
      return next.then((admitted) => {
        noteChange(steps, index, attributes, before, admitted);
        return runAdmit(steps, attributes, admitted, old, index + 1);
      });
    }
    if (next !== current) noteChange(steps, index, attributes, current, next);
    current = next;
  }
  const { reinvocation } = attributes;
  if (reinvocation === undefined || !reinvocation.wanted || reinvocation.again) return current;
  reinvocation.again = true;
  return runAdmit(steps, attributes, current, old);
}

function noteChange({ admitNames }: AdmissionSteps, index: number, { note }: AdmissionAttributes, before: KubernetesObject, after: KubernetesObject): void {
  if (note !== undefined && before !== after) (note.admissions ??= []).push({ plugin: admitNames[index] ?? '', before, after });
}

/** The request's reinvocation, made when it is first asked for. */
export function reinvocationOf(attributes: AdmissionAttributes): Reinvocation {
  return attributes.reinvocation ??= { wanted: false, again: false, states: new Map() };
}

/** Runs what may only refuse, one after the other; undefined where nobody had to wait. */
export function runValidate(
  steps: AdmissionSteps, attributes: AdmissionAttributes, object: KubernetesObject | undefined, old: KubernetesObject | undefined, from = 0,
): Promise<void> | undefined {
  for (let index = from; index < steps.validate.length; index++) {
    const verdict = steps.validate[index]?.(attributes, object, old);
    if (verdict instanceof Promise) return verdict.then(() => runValidate(steps, attributes, object, old, index + 1));
  }
  return undefined;
}
