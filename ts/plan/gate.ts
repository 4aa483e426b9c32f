/** Formats of a feed-forward half other than OPT's (docs/protocol.md section 3.10): what it applies, and how it gets there. */
import type { Activation } from './activation.js';

/** A wire whose values a product lifts: its bits, and the shift. */
export interface LiftedWire {
  readonly k: number;
  readonly f: number;
}

/** A gate less a half as a sum of odd sines (docs/protocol.md section 2, SINES). */
export interface SinesPlan {
  readonly gate: 'silu' | 'gelu' | 'gelu_tanh';
  /** Bits and scale of the phase, whose words are one period. */
  readonly width: number;
  readonly scale: number;
  /** Number of sines. */
  readonly count: number;
  /** Scales of the public factors and of the dealt ones. */
  readonly publicBits: number;
  readonly dealtBits: number;
}

/**
 * Formats of the half. There are three ways. *Squares*: the raw products are multiplied with each other, then by `r²`: where no bias
 * comes between. *Signs*: both are multiplied by `r` first. *Sines*: likewise, and the gate is a sum of sines instead of a bit.
 * `kU`, `fLiftU`, `sLiftU`, `kUh` and `fUh` of the layer are of the wires that ops 18 and 21 open.
 */
export interface GatePlan {
  readonly activation: Activation;
  readonly way: 'squares' | 'signs' | 'sines';
  /** Of gated halves: scale of the gate's weights; bits of its raw product, and the shift from there to `sLiftU`. */
  readonly matrix?: LiftedWire & { readonly sw: number };
  /** Present where the matrices have biases. */
  readonly bias?: boolean;
  /** Of gated halves, but by squares: `r` times the gate's raw product, and the shift from there to a factor. */
  readonly scaled?: LiftedWire;
  /** The product of gate and up, or the square of up; absent where there is neither. */
  readonly product?: LiftedWire;
  /** Of gated `relu2` alone: the product times the gate once more. */
  readonly cube?: LiftedWire;
  /** Of sines: the opened gate less a half, and the shift from the last product to the activation. */
  readonly sines?: SinesPlan & LiftedWire & { readonly fA: number };
}

/** What the last factor of an activation is opened as, before the gate's bit or sines multiply it. */
export function lastFactor(gate: GatePlan, uh: LiftedWire): LiftedWire {
  return gate.cube ?? (gate.way === 'squares' ? uh : (gate.product ?? uh));
}
