import { describe, expect, it } from 'vitest';
import { manifest, open } from './check.ts';

async function check(marked: string, expected: string | undefined): Promise<void> {
  const { workspace, offset } = open(marked);
  expect((await workspace.hover('a.yaml', offset))?.markdown).toBe(expected);
}

describe('hover', () => {
  it('explains a field', () => check(manifest('Pod', 'spec:\n  containers:\n  - na|me: a\n'), '**name** `string` — required\n\nAbout Container.name.\n\n`kubectl explain pod.spec.containers.name`'));
  it('explains the field of a value, with its choices', () => check(manifest('Pod', 'spec:\n  restartPolicy: Alw|ays\n'), '**restartPolicy** `string`\n\nAbout PodSpec.restartPolicy.\n\nOne of: `Always`, `OnFailure`, `Never`\n\n`kubectl explain pod.spec.restartPolicy`'));
  it('explains the kind', () => check('apiVersion: apps/v1\nkind: Depl|oyment\n', '**Deployment** `apps/v1`\n\nAbout Deployment.'));
  it('says nothing about a field that is not there', () => check(manifest('Pod', 'spec:\n  fo|o: 1\n'), undefined));
  it('says nothing outside of manifests', () => check('a|: 1\n', undefined));
});
