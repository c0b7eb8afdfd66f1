import type { Process, Program } from '../process/process.ts';
import { shellProgram } from '../shell/program.ts';
import { awk } from './applets/awk.ts';
import * as bytes from './applets/bytes.ts';
import { echo } from './applets/echo.ts';
import * as files from './applets/files.ts';
import { grep } from './applets/grep.ts';
import { kill } from './applets/kill.ts';
import * as network from './applets/network.ts';
import { printf } from './applets/printf.ts';
import { sed } from './applets/sed.ts';
import * as system from './applets/system.ts';
import { tar } from './applets/tar.ts';
import * as text from './applets/text.ts';
import { curl } from './curl.ts';
import * as demo from './demo-servers.ts';
import { hasBusybox } from './input.ts';
import { nginx, nginxEntrypoint } from './nginx.ts';
import { UsageError, programName } from './options.ts';
import { pause, placeholder } from './pause.ts';

/** Commands of the shell's kind: small, and all with the same answer to a wrong option. */
const applets: Readonly<Record<string, Program>> = {
  echo, cat: text.cat, more: text.cat, less: text.cat, head: text.head, tail: text.tail, wc: text.wc, sort: text.sort, uniq: text.uniq, cut: text.cut, tr: text.tr, tee: text.tee,
  rev: text.rev, tac: text.tac, nl: text.nl, seq: text.seq, yes: text.yes, grep, egrep: grep, fgrep: grep, sed, awk, printf, kill, tar,
  ls: files.ls, cp: files.cp, mv: files.mv, rm: files.rm, mkdir: files.mkdir, rmdir: files.rmdir, touch: files.touch, ln: files.ln, readlink: files.readlink, realpath: files.realpath,
  chmod: files.chmod, chown: files.chown, stat: files.stat, du: files.du, df: files.df, mount: files.mount, find: files.find, xargs: files.xargs, basename: files.basename,
  dirname: files.dirname, mktemp: files.mktemp, truncate: files.truncate,
  true: system.succeed, false: system.fail, sync: system.succeed, test: system.test, '[': system.test, sleep: system.sleep, date: system.date, env: system.env, printenv: system.printenv,
  hostname: system.hostname, id: system.id, whoami: system.whoami, uname: system.uname, ps: system.ps, pidof: system.pidof, free: system.free, uptime: system.uptime, which: system.which,
  nproc: system.nproc, pwd: system.pwd, clear: system.clear, tty: system.tty, stty: system.stty, timeout: system.timeout, expr: system.expr,
  md5sum: bytes.md5sum, sha256sum: bytes.sha256sum, base64: bytes.base64, dd: bytes.dd, od: bytes.od, hexdump: bytes.od, cmp: bytes.cmp,
  nslookup: network.nslookup, wget: network.wget, nc: network.nc, ping: network.ping, ip: network.ip, ifconfig: network.ifconfig,
};

/** getopt's complaint, as busybox and coreutils print it. */
function withUsage(program: Program): Program {
  return (process) => {
    const complain = (error: unknown) => {
      if (!(error instanceof UsageError)) throw error;
      return process.complain(`${programName(process)}: ${hasBusybox(process) ? error.message : error.message.replace(/^unrecognized option: (.)$/, "invalid option -- '$1'")}`);
    };
    try {
      const result = program(process);
      return typeof result === 'object' ? result.catch(complain) : result;
    } catch (error) {
      return complain(error);
    }
  };
}

const busybox: Program = async (process) => {
  const [, name, ...args] = process.args;
  if (name === undefined || name === '--list') {
    await process.print(name === undefined ? "BusyBox, as the lab has it: its own shell and applets\n\nCurrently defined functions:\n" : '');
    await process.print(`${[...programs.keys()].filter((key) => Object.hasOwn(applets, key) || key === 'sh').sort().join('\n')}\n`);
    return 0;
  }
  const program = programs.get(name);
  if (program === undefined) return process.complain(`${name}: applet not found`, 127);
  process.args = [name, ...args];
  return run(program, process);
};

/** /entrypoint.sh of curlimages/curl: options go to curl, anything else is a command. */
const curlEntrypoint: Program = (process) => {
  const args = process.args.slice(1);
  const command = args[0]?.startsWith('-') === true || args[0] === undefined || args[0].includes('://') ? ['curl', ...args] : args;
  const found = process.system.findExecutable(command, process.variable('PATH'), process.workingFolder);
  if ('error' in found) return process.complain(`/entrypoint.sh: exec: line 12: ${command[0]}: not found`, 127);
  process.args = found.args;
  return found.program(process);
};

async function run(program: Program, process: Process): Promise<number> {
  const result = program(process);
  return result === 'resident' ? process.block(process.exited) : result;
}

/** Every program of the lab but Node.js, by the name in its executable's mark. */
export const programs: ReadonlyMap<string, Program> = new Map<string, Program>([
  ['pause', pause],
  ['placeholder', placeholder],
  ['nginx', nginx],
  ['nginx-entrypoint', nginxEntrypoint],
  ['curl', withUsage(curl)],
  ['curl-entrypoint', curlEntrypoint],
  ['httpd', demo.httpd],
  ['http-echo', demo.httpEcho],
  ['bootcamp', demo.bootcamp],
  ['hello-app', demo.helloApp],
  ['whoami-server', demo.whoamiServer],
  ['echoserver', demo.echoserver],
  ['agnhost', demo.agnhost],
  ['stress', demo.stress],
  ['perl', demo.perl],
  ['sh', shellProgram('ash')],
  ['ash', shellProgram('ash')],
  ['dash', shellProgram('dash')],
  ['bash', shellProgram('bash')],
  ['busybox', busybox],
  ...Object.entries(applets).map(([name, program]) => [name, withUsage(program)] as const),
]);
