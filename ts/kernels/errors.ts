/** From the kernels' plain `Error`s, whose message begins with a code, to {@link CometError}, and back for a worker. */
import { CometError, codeOf, type ErrorCode } from '../core/errors.js';

const CODED = /^(E_[A-Z_]+): (.*)$/s;

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
