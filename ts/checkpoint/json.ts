/** JSON as Python writes and reads it: also with the numbers that JSON does not have. */
import { CometError } from '../core/errors.js';

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** Infinity reads as an infinite number. NaN reads as a text, so that no field of numbers takes it. */
const LITERALS: Readonly<Record<string, string>> = { Infinity: '1e999', '-Infinity': '-1e999', NaN: '"NaN"' };

/** The value of a JSON text. `path` is for the message, which is one line. @throws CometError `E_CHECKPOINT` when it is not JSON. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parseLenient(text, path);
  }
}

/** The same for a text that must be an object. @throws CometError `E_CHECKPOINT`. */
export function parseObject(text: string, path: string): Record<string, unknown> {
  const value = parseJson(text, path);
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new CometError('E_CHECKPOINT', `${path} is not a JSON object`);
  return value as Record<string, unknown>;
}

function parseLenient(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(STRING_OR_NUMBER, (found) => LITERALS[found] ?? found));
  } catch (cause) {
    // The message of some runtimes quotes the text with its line breaks.
    const reason = (cause as Error).message.replace(/\s+/g, ' ');
    throw new CometError('E_CHECKPOINT', `${path} is not JSON: ${reason}`, { cause });
  }
}
