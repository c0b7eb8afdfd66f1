import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { toDisposable } from '../../base/index.ts';
import type { ChildProcess, Processes } from '../world.ts';
import { toByteReader, toByteWriter } from './streams.ts';

const running = new Set<() => void>();
process.once('exit', () => {
  for (const kill of running) kill();
});

/** Node.js programs as child processes of this one; none outlives it. */
export const realProcesses: Processes = {
  fork(spec) {
    const args = [`--max-old-space-size=${spec.heapMiBMax}`, ...spec.preloadPaths.flatMap((path) => ['--require', path]), spec.entryPath, ...spec.args];
    const child = spawn(process.execPath, args, {
      cwd: spec.workingFolder,
      // Electron's own binary is a Node.js with this variable, and any other Node.js does not mind it.
      env: { ...spec.environment, ELECTRON_RUN_AS_NODE: '1' },
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    });
    const kill = () => child.kill('SIGKILL');
    running.add(kill);
    const exited = new Promise<{ code: number | undefined; signal: string | undefined }>((resolve) => {
      child.once('exit', (code, signal) => {
        running.delete(kill);
        resolve({ code: code ?? undefined, signal: signal ?? undefined });
      });
      child.once('error', () => {
        running.delete(kill);
        resolve({ code: 127, signal: undefined });
      });
    });
    const result: ChildProcess = {
      pid: child.pid ?? 0,
      stdin: toByteWriter(child.stdin as Writable),
      stdout: toByteReader(child.stdout as Readable),
      stderr: toByteReader(child.stderr as Readable),
      send(message) {
        if (child.connected) child.send(message as object, () => undefined); // the child may be gone already; exited tells
      },
      onMessage(listener) {
        child.on('message', listener);
        return toDisposable(() => child.off('message', listener));
      },
      exited,
      kill: (signal) => void child.kill(signal),
    };
    return result;
  },
};
