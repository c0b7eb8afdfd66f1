import { spawn } from 'node:child_process';

/** One command of a golden script and all that it printed. */
export interface Exchange {
  readonly command: string;
  /** Of the newest kubectl. */
  readonly output: string;
  /** Of older versions that print something else, by version. */
  readonly outputByVersion: Readonly<Record<string, string>>;
}

/** How long one command may take, in ms. */
const COMMAND_MS_MAX = 60_000;

/**
 * Reads a golden script: blocks of a command (one or more lines that start with `$ `, `> ` going on), a line `----`,
 * and the output up to the next command. Where older versions of kubectl print something else, a line
 * `---- kubectl 1.31, 1.32` and that follow. Lines before the first command are a comment.
 */
export function parseTranscript(text: string): { readonly comment: string; readonly exchanges: readonly Exchange[] } {
  const [comment = '', ...blocks] = text.split(/^(?=\$ )/m);
  return {
    comment: text.startsWith('$ ') ? '' : comment,
    exchanges: (text.startsWith('$ ') ? [comment, ...blocks] : blocks).map((block) => {
      const separator = block.search(/^----$/m);
      const command = block.slice(0, separator).trimEnd().replace(/^\$ /, '').replace(/^> ?/gm, '');
      // A plain ---- further down is output: describe prints such lines.
      const [output = '', ...others] = block.slice(separator + '----\n'.length).split(/^---- kubectl ([\d., ]+)\n/m);
      const outputByVersion: Record<string, string> = {};
      for (let index = 0; index < others.length; index += 2) {
        for (const version of (others[index] as string).split(', ')) outputByVersion[version] = trimBlock(others[index + 1] as string);
      }
      return { command, output: trimBlock(output), outputByVersion };
    }),
  };
}

/** Blank lines at the end part one block from the next. */
function trimBlock(output: string): string {
  return output.replace(/\n+$/, '\n').replace(/^\n$/, '');
}

export function formatTranscript(comment: string, exchanges: readonly Exchange[]): string {
  return comment + exchanges.map(({ command, output, outputByVersion }) => {
    const versionsByOutput = new Map<string, string[]>();
    for (const [version, other] of Object.entries(outputByVersion).sort()) if (other !== output) versionsByOutput.set(other, [...versionsByOutput.get(other) ?? [], version]);
    return `$ ${command.replaceAll('\n', '\n> ')}\n----\n${output}`
      + [...versionsByOutput].map(([other, versions]) => `---- kubectl ${versions.join(', ')}\n${other}`).join('');
  }).join('\n');
}

/** Runs a command in a shell; stdout and stderr together as a terminal would show them, and the exit code where it is not 0. */
export function runCommand(command: string, options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('bash', ['-c', `exec 2>&1\n${command}`], { ...options, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    const timer = setTimeout(() => {
      output += `\n[timed out after ${COMMAND_MS_MAX} ms]\n`;
      process.kill(-(child.pid as number), 'SIGKILL');
    }, COMMAND_MS_MAX);
    child.once('close', (code) => {
      clearTimeout(timer);
      if (output !== '' && !output.endsWith('\n')) output += '\n';
      resolve(output + (code === 0 ? '' : `[exit ${code}]\n`));
    });
  });
}

const HASH = '[bcdfghjklmnpqrstvwxz2456789]';

/** Replaces what differs from run to run (names made by chance, times, ids) by what it is. Column widths are kept out of it. */
export function normalise(text: string): string {
  return text
    .replace(/\r/g, '')
    .replace(/(?<=\S)(?<!^[-+])(?: {2,}| *\t[ \t]*)/gm, '  ')
    .replace(/[ \t]+$/gm, '')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>')
    .replace(/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|\+00:00)/g, '<time>')
    .replace(/\b\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} \+0000 UTC/g, '<time>')
    .replace(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} ([+-]\d{4}|\w{3})/g, '<time>')
    // kubectl's own races as it ends: client-go may see its watch or socket closed before it sees that it is to stop.
    .replace(/^[EI]\d{4} .*(very short watch|websocket: close sent).*\n/gm, '')
    .replace(/^([EWI])\d{4} \d{2}:\d{2}:\d{2}\.\d+ +\d+ (\w+\.go):\d+\]/gm, '$1<time> $2]')
    .replace(/\b127\.0\.0\.1:\d{4,}/g, '127.0.0.1:<port>')
    .replace(/\b10\.244\.\d+\.\d+\b(?!\/)/g, '<pod-ip>')
    .replace(/\b10\.(9[6-9]|1[01]\d)\.(?!0\.(?:0|1|10)\b)\d+\.\d+\b/g, '<cluster-ip>')
    .replace(/:3(?!00\d\d|0100)[0-2]\d{3}\/(TCP|UDP)/g, ':<node-port>/$1')
    .replace(/(drydock:\/\/)[0-9a-f]{16,}/g, '$1<id>')
    .replace(/(sha256:|X509SHA256=)[0-9a-f]{64}/g, '$1<digest>')
    .replace(/\b([0-9a-f]{32}|[0-9a-f]{64})\b/g, '<id>')
    .replace(new RegExp(`\\b([a-z][a-z0-9-]*?)-(${HASH}{8,10})-(${HASH}{5})\\b`, 'g'), '$1-<hash>-<random>')
    .replace(new RegExp(`\\b([a-z][a-z0-9-]*?)-(${HASH}{8,10})\\b`, 'g'), '$1-<hash>')
    .replace(new RegExp(`\\b([a-z][a-z0-9-]*?)-(?!https\\b)(${HASH}{5})\\b`, 'g'), '$1-<random>')
    .replace(new RegExp(`(pod-template-hash["=: ]+)${HASH}{8,10}`, 'g'), '$1<hash>')
    .replace(/(?<=^| {2}|over |\()((\d+m)?\d+s|<invalid>)(?= {2}|$|\)| \(x| ago)/gm, '<age>')
    .replace(/\bin [\d.]+m?s \([\d.]+m?s including waiting\)/g, 'in <duration> (<duration> including waiting)')
    .replace(/((?:resourceVersion|Resource Version)\\?"?: *\\?"?)\d+/g, '$1<version>');
}
