/** Where output goes: results to stdout, everything else to stderr. */
import { codeOf, CometError } from '../core/errors.js';
import { type CallEvent, describeMemory } from '../index.js';
import { abort } from './signal.js';

/** Version of every JSON object that the command prints; docs/json.md describes them. */
export const SCHEMA_VERSION = 1;

let lost: NodeJS.ErrnoException | undefined;

function lose(error: NodeJS.ErrnoException): void {
  lost ??= error;
  abort();
}

/** Notices when stdout takes no more: that stops the command, which then fails with {@link lostOutput}. Messages may go unread. */
export function watchOutput(): void {
  process.stdout.on('error', lose);
  process.stderr.on('error', () => {});
}

/** Why results were lost: the reader went away (`comet generate | head -c 20`), or an E_IO. */
export function lostOutput(): 'unread' | CometError | undefined {
  if (!lost) return undefined;
  if (lost.code === 'EPIPE') return 'unread';
  const why = lost.code === 'ENOSPC' ? 'the disk is full' : lost.message;
  return new CometError('E_IO', `the output could not be written: ${why}`, { cause: lost });
}

/** Writes, and waits until the system has taken it or refused it. */
export function write(out: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) =>
    out.write(text, (error) => {
      if (error && out === process.stdout) lose(error);
      resolve();
    }),
  );
}

/** Prints a result: a line or more on stdout. */
export const print = (result: string): Promise<void> => write(process.stdout, `${result}\n`);

/** Prints a result: one JSON object as the last line of stdout. */
export const printJson = (result: object): Promise<void> =>
  print(JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...result }));

/** Whether a line of progress waits on the terminal to be overwritten. */
let openLine = false;

/** A message for people, on a line of its own. */
export function note(message: string): void {
  process.stderr.write(`${openLine ? '\n' : ''}${message}\n`);
  openLine = false;
}

/** Progress on one line of a terminal; on anything else a line at every quarter. */
function progressLine(): (event: Extract<CallEvent, { type: 'progress' }>) => void {
  let last = '';
  return ({ stage, done, total, secondsLeft }) => {
    const percent = Math.floor((100 * done) / Math.max(total, 1));
    const text = process.stderr.isTTY ? `${stage} ${percent} %` : `${stage} ${percent - (percent % 25)} %`;
    if (text === last) return;
    last = text;
    const line = `${text}${done < total ? describeLeft(secondsLeft) : ''}`;
    if (!process.stderr.isTTY) return note(line);
    openLine = done < total;
    process.stderr.write(`\r\x1b[K${line}${openLine ? '' : '\n'}`);
  };
}

/** Nothing where the rest takes no time that anybody waits for. */
function describeLeft(seconds = 0): string {
  if (seconds < 2) return '';
  return seconds < 100 ? `, about ${Math.ceil(seconds)} s left` : `, about ${Math.ceil(seconds / 60)} min left`;
}

/** How much of a prompt is read, on a terminal only: a line that is gone when the first token is there. */
export function reading(done: number, total: number): void {
  if (!process.stderr.isTTY) return;
  openLine = done < total;
  process.stderr.write(`\r\x1b[K${openLine ? `reading the prompt: ${done} of ${total} tokens` : ''}`);
}

/** Says what long work reports before its result. */
export function reporter(): (event: CallEvent) => void {
  const progress = progressLine();
  return (event) => {
    if (event.type === 'memory') note(`needs about ${describeMemory(event)}`);
    else if (event.type === 'notice') note(event.message);
    else progress(event);
  };
}

/** An error for people: its code and sentence, no stack. */
export function describe(error: unknown): string {
  const code = codeOf(error);
  if (code) return `${code}: ${(error as Error).message}`;
  return `E_INTERNAL: ${(error as Error | undefined)?.message ?? String(error)} (this is a bug in comet; set COMET_DEBUG=1 to see where)`;
}

/** A table with aligned columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, col) => Math.max(...rows.map((row) => row[col].length)));
  return rows
    .map((row) =>
      row.map((cell, col) => (col === 0 ? cell.padEnd(widths[col]) : cell.padStart(widths[col]))).join('  '),
    )
    .join('\n');
}

/** Bytes for people; MB = 10^6 bytes. */
export const bytes = (count: number): string =>
  count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(2)} MB`;

/** A fraction of 1 for people. */
export const percent = (fraction: number): string => `${(100 * fraction).toFixed(2)} %`;
