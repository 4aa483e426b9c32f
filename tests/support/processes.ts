/** The real command in processes of its own. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { NODE, type Runtime } from './runtimes.js';

export const COMMAND = fileURLToPath(new URL('../../bin/comet.mjs', import.meta.url));

/** What a finished command left. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command. */
export class Running {
  stdout = '';
  stderr = '';
  readonly finished: Promise<Finished>;

  constructor(readonly child: ChildProcessWithoutNullStreams) {
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    child.stdin.on('error', () => {});
    this.finished = once(child, 'close').then(([code, signal]: unknown[]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** JSON objects printed so far. */
  get events(): Record<string, unknown>[] {
    const lines = this.stdout.split('\n').slice(0, -1);
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits for output that `found` accepts; fails when the command ends before. */
  async until<T>(found: (running: Running) => T | undefined | false, ms = 20_000): Promise<T> {
    const end = Date.now() + ms;
    for (;;) {
      const value = found(this);
      if (value) return value;
      if (this.child.exitCode !== null || Date.now() > end)
        throw new Error(`the command did not say what was awaited: ${this.stdout}${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

const running = new Set<Running>();

/** Starts any program; its standard input stays open. */
export function startOpen(program: string, ...args: string[]): Running {
  const env = { ...process.env, NO_COLOR: '1' };
  const started = new Running(spawn(program, args, { stdio: 'pipe', env }));
  running.add(started);
  void started.finished.then(() => running.delete(started));
  return started;
}

/** Starts a script in a runtime. Its standard input is empty. */
export function startProgram([program, ...options]: Runtime, script: string, ...args: string[]): Running {
  const started = startOpen(program, ...options, script, ...args);
  started.child.stdin.end();
  return started;
}

/** Starts `comet ...args` in a runtime. */
export const startIn = (runtime: Runtime, ...args: string[]): Running => startProgram(runtime, COMMAND, ...args);

/** Starts `comet ...args`. */
export const start = (...args: string[]): Running => startIn(NODE, ...args);

/** Runs `comet ...args` to its end. */
export const comet = (...args: string[]): Promise<Finished> => start(...args).finished;

/** Ends whatever a test left. */
export async function stopAll(): Promise<void> {
  const left = [...running];
  for (const { child } of left) child.kill('SIGKILL');
  await Promise.all(left.map(({ finished }) => finished));
}

/** The last line of stdout. */
export const lastJson = ({ stdout }: { readonly stdout: string }): Record<string, unknown> =>
  JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Record<string, unknown>;

/** Three free ports in a row. */
export async function freePorts(): Promise<number> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 20_000);
    if ((await Promise.all([0, 1, 2].map((i) => isFree(base + i)))).every(Boolean)) return base;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port === port;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** Asserts the contract of a failure: non-zero exit, `E_CODE: sentence` as the last line of stderr, no stack trace. */
export function expectFailure({ code, signal, stderr }: Finished, expected: string): string {
  expect({ signal, failed: code !== 0 }).toEqual({ signal: null, failed: true });
  expect(stderr).not.toMatch(/^\s+at .*:\d+/m);
  const line = stderr.trimEnd().split('\n').at(-1)!;
  expect(line).toMatch(new RegExp(`^${expected}: .{10,}`));
  return line;
}
