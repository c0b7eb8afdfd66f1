import { defineResource } from '../core/define.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { ValidatingWebhookConfiguration } from '../types.ts';
import { webhookStrategy } from './webhook.ts';

/** Kubernetes: pkg/registry/admissionregistration/validatingwebhookconfiguration. */
export const validatingWebhookConfigurations = defineResource<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io', resource: 'validatingwebhookconfigurations', kind: 'ValidatingWebhookConfiguration', namespaced: false,
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  columns: [
    nameColumn,
    column('Webhooks', 'integer', 'How many webhooks the configuration has.', (configuration) => configuration.webhooks?.length ?? 0),
    ageColumn,
  ],
  strategy: webhookStrategy(false),
});
