/**
 * Where a mask or a correlation lives on the tape: (step, layer, op, part), docs/protocol.md section 1.
 * The step never repeats within a session, so no address does.
 */
export interface Address {
  readonly step: number;
  readonly layer: number;
  readonly op: number;
}

/** The layer number of the client's input wire. */
export const INPUT_LAYER = 0xffff;

/** Operations of a decoder layer, docs/protocol.md section 3. */
export const OP = {
  input: 0,
  sumA: 1,
  rA: 2,
  raw: 3,
  qk: 4,
  v: 5,
  vLift: 6,
  score: 7,
  z: 8,
  lnDigits: 9,
  lnParts: 10,
  y: 11,
  p: 12,
  check: 13,
  o: 14,
  x1: 15,
  sumB: 16,
  rB: 17,
  up: 18,
  signAnd: 19,
  signBit: 20,
  uh: 21,
  relu: 22,
  x2: 23,
  hidden: 24,
  scaledHidden: 25,
  predScore: 26,
  predDigits: 27,
  predBit: 28,
  padActive: 29,
  padNoise: 30,
  padCount: 31,
  padScore: 32,
  padDigits: 33,
  nA: 34,
  nB: 35,
  refillRaw: 36,
  refillKey: 37,
  refillValue: 38,
  refillLift: 39,
  rADigits: 40,
  rAParts: 41,
  rBDigits: 42,
  rBParts: 43,
  oLift: 44,
  nALift: 45,
  nBLift: 46,
  gate: 48,
  product: 49,
  gateScaled: 50,
  sines: 51,
  threshold: 52,
  thresholdParts: 53,
  cube: 54,
} as const;

/** Operations of a coarse level of softmax, from the first level's on. */
const COARSE = { z: 64, digits: 65, parts: 66, y: 67 } as const;

/** Most coarse levels. */
export const MOST_COARSE = 8;

export const COARSE_NAMES = ['z', 'digits', 'parts', 'y'] as const;

/** Whether an operation is that of some coarse level. */
export const isCoarse = (which: keyof typeof COARSE, op: number): boolean =>
  op >= COARSE.z && op < COARSE.z + 4 * MOST_COARSE && (op - COARSE[which]) % 4 === 0;

/** The operation of a coarse level of softmax, counted from 0. */
export const coarseOp = (which: keyof typeof COARSE, level: number): number => COARSE[which] + 4 * level;

/** The first operation of what is drawn when an epoch begins; there, the step of an address is the epoch. Those of steps are below. */
export const EPOCH_OP = 0x80;

/** The ChaCha20 nonce of an address and part. */
export function nonce({ step, layer, op }: Address, part: number): Uint8Array {
  // Byte by byte: this runs thousands of times a token, and a DataView costs more than all of it.
  const bytes = new Uint8Array(12);
  bytes[0] = step;
  bytes[1] = step >>> 8;
  bytes[2] = step >>> 16;
  bytes[3] = step >>> 24;
  bytes[4] = layer;
  bytes[5] = layer >>> 8;
  bytes[6] = op;
  bytes[7] = op >>> 8;
  bytes[8] = part;
  bytes[9] = part >>> 8;
  return bytes;
}
