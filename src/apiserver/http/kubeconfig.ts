import type { KeyPair } from './certificates.ts';

/** A kubeconfig (YAML, which JSON is too for kubectl; written as YAML for people) with one context named drydock. Write it with mode 0600. */
export function kubeconfigText(options: {
  /** e.g. https://127.0.0.1:6443 */
  readonly server: string;
  readonly authorityPem: string;
  readonly client: KeyPair;
  readonly name?: string;
  readonly userName?: string;
}): string {
  const name = options.name ?? 'drydock';
  const user = options.userName ?? 'kubernetes-admin';
  return [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    `- name: ${name}`,
    '  cluster:',
    `    server: ${options.server}`,
    `    certificate-authority-data: ${base64(options.authorityPem)}`,
    'users:',
    `- name: ${user}`,
    '  user:',
    `    client-certificate-data: ${base64(options.client.certificatePem)}`,
    `    client-key-data: ${base64(options.client.keyPem)}`,
    'contexts:',
    `- name: ${name}`,
    '  context:',
    `    cluster: ${name}`,
    `    user: ${user}`,
    `current-context: ${name}`,
    'preferences: {}',
    '',
  ].join('\n');
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
