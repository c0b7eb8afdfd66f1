import type { PodSpec } from '../types.ts';
import { sameValue } from './equality.ts';

/** JSON names whose Go name is more than a capital letter. */
const goNames: Readonly<Record<string, string>> = {
  dnsPolicy: 'DNSPolicy', dnsConfig: 'DNSConfig', setHostnameAsFQDN: 'SetHostnameAsFQDN', os: 'OS', serviceAccount: 'DeprecatedServiceAccount',
};

function goName(name: string): string {
  return Object.hasOwn(goNames, name) ? goNames[name] as string : name.charAt(0).toUpperCase() + name.slice(1);
}

/** Removed and added fields of a pod's spec, in the manner of upstream's cmp.Diff; values are JSON. */
export function podSpecDiff(old: PodSpec, next: PodSpec): string {
  const lines = ['  core.PodSpec{'];
  let sameCount = 0;
  const flush = () => {
    if (sameCount > 0) lines.push(`  \t... // ${sameCount} identical field${sameCount === 1 ? '' : 's'}`);
    sameCount = 0;
  };
  const names = new Set([...Object.keys(old), ...Object.keys(next)]);
  for (const name of names) {
    const before = old[name as keyof PodSpec];
    const after = next[name as keyof PodSpec];
    if (sameValue(before, after)) {
      sameCount += 1;
      continue;
    }
    flush();
    lines.push(`- \t${goName(name)}: ${before === undefined ? 'nil' : JSON.stringify(before)},`);
    lines.push(`+ \t${goName(name)}: ${after === undefined ? 'nil' : JSON.stringify(after)},`);
  }
  flush();
  lines.push('  }', '');
  return lines.join('\n');
}
