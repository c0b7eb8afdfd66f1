import { describe, expect, it } from 'vitest';
import { accept, completions, manifest } from './check.ts';

const check = (marked: string, expected: readonly string[]) => expect(completions(marked)).toEqual(expected);

describe('completions', () => {
  it('offers required fields first, without those that are there', () => check(manifest('Deployment', 'spec:\n  replicas: 1\n  |\n'), ['selector', 'template', 'paused', 'strategy']));
  it('offers fields while a word is half typed', () => check(manifest('Pod', 'spec:\n  hostN|\n'), ['containers', 'hostNetwork', 'nodeSelector', 'restartPolicy']));
  it('offers fields after the dash of an item', () => check(manifest('Pod', 'spec:\n  containers:\n    - |\n'), ['name', 'command', 'env', 'image', 'imagePullPolicy', 'ports', 'resources']));
  it('offers items below the key of a list', () => check(manifest('Pod', 'spec:\n  containers:\n    |\n'), ['- name', '- command', '- env', '- image', '- imagePullPolicy', '- ports', '- resources']));
  it('offers fields in the middle of an item', () => check(manifest('Pod', 'spec:\n  containers:\n    - name: a\n      |\n      image: b\n'), ['command', 'env', 'imagePullPolicy', 'ports', 'resources']));
  it('offers top-level fields without status', () => check(manifest('Pod', '|\n'), ['spec']));
  it('offers the values of an enumeration', () => check(manifest('Pod', 'spec:\n  restartPolicy: |\n'), ['Always', 'OnFailure', 'Never']));
  it('offers true and false', () => check(manifest('Pod', 'spec:\n  hostNetwork: t|\n'), ['true', 'false']));
  it('offers apiVersions that have the kind', () => check('apiVersion: |\nkind: Deployment\n', ['apps/v1']));
  it('offers the kinds of the apiVersion', () => check('apiVersion: v1\nkind: |\n', ['ConfigMap', 'Pod']));
  it('offers the header where only a kind stands', () => check('kind: Pod\n|\n', ['apiVersion', 'metadata']));
  it('offers whole manifests in an empty document', () => {
    const found = completions(`${manifest('Pod', '')}---\n|`);
    expect(found.slice(0, 4)).toEqual(['apiVersion', 'kind', 'ConfigMap', 'CronJob']);
  });
  it('stays out of other YAML', () => check('services:\n  web:\n    |\n', []));
  it('stays out of block scalars', () => check(manifest('ConfigMap', 'data:\n  a: |\n'.replace('|', '!') + '  b: 1\n').replace('!', '\u007c-\n    te') .replace('te\n', 'te|\n').replace('\u007c-', '>-'), []));
  it('stays out of comments', () => check(manifest('Pod', 'spec:\n  # hostN|\n'), []));
  it('stays out of maps with free keys', () => check(manifest('ConfigMap', 'data:\n  |\n'), []));

  it('writes a list with its first item', () => expect(accept(manifest('Pod', 'spec:\n  cont|\n'), 'containers')).toBe(manifest('Pod', 'spec:\n  containers:\n    - name: $1\n')));
  it('writes an object with its required plain fields', () => expect(accept(manifest('Deployment', 'spec:\n  tem|\n'), 'template')).toBe(manifest('Deployment', 'spec:\n  template:\n    $1\n')));
  it('writes a field with a choice of its values', () => expect(accept(manifest('Pod', 'spec:\n  |\n'), 'restartPolicy')).toBe(manifest('Pod', 'spec:\n  restartPolicy: ${1|Always,OnFailure,Never|}\n')));
  it('replaces the name of a field that has a value', () => expect(accept(manifest('Pod', 'spec:\n  host|Net: true\n'), 'hostNetwork')).toBe(manifest('Pod', 'spec:\n  hostNetwork: true\n')));
  it('replaces a value', () => expect(accept(manifest('Pod', 'spec:\n  restartPolicy: Al|ways # keep\n'), 'Never')).toBe(manifest('Pod', 'spec:\n  restartPolicy: Never # keep\n')));
});
