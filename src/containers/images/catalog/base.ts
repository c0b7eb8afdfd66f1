import type { Layer, LayerEntry } from '../image.ts';

/** Commands of every image with a shell. */
const coreCommands = [
  'echo', 'cat', 'ls', 'cp', 'mv', 'rm', 'mkdir', 'rmdir', 'touch', 'head', 'tail', 'grep', 'egrep', 'fgrep', 'sed', 'awk', 'cut', 'sort', 'uniq', 'wc', 'tr', 'seq',
  'sleep', 'date', 'env', 'printenv', 'hostname', 'id', 'whoami', 'uname', 'ps', 'kill', 'true', 'false', 'test', '[', 'printf', 'yes', 'xargs', 'find', 'tee',
  'basename', 'dirname', 'stat', 'du', 'df', 'free', 'md5sum', 'sha256sum', 'base64', 'dd', 'od', 'hexdump', 'chmod', 'chown', 'ln', 'readlink', 'realpath', 'which', 'tar', 'mktemp',
  'uptime', 'tty', 'stty', 'clear', 'rev', 'tac', 'nl', 'expr', 'timeout', 'mount', 'nproc', 'sync', 'truncate', 'pwd', 'more', 'less', 'cmp',
] as const;

/** Network commands that busybox has and Debian's images have not. */
const networkCommands = ['nslookup', 'wget', 'nc', 'ping', 'ip', 'ifconfig', 'pidof'] as const;

function commandsIn(folder: string, names: readonly string[]): Layer {
  const layer: Record<string, LayerEntry> = {};
  for (const name of names) layer[`${folder}/${name}`] = { program: name };
  return layer;
}

const accounts: Layer = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n',
  '/etc/group': 'root:x:0:\nnobody:x:65534:\n',
  '/root/': '', '/tmp/': '', '/var/log/': '', '/home/': '', '/opt/': '', '/run/': '', '/srv/': '', '/usr/local/bin/': '',
};

/** busybox: everything in /bin. */
export const busyboxLayer: Layer = {
  ...accounts,
  ...commandsIn('/bin', [...coreCommands, ...networkCommands, 'sh', 'ash']),
  '/bin/busybox': { program: 'busybox' },
  '/usr/bin/env': { program: 'env' },
};

/** What Debian's slim images have, as far as the lab has the commands. */
export const debianLayer: Layer = {
  ...accounts,
  ...commandsIn('/usr/bin', coreCommands),
  '/bin': { link: 'usr/bin' }, '/sbin/': '',
  '/usr/bin/sh': { program: 'dash' },
  '/usr/bin/bash': { program: 'bash' },
  '/etc/debian_version': '12\n',
  '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm), as simulated by Drydock"\nNAME="Debian GNU/Linux"\nID=debian\n',
};

/** Alpine: busybox and its files. */
export const alpineLayer: Layer = {
  ...busyboxLayer,
  '/etc/alpine-release': '3.21.0\n',
  '/etc/os-release': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.21.0\nPRETTY_NAME="Alpine Linux v3.21, as simulated by Drydock"\n',
};
