import { defineResource } from '../core/define.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { MutatingWebhookConfiguration } from '../types.ts';
import { webhookStrategy } from './webhook.ts';

/** Kubernetes: pkg/registry/admissionregistration/mutatingwebhookconfiguration. */
export const mutatingWebhookConfigurations = defineResource<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io', resource: 'mutatingwebhookconfigurations', kind: 'MutatingWebhookConfiguration', namespaced: false,
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
  columns: [
    nameColumn,
    column('Webhooks', 'integer', 'How many webhooks the configuration has.', (configuration) => configuration.webhooks?.length ?? 0),
    ageColumn,
  ],
  strategy: webhookStrategy(true),
});
