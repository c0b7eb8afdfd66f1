import {
  controllerOf, fieldErrorBody, type KubernetesObject, newInvalidError, type Pod, type PodSpec, type PodTemplateSpec, type ResourceDefinition,
} from '../../../api/index.ts';
import { newForbidden, newInternalError } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { Clock } from '../../../world/index.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../chain.ts';
import { evaluatePod, type Violations, violationDetails, violationReasons } from './evaluate.ts';
import {
  compareLevels, isEquivalent, isFullyPrivileged, isSameLevelVersion, LATEST, type LevelVersion, levelVersionText, type ParsedPolicy, POD_SECURITY_PREFIX, type Policy, policyOf,
} from './policy.ts';

/** How many pods are looked at, and how long, when a namespace gets a stricter level. Kubernetes: defaultNamespaceMaxPodsToCheck, defaultNamespacePodCheckTimeout. */
const PODS_CHECKED_MAX = 3000;
const CHECK_MS_MAX = 1000;

/** Kubernetes: PodSecurityConfiguration. */
export interface PodSecurityConfiguration {
  readonly defaults: Policy;
  readonly exemptions: {
    readonly usernames: readonly string[];
    readonly namespaces: readonly string[];
    readonly runtimeClasses: readonly string[];
  };
}

const PRIVILEGED: LevelVersion = Object.freeze({ level: 'privileged', minor: LATEST });
const DEFAULT_CONFIGURATION: PodSecurityConfiguration = {
  defaults: { enforce: PRIVILEGED, audit: PRIVILEGED, warn: PRIVILEGED }, exemptions: { usernames: [], namespaces: [], runtimeClasses: [] },
};

export interface PodSecuritySources {
  readonly namespaces: ResourceCache;
  readonly pods: ResourceCache;
  readonly clock: Clock;
}

/** Kinds with a pod template, and where it is. Pods themselves are apart. */
const TEMPLATES: ReadonlyMap<string, (object: KubernetesObject) => PodTemplateSpec | undefined> = new Map([
  ['podtemplates.', (object) => (object as { readonly template?: PodTemplateSpec }).template],
  ...['replicationcontrollers.', 'replicasets.apps', 'deployments.apps', 'statefulsets.apps', 'daemonsets.apps', 'jobs.batch']
    .map((resource) => [resource, (object: KubernetesObject) => specOf(object).template] as const),
  ['cronjobs.batch', (object) => specOf(object).jobTemplate?.spec?.template],
]);

interface SpecWithTemplate {
  readonly template?: PodTemplateSpec;
  readonly jobTemplate?: { readonly spec?: { readonly template?: PodTemplateSpec } };
}

const specOf = (object: KubernetesObject): SpecWithTemplate => (object as KubernetesObject & { readonly spec?: SpecWithTemplate }).spec ?? {};

/** Subresources of pods that don't carry a pod, or none whose spec may change. */
const IGNORED_SUBRESOURCES: ReadonlySet<string> = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status']);

/** Holds pods to the level that their namespace's labels ask for. Kubernetes: pod-security-admission/admission. */
export function podSecurity(sources: PodSecuritySources, configuration = DEFAULT_CONFIGURATION): AdmissionPlugin {
  const plugin = new PodSecurity(sources, configuration);
  return {
    name: 'PodSecurity',
    handles: (definition, operation, subresource) => {
      if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
      if (isCore(definition, 'pods')) return subresource === undefined || !IGNORED_SUBRESOURCES.has(subresource);
      return subresource === undefined && (isCore(definition, 'namespaces') || TEMPLATES.has(`${definition.resource}.${definition.group}`));
    },
    validate(attributes, object, old) {
      if (object === undefined) return;
      if (isCore(attributes.definition, 'pods')) plugin.validatePod(attributes, object as Pod, old as Pod | undefined);
      else if (isCore(attributes.definition, 'namespaces')) plugin.validateNamespace(attributes, object, old);
      else plugin.validateController(attributes, object);
    },
  };
}

function isCore(definition: ResourceDefinition, resource: string): boolean {
  return definition.resource === resource && definition.group === '';
}

class PodSecurity {
  private readonly sources: PodSecuritySources;
  private readonly configuration: PodSecurityConfiguration;
  /** By the labels, which are frozen. */
  private readonly policies = new WeakMap<object, ParsedPolicy>();
  private readonly withoutLabels: ParsedPolicy;

  constructor(sources: PodSecuritySources, configuration: PodSecurityConfiguration) {
    this.sources = sources;
    this.configuration = configuration;
    this.withoutLabels = { policy: configuration.defaults, errors: [] };
  }

  validateNamespace(attributes: AdmissionAttributes, namespace: KubernetesObject, old: KubernetesObject | undefined): void {
    const { definition, name } = attributes;
    const next = policyOf(namespace.metadata.labels, this.configuration.defaults);
    const refuse = () => newInvalidError(definition.group, definition.kind, name, next.errors);
    if (old === undefined) {
      if (next.errors.length > 0) throw refuse();
      this.warnOfExemption(attributes, namespace, next.policy);
      return;
    }
    if (namespace.metadata.labels === old.metadata.labels) return;
    const previous = policyOf(old.metadata.labels, this.configuration.defaults);
    if (next.errors.length > 0 && JSON.stringify(next.errors) !== JSON.stringify(previous.errors)) throw refuse();
    const { enforce } = next.policy;
    const before = previous.policy.enforce;
    if (isSameLevelVersion(enforce, before) || enforce.level === 'privileged') return;
    if (enforce.minor === before.minor && compareLevels(enforce.level, before.level) < 1) return;
    if (this.warnOfExemption(attributes, namespace, next.policy)) return;
    for (const text of this.podsInNamespace(name, enforce)) attributes.warn(text);
  }

  validatePod(attributes: AdmissionAttributes, pod: Pod, old: Pod | undefined): void {
    if (this.isExempt(attributes)) return;
    const namespace = this.sources.namespaces.objects.get('', attributes.namespace)?.object;
    if (namespace === undefined) {
      const text = `failed to lookup namespace ${JSON.stringify(attributes.namespace)}`;
      annotate(attributes, 'error', `Internal error occurred: ${text}: namespaces ${JSON.stringify(attributes.namespace)} not found`);
      throw newInternalError(text);
    }
    const parsed = this.policyOfNamespace(namespace);
    if (parsed.errors.length === 0 && isFullyPrivileged(parsed.policy)) {
      annotate(attributes, 'enforce-policy', 'privileged:latest');
      return;
    }
    if (old !== undefined && !isSignificantUpdate(pod.spec, old.spec)) return;
    this.evaluate(attributes, parsed, pod.spec, pod.metadata.annotations, true);
  }

  validateController(attributes: AdmissionAttributes, object: KubernetesObject): void {
    if (this.isExempt(attributes)) return;
    const namespace = this.sources.namespaces.objects.get('', attributes.namespace)?.object;
    if (namespace === undefined) {
      const name = JSON.stringify(attributes.namespace);
      annotate(attributes, 'error', `failed to lookup namespace ${name}: namespaces ${name} not found`);
      return;
    }
    const parsed = this.policyOfNamespace(namespace);
    const { warn, audit } = parsed.policy;
    if (parsed.errors.length === 0 && warn.level === 'privileged' && audit.level === 'privileged') return;
    const { definition } = attributes;
    const template = TEMPLATES.get(`${definition.resource}.${definition.group}`)?.(object);
    if (template?.spec === undefined) return;
    this.evaluate(attributes, parsed, template.spec, template.metadata?.annotations, false);
  }

  private evaluate(
    attributes: AdmissionAttributes, { policy, errors }: ParsedPolicy, spec: PodSpec, annotations: Readonly<Record<string, string>> | undefined, enforces: boolean,
  ): void {
    if (this.configuration.exemptions.runtimeClasses.includes(spec.runtimeClassName || '\0')) {
      annotate(attributes, 'exempt', 'runtimeClass');
      return;
    }
    if (errors.length > 0) annotate(attributes, 'error', `Failed to parse policy: ${errorsText(errors)}`);
    const results = new Map<string, Violations>();
    const violationsOf = (wanted: LevelVersion): Violations => {
      const key = levelVersionText(wanted);
      let violations = results.get(key);
      if (violations === undefined) {
        violations = evaluatePod(wanted, spec, annotations);
        results.set(key, violations);
      }
      return violations;
    };
    if (enforces) annotate(attributes, 'enforce-policy', levelVersionText(policy.enforce));
    const recorded = violationsOf(policy.audit);
    if (recorded.length > 0) annotate(attributes, 'audit-violations', `would violate PodSecurity ${quoted(policy.audit)}: ${violationDetails(recorded)}`);
    const enforced = enforces ? violationsOf(policy.enforce) : [];
    if (enforced.length > 0) throw newForbidden(attributes.definition, attributes.name, `violates PodSecurity ${quoted(policy.enforce)}: ${violationDetails(enforced)}`);
    const warned = violationsOf(policy.warn);
    if (warned.length > 0) attributes.warn(`would violate PodSecurity ${quoted(policy.warn)}: ${violationDetails(warned)}`);
  }

  /** Kubernetes: EvaluatePodsInNamespace. Pods of one controller are alike, so that one of each comes first. */
  private podsInNamespace(namespace: string, enforce: LevelVersion): readonly string[] {
    const { pods, clock } = this.sources;
    const endMs = clock.nowMs() + CHECK_MS_MAX;
    const all = this.prioritized(pods.objects.list({ namespace }) as Pod[]);
    const chosen = all.slice(0, PODS_CHECKED_MAX);
    let checked = chosen.length;
    const found = new Map<string, { name: string; count: number }>();
    for (const [index, { metadata, spec }] of chosen.entries()) {
      const violations = evaluatePod(enforce, spec, metadata.annotations);
      if (violations.length > 0) {
        const reasons = violationReasons(violations);
        const known = found.get(reasons);
        if (known === undefined) found.set(reasons, { name: metadata.name, count: 1 });
        else {
          known.count++;
          if (metadata.name < known.name) known.name = metadata.name;
        }
      }
      if (clock.nowMs() > endMs) {
        checked = index + 1;
        break;
      }
    }
    const texts = [...found].map(([reasons, { name, count }]) => {
      const others = count === 1 ? '' : count === 2 ? ' (and 1 other pod)' : ` (and ${count - 1} other pods)`;
      return `${name}${others}: ${reasons}`;
    });
    return [
      ...(checked < all.length ? [`new PodSecurity enforce level only checked against the first ${checked} of ${all.length} existing pods`] : []),
      ...(texts.length === 0 ? [] : [`existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${quoted(enforce)}`]),
      ...texts.sort(),
    ];
  }

  private prioritized(pods: readonly Pod[]): readonly Pod[] {
    const seen = new Set<string>();
    const first: Pod[] = [];
    const alike: Pod[] = [];
    for (const pod of pods) {
      if (this.configuration.exemptions.runtimeClasses.includes(pod.spec.runtimeClassName || '\0')) continue;
      const controller = controllerOf(pod)?.uid;
      if (controller !== undefined && seen.has(controller)) alike.push(pod);
      else first.push(pod);
      if (controller !== undefined) seen.add(controller);
    }
    return [...first, ...alike];
  }

  private policyOfNamespace({ metadata: { labels } }: KubernetesObject): ParsedPolicy {
    if (labels === undefined) return this.withoutLabels;
    let parsed = this.policies.get(labels);
    if (parsed === undefined) {
      parsed = policyOf(labels, this.configuration.defaults);
      this.policies.set(labels, parsed);
    }
    return parsed;
  }

  private isExempt(attributes: AdmissionAttributes): boolean {
    const { namespaces, usernames } = this.configuration.exemptions;
    const why = namespaces.includes(attributes.namespace) ? 'namespace' : usernames.includes(attributes.user.name) ? 'user' : undefined;
    if (why !== undefined) annotate(attributes, 'exempt', why);
    return why !== undefined;
  }

  /** True where the namespace is exempt. Kubernetes: exemptNamespaceWarning. */
  private warnOfExemption(attributes: AdmissionAttributes, { metadata }: KubernetesObject, policy: Policy): boolean {
    if (!this.configuration.exemptions.namespaces.includes(metadata.name)) return false;
    if (isFullyPrivileged(policy) || isEquivalent(policy, this.configuration.defaults)) return true;
    const { labels = {} } = metadata;
    const modes = (['enforce', 'audit', 'warn'] as const)
      .filter((mode) => policy[mode].level !== 'privileged')
      .filter((mode) => Object.hasOwn(labels, POD_SECURITY_PREFIX + mode) || Object.hasOwn(labels, `${POD_SECURITY_PREFIX}${mode}-version`))
      .map((mode) => `${mode}=${levelVersionText(policy[mode])}`);
    attributes.warn(`namespace ${JSON.stringify(metadata.name)} is exempt from Pod Security, and the policy (${modes.join(', ')}) will be ignored`);
    return true;
  }
}

const quoted = (wanted: LevelVersion): string => `"${levelVersionText(wanted)}"`;

function annotate(attributes: AdmissionAttributes, key: string, value: string): void {
  attributes.annotate?.(POD_SECURITY_PREFIX + key, value);
}

/** Kubernetes: field.ErrorList.ToAggregate. */
function errorsText(errors: ParsedPolicy['errors']): string {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${fieldErrorBody(error)}`))];
  return texts.length === 1 ? texts[0] ?? '' : `[${texts.join(', ')}]`;
}

/** Of a pod's spec only images may change, and debug containers come. Kubernetes: isSignificantPodUpdate. */
function isSignificantUpdate(spec: PodSpec, old: PodSpec): boolean {
  if (spec === old) return false;
  const { initContainers = [], containers, ephemeralContainers = [] } = spec;
  const oldInit = old.initContainers ?? [];
  if (containers.length !== old.containers.length || initContainers.length !== oldInit.length) return true;
  return containers.some(({ image }, index) => image !== old.containers[index]?.image) || initContainers.some(({ image }, index) => image !== oldInit[index]?.image)
    || ephemeralContainers.some(({ name, image }) => {
      const before = old.ephemeralContainers?.find((each) => each.name === name);
      return before === undefined || before.image !== image;
    });
}
