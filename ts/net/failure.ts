/** Error frames: how the root cause of a failure reaches the other parties, without anything that they should not see. */
import * as v from 'valibot';
import { ROLES, dialledBy, type ListeningRole } from '../core/config.js';
import { CometError, codeOf, type ErrorCode } from '../core/errors.js';
import { decodeControl, encodeControl } from './control.js';

const schema = v.object({
  code: v.pipe(v.string(), v.maxLength(64)),
  message: v.pipe(v.string(), v.maxLength(2000)),
});

/** Sentences made in this folder name roles, addresses and limits only. Others might quote a prompt or a path. */
const SHOWN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'E_CONFIG',
  'E_FRAME',
  'E_INSECURE_LINK',
  'E_LIMIT',
  'E_PEER_ABSENT',
  'E_PEER_LOST',
  'E_PROVISIONING',
  'E_TIMEOUT',
  'E_UNAUTHORIZED',
  'E_VERSION',
]);

/** What the peers of a party hear that was stopped in order: whoever ran it did that, and nothing went wrong. */
export const stopped = (role: ListeningRole): CometError =>
  new CometError('E_ABORTED', `${role} was stopped where it runs: begin a new session when it is back.`);

/** That sentence of any of them, and nothing else: a client that stops may have had a reason that is nobody's business. */
const isStopped = (code: ErrorCode, message: string): boolean =>
  code === 'E_ABORTED' && dialledBy('client').some((role) => message === stopped(role).message);

/** The payload that tells peers of `error`: its code, and its sentence where that is known to be safe. */
export function encodeFailure(error: unknown): Uint8Array {
  // Only the client finds values out of range, and its peers may not know that of a text: it stopped, whatever the reason.
  const cause = codeOf(error) ?? 'E_INTERNAL';
  const code = cause === 'E_RANGE' ? 'E_ABORTED' : cause;
  const said = (error as Error | undefined)?.message ?? '';
  const message = SHOWN.has(code) || isStopped(cause, said) ? said : 'its own log has the reason.';
  return encodeControl({ code, message: message.slice(0, 2000) });
}

const RELAYED = new RegExp(`^(${ROLES.join('|')}) gave up: `);

/** The error that an error frame of `peer` stands for. */
export function decodeFailure(payload: Uint8Array, peer: string): CometError {
  const { code, message } = decodeControl({ payload }, schema);
  const known = /^E_[A-Z_]+$/.test(code) ? (code as ErrorCode) : 'E_INTERNAL';
  // Control characters of a peer have no business in this party's log.
  const printable = message.replace(/\p{Cc}/gu, ' ');
  // What the peer was told itself names the party that gave up first.
  const complete = RELAYED.test(printable) || isStopped(known, printable);
  return new CometError(known, complete ? printable : `${peer} gave up: ${printable}`);
}

/** Any thrown value as a CometError; what carries no code becomes E_INTERNAL with the value as its cause. */
export function asCometError(error: unknown): CometError {
  if (error instanceof CometError) return error;
  const code = codeOf(error);
  const message = code ? (error as Error).message : 'An unexpected failure ended the session.';
  return new CometError(code ?? 'E_INTERNAL', message, { cause: error });
}
