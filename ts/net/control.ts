import * as v from 'valibot';
import { CometError } from '../core/errors.js';
import { isUnknownKey } from '../core/schema.js';
import type { Frame } from './frame.js';

/** Control and error payloads are small; anything longer is refused unparsed. */
export const CONTROL_BYTES = 65536;

/** The payload of a `control` or `error` frame. @throws CometError E_LIMIT when it would be too long to be accepted. */
export function encodeControl(value: unknown): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  if (bytes.length > CONTROL_BYTES)
    throw new CometError(
      'E_LIMIT',
      `A control message has ${bytes.length} bytes and may have ${CONTROL_BYTES}: announce fewer steps at once.`,
    );
  return bytes;
}

/** Reads a JSON payload through a schema. @throws CometError E_FRAME when it is too long, not JSON, or does not fit. */
export function decodeControl<T extends v.GenericSchema>(frame: Pick<Frame, 'payload'>, schema: T): v.InferOutput<T> {
  const fail = (why: string) => new CometError('E_FRAME', `A control message was refused: ${why}.`);
  if (frame.payload.length > CONTROL_BYTES) throw fail(`it is longer than ${CONTROL_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame.payload));
  } catch {
    throw fail('it is not JSON');
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  // The name of an unknown key is the peer's words: they have no business in this party's log.
  const path = isUnknownKey(issue) ? issue.path!.slice(0, -1) : (issue.path ?? []);
  throw fail(`it does not fit its schema at ${path.map(({ key }) => key).join('.') || 'the top'}`);
}
