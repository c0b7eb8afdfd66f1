import { describe, expect, it } from 'vitest';
import { manifest, open } from './check.ts';

const text = manifest('Deployment', `  labels:
    app.kubernetes.io/name: web
spec:
  replicas: -1
  template:
    spec:
      containers:
        - name: web
          image: nginx
          ports:
            - containerPort: 80
        - name: side
          image: busy box
`);

/** The text that the field of a Status cause is marked on. */
function check(field: string, expected: string): void {
  const { workspace } = open(text);
  const { start, end } = workspace.locate(text, 0, field);
  expect(text.slice(start, end)).toBe(expected);
}

describe('the place of a field that the API server complains about', () => {
  it('is its value', () => check('spec.replicas', '-1'));
  it('is the value in an item of a list', () => check('spec.template.spec.containers[1].image', 'busy box'));
  it('is the value of a key with dots', () => check('metadata.labels.app.kubernetes.io/name', 'web'));
  it('is the value of a key in brackets', () => check('metadata.labels[app.kubernetes.io/name]', 'web'));
  it('is the key of a map', () => check('spec.template', 'template'));
  it('is the nearest parent of a field that is missing', () => check('spec.selector.matchLabels', 'spec'));
  it('is the first key of the item where the field is missing', () => check('spec.template.spec.containers[1].resources.limits', 'name'));
  it('is found by the keys of server-side apply', () => check('.spec.template.spec.containers[name="side"].image', 'busy box'));
  it('is found where a key defaults', () => check('.spec.template.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"].containerPort', '80'));
  it('is the first line where nothing of it is there', () => check('status.foo', 'apiVersion: apps/v1'));
});
