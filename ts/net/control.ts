import type { z } from 'zod';
import { CometError } from '../core/errors.js';
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
export function decodeControl<T extends z.ZodType>(frame: Pick<Frame, 'payload'>, schema: T): z.infer<T> {
  const fail = (why: string) => new CometError('E_FRAME', `A control message was refused: ${why}.`);
  if (frame.payload.length > CONTROL_BYTES) throw fail(`it is longer than ${CONTROL_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame.payload));
  } catch {
    throw fail('it is not JSON');
  }
  const result = schema.safeParse(value);
  if (!result.success)
    throw fail(`it does not fit its schema at ${result.error.issues[0].path.join('.') || 'the top'}`);
  return result.data;
}
