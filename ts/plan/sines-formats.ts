/** The gates of SiLU and GELU as sums of sines: how many, and of which period (docs/errors.md). */
import type { ActivationKind } from './activation.js';
import { HEADROOM } from './bits.js';
import type { LiftedWire, SinesPlan } from './gate.js';

/** A gate's tails: where it is within 2^-10 of its limit, and the angular frequency beyond which its sines are less than that. */
const TAILS = {
  silu: { reach: 7, frequency: 2.2 },
  gelu: { reach: 3.5, frequency: 3.6 },
  gelu_tanh: { reach: 3.5, frequency: 3.6 },
} as const satisfies Record<SinesPlan['gate'], { reach: number; frequency: number }>;

/** How far before half a period a gate comes back from its limit. */
export const SINES_REACH: Readonly<Record<SinesPlan['gate'], number>> = {
  silu: TAILS.silu.reach,
  gelu: TAILS.gelu.reach,
  gelu_tanh: TAILS.gelu_tanh.reach,
};

/** Scale of the phase, and of the factors of its sines; bits of the opened gate, which has two above its half. */
const PHASE = 8;
const FACTORS = { publicBits: 12, dealtBits: 10 } as const;
const OPENED = FACTORS.publicBits + FACTORS.dealtBits + 2;
/** Bits of each factor of the last product below its point. */
const FACTOR = 10;

/** What the last product has to fit: the scale of activations, and bits that a word has above the stream's. */
export interface LastProduct {
  readonly sa: number;
  readonly room: number;
}

/** The sines of a gate whose pre-activations reach `max`, and the scale to which what it multiplies is lifted. */
export function sinesPlan(
  kind: ActivationKind,
  max: number,
  { sa, room }: LastProduct,
): { sines: SinesPlan & LiftedWire & { fA: number }; factor: number } {
  const gate = kind as SinesPlan['gate'];
  const { reach, frequency } = TAILS[gate];
  const octaves = Math.max(4, Math.ceil(Math.log2(2 * (2 ** HEADROOM * max + reach))));
  const count = Math.ceil((2 ** octaves * frequency) / (4 * Math.PI));
  const fA = Math.max(0, Math.min(2 * FACTOR - sa, room));
  const factor = Math.floor((sa + fA) / 2);
  const f = FACTORS.publicBits + FACTORS.dealtBits - (sa + fA - factor);
  return {
    sines: { gate, width: PHASE + octaves, scale: PHASE, count, ...FACTORS, k: OPENED, f, fA },
    factor,
  };
}
