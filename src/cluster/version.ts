import type { VersionInfo } from '../apiserver/http/index.ts';

/** The Kubernetes version whose API this is. Kubernetes: pkg/version. */
export const VERSION: VersionInfo = {
  major: '1', minor: '36', gitVersion: 'v1.36.0', gitCommit: '', gitTreeState: 'clean', buildDate: '2026-04-22T00:00:00Z',
  goVersion: '', compiler: 'drydock', platform: 'linux/amd64',
};
