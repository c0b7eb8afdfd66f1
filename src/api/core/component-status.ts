import { column, nameColumn } from '../printers/columns.ts';
import type { ComponentCondition, ComponentStatus } from '../types.ts';
import { defineResource, noErrors } from './define.ts';

/** Of a component of the control plane: whether it answers. Never stored: the server works it out when it is asked. Kubernetes: pkg/registry/core/componentstatus. */
export const componentStatuses = defineResource<ComponentStatus>({
  group: '', resource: 'componentstatuses', kind: 'ComponentStatus', namespaced: false, shortNames: ['cs'], verbs: ['get', 'list'], computed: true,
  schema: 'io.k8s.api.core.v1.ComponentStatus',
  columns: [
    nameColumn,
    column('Status', 'string', 'Whether the component answers.', (status) => healthText(status)),
    column('Message', 'string', 'What it answered.', (status) => health(status)?.message ?? ''),
    column('Error', 'string', 'Why it did not answer.', (status) => health(status)?.error ?? ''),
  ],
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  strategy: {
    defaults: (status) => status,
    prepareForCreate: (status) => status,
    prepareForUpdate: (next) => next,
    validateCreate: () => noErrors,
    validateUpdate: () => noErrors,
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** What a component said when its health was asked for. */
export interface ComponentHealth {
  /** Absent: it could not be found out. */
  readonly healthy?: boolean;
  readonly message: string;
  /** Why it could not be asked; '' where it could. */
  readonly error?: string;
}

/** The object of a component (scheduler, controller-manager, etcd-0). Kubernetes: componentstatus, getComponentStatus. */
export function componentStatusOf(name: string, { healthy, message, error }: ComponentHealth): ComponentStatus {
  const status = healthy === undefined ? 'Unknown' : healthy ? 'True' : 'False';
  const condition: ComponentCondition = { type: 'Healthy', status, ...(message === '' ? {} : { message }), ...(error ? { error } : {}) };
  return { apiVersion: 'v1', kind: 'ComponentStatus', metadata: { name } as ComponentStatus['metadata'], conditions: [condition] };
}

function health(status: ComponentStatus): ComponentCondition | undefined {
  return status.conditions?.find((condition) => condition.type === 'Healthy');
}

function healthText(status: ComponentStatus): string {
  const condition = health(status);
  if (condition === undefined) return 'Unknown';
  return condition.status === 'True' ? 'Healthy' : 'Unhealthy';
}
