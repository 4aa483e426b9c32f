/**
 * The binary frame, the only thing that travels between parties: a header of 44 bytes, little endian, and a payload.
 *
 *     0 magic "CMT1"   4 version u16   6 kind u8   7 flags u8 (zero)   8 provisioning id, 8 bytes
 *     16 session id, 16 bytes   32 step u32   36 layer u16   38 round u16   40 payload length u32
 *
 * `tests/vectors/frames.json` holds frames of every version so far: they decode, or fail with E_VERSION, forever.
 */
import { CometError } from '../core/errors.js';

export const PROTOCOL_VERSION = 8;
export const HEADER_BYTES = 44;
const MAGIC = 0x31544d43; // "CMT1"

/** What a frame is for, and its number on the wire. Numbers are never reused. */
export const KINDS = {
  hello: 1,
  /** client to servers: masked rows of the input wire */
  input: 2,
  /** S0 to S1 and back: the masked shares of one round */
  opening: 3,
  /** dealer to a server: its halves that no seed expands to */
  tape: 4,
  /** server to client: a share of the result */
  output: 5,
  /** server to dealer: how much further the tape may run ahead */
  credit: 6,
  /** small JSON, checked by a schema where it is read */
  control: 7,
  /** why the sender gave up: JSON with a code and a sentence */
  error: 8,
  /** an orderly end */
  bye: 9,
  /** server to dealer: which outputs a layer computes, in the order of the shuffle */
  reveal: 10,
  /** S0 to S1 and back, the dealer to S0, and S0's word that the next may come: weights on their way into another order */
  shuffle: 11,
  /** S0 to S1 and back, beside openings: masked shares of keys and values that a layer will need */
  refill: 12,
} as const;
export type Kind = keyof typeof KINDS;

const kindOf = new Map<number, Kind>(Object.entries(KINDS).map(([kind, code]) => [code, kind as Kind]));

/** To whom a frame belongs: the first 8 bytes of the manifest's hash, and the session's 16 random bytes. */
export interface FrameIds {
  readonly provisioning: Uint8Array;
  readonly session: Uint8Array;
}

/** Where in the program of a session a frame belongs. */
export interface FrameAddress {
  readonly step: number;
  readonly layer: number;
  readonly round: number;
}

/** A checked frame. After decoding, `payload` is an unaligned view of the received bytes: `slice()` it to see words. */
export interface Frame extends FrameIds, FrameAddress {
  readonly kind: Kind;
  readonly payload: Uint8Array;
}

/** @throws CometError E_ARGUMENT when a field does not fit its place in the header. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  const { kind, provisioning, session, step, layer, round, payload } = frame;
  if (provisioning.length !== 8 || session.length !== 16) throw misuse('a frame needs ids of 8 and 16 bytes');
  if (!fits(step, 32) || !fits(layer, 16) || !fits(round, 16)) {
    throw misuse(`step ${step}, layer ${layer}, round ${round} do not fit a frame's header`);
  }
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, PROTOCOL_VERSION, true);
  view.setUint8(6, KINDS[kind]);
  bytes.set(provisioning, 8);
  bytes.set(session, 16);
  view.setUint32(32, step, true);
  view.setUint16(36, layer, true);
  view.setUint16(38, round, true);
  view.setUint32(40, payload.length, true);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/**
 * The only way from bytes to a frame.
 * @throws CometError E_VERSION for another version of the protocol, E_FRAME for anything else that is not a frame.
 */
export function decodeFrame(bytes: Uint8Array, limits: { readonly frameBytes: number }): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Magic and version come first and alone: another version may have another header.
  if (bytes.length < 6 || view.getUint32(0, true) !== MAGIC) throw malformed('it does not begin with the magic CMT1');
  const version = view.getUint16(4, true);
  if (version !== PROTOCOL_VERSION) throw otherVersion(version);
  if (bytes.length < HEADER_BYTES) throw malformed(`it ends within its header, after ${bytes.length} bytes`);

  const kind = kindOf.get(view.getUint8(6));
  if (kind === undefined) throw malformed(`its kind ${view.getUint8(6)} is unknown`);
  if (view.getUint8(7) !== 0) throw malformed('its flags are not zero');
  const length = view.getUint32(40, true);
  if (length > limits.frameBytes) throw malformed(`its payload of ${length} bytes exceeds ${limits.frameBytes}`);
  if (length !== bytes.length - HEADER_BYTES) {
    throw malformed(`its header promises ${length} bytes of payload, there are ${bytes.length - HEADER_BYTES}`);
  }
  return {
    kind,
    provisioning: bytes.slice(8, 16),
    session: bytes.slice(16, 32),
    step: view.getUint32(32, true),
    layer: view.getUint16(36, true),
    round: view.getUint16(38, true),
    payload: bytes.subarray(HEADER_BYTES),
  };
}

const fits = (value: number, bits: number) => Number.isInteger(value) && value >= 0 && value < 2 ** bits;
const misuse = (what: string) => new CometError('E_ARGUMENT', `${what}.`);
const malformed = (why: string) => new CometError('E_FRAME', `A frame was refused: ${why}.`);

function otherVersion(theirs: number): CometError {
  return new CometError(
    'E_VERSION',
    `The peer speaks version ${theirs} of the protocol, this party version ${PROTOCOL_VERSION}: ` +
      'install the same release of comet-mpc for all parties.',
  );
}
