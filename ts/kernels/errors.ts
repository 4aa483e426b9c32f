/** From the kernels' plain `Error`s, whose message begins with a code, to {@link CometError}, and back for a worker. */
import { CometError, codeOf, type ErrorCode } from '../core/errors.js';

const CODED = /^(E_[A-Z_]+): (.*)$/s;

/** A trap with this much memory in use is taken for a lack of it: large matrices no longer fit below 4 GiB. */
const NEARLY_FULL = 3 * 2 ** 30;

/**
 * The error of a call of kernels that hold so many bytes. Rust ends with a trap, "unreachable", where its WebAssembly memory cannot grow.
 */
export function failureOf(error: unknown, memoryBytes: number): CometError {
  const trapped = (error as { name?: unknown } | null)?.name === 'RuntimeError';
  if (!trapped || memoryBytes < NEARLY_FULL) return typed(error);
  const held = (memoryBytes / 1e9).toFixed(2);
  const message = `the kernels ended with ${held} GB in a WebAssembly memory, which takes 4.29 GB at most: run fewer layers, or spread the weights over more threads ("comet serve --threads")`;
  return new CometError('E_LIMIT', message, { cause: error });
}

/** The error as a {@link CometError}; a trap inside the kernels, which is a bug or a lack of memory, is `E_INTERNAL`. */
export function typed(error: unknown): CometError {
  if (codeOf(error) !== undefined) return error as CometError;
  const message = messageOf(error);
  const [, code, sentence] = CODED.exec(message) ?? [];
  if (code !== undefined) return new CometError(code as ErrorCode, sentence, { cause: error });
  return new CometError('E_INTERNAL', `the kernels failed: ${message}`, { cause: error });
}

/** An `Error` that keeps its code where only message and stack survive, as across comlink. */
export function untyped(error: unknown): Error {
  const code = codeOf(error);
  return code === undefined ? new Error(messageOf(error)) : new Error(`${code}: ${messageOf(error)}`);
}

function messageOf(error: unknown): string {
  return String((error as { message?: unknown } | null)?.message ?? error);
}
