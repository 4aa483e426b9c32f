/** Where a prompt comes from that is no argument: a terminal, a pipe or a file. */
import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { CometError } from '../index.js';
import { note } from './output.js';
import { abort, signal } from './signal.js';

const BUILT_IN = 'Once upon a time there was a little girl who';

/** How long a pipe may take to begin: whoever starts this command may have left one open for other reasons. */
const PATIENCE_MS = 1000;

/** Asks on a terminal, reads what is piped in, or falls back to a prompt of our own. */
export async function findPrompt(): Promise<string> {
  if (process.stdin.isTTY) {
    if (process.stderr.isTTY) return (await ask()) || BUILT_IN;
  } else if (isPiped()) {
    const text = await readAll();
    if (text !== '') return text;
  }
  note(`no prompt given; using: ${BUILT_IN}`);
  return BUILT_IN;
}

async function ask(): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // The terminal is in raw mode: Ctrl-C is a key here, and Ctrl-D closes the input.
  lines.once('SIGINT', abort).once('close', abort);
  try {
    return await lines.question('Prompt: ', { signal });
  } finally {
    lines.off('close', abort);
    lines.close();
  }
}

function isPiped(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isFile() || input.isSocket();
  } catch {
    return false;
  }
}

/** All of stdin without its last line break; nothing when it does not begin in time. */
async function readAll(): Promise<string> {
  const parts: Buffer[] = [];
  const waiting = setTimeout(() => process.stdin.destroy(), PATIENCE_MS);
  const stop = (): unknown => process.stdin.destroy();
  signal.addEventListener('abort', stop);
  try {
    for await (const part of process.stdin) {
      clearTimeout(waiting);
      parts.push(part as Buffer);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  } finally {
    clearTimeout(waiting);
    signal.removeEventListener('abort', stop);
  }
  if (signal.aborted) throw new CometError('E_ABORTED', 'stopped while the prompt was read');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new CometError('E_ARGUMENT', 'the prompt on standard input is not UTF-8', { cause });
  }
}
