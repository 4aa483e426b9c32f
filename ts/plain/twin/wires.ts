/** An opened wire as the twin has it, its value and its mask, and what is done to one: opening, truncation, lifting, a norm's root. */
import { type Address, nonce } from '../../core/address.js';
import type { Kernels } from '../../kernels/load.js';
import type { NormPlan, Plan } from '../../plan/formats.js';
import { chosen, partsOf, signed, type Words } from './words.js';

/** Everything that masks come from; 32 bytes each. */
export interface TwinKeys {
  readonly k0: Uint8Array;
  readonly k1: Uint8Array;
  /** Shared by the servers. */
  readonly k01: Uint8Array;
  readonly client0: Uint8Array;
  readonly client1: Uint8Array;
  /** Of the weights' masks. */
  readonly weights: readonly [Uint8Array, Uint8Array];
}

/** An opened wire, or one derived from it by truncation. */
export interface Wire {
  /** The values, of `width` bits and signed: sign bits fill the word. So what is computed from them is exact as far as 64 bits reach. */
  readonly v: Words;
  readonly mask: Words;
  readonly width: number;
}

/** What was computed for a wire before it was reduced to its width: signed words of 64 bits. Beyond the width it wraps. */
export interface Unreduced {
  readonly exact: Words;
  readonly width: number;
}

/** Sees every opened wire's value, before any truncation; and what wraps in it, but for wires of bits. */
export type OnWire = (at: Address, values: Words, unreduced?: Unreduced) => void;

/** Opens values of one layer. */
export type Open = (op: number, values: Words, width: number) => Wire;

/** Operations of a norm. */
export interface NormOps {
  readonly sum: number;
  readonly r: number;
  readonly parts: number;
}

/** How section 3.3 opens a norm's output: the product's operation and the lift's, shift, scale of the stream, width where it is narrow. */
export interface Residual {
  readonly op: number;
  readonly lift: number;
  readonly f: number;
  readonly sLift: number;
  readonly narrow?: number;
}

export class TwinWires {
  /** The step whose addresses wires have. */
  step = 0;

  constructor(
    readonly kernels: Kernels,
    readonly plan: Plan,
    readonly keys: TwinKeys,
    private readonly onWire: OnWire,
  ) {}

  /** Opens values of a layer under the tape's keys. */
  openIn =
    (layer: number): Open =>
    (op, values, width) =>
      this.opened({ layer, op }, values, width);

  /** Shows what is opened without being a wire that goes on. */
  show(at: Omit<Address, 'step'>, values: Words, unreduced?: Unreduced): void {
    this.onWire({ step: this.step, ...at }, values, unreduced);
  }

  /** Section 3.3: the norm's output, or what no norm has changed. */
  normed(x: Wire, r: Wire | undefined, { op, lift, f, sLift, narrow }: Residual, open: Open): Wire {
    const { sx, wx } = this.plan;
    if (!r) return open(op, this.lifted(x, f), wx);
    const product = open(op, this.kernels.plainScaleRows(r.v, this.lifted(x, sx - sLift)), narrow ?? wx + f);
    return narrow === undefined ? this.truncated(product, f) : open(lift, this.lifted(product, f), wx);
  }

  /** The norm's `r`, opened. */
  norm(x: Wire, n: NormPlan, rows: number, ops: NormOps, open: Open): Wire {
    const sum = open(ops.sum, this.kernels.plainSumSquares(this.truncated(x, n.fx6).v, rows), n.kSum);
    return this.root(sum, n, ops, open);
  }

  /** What the norm's plan says of the sum: `r`, its square, or a threshold times the root mean square. */
  root(sum: Wire, n: NormPlan, ops: Omit<NormOps, 'sum'>, open: Open): Wire {
    const { f, w, t, dmin, sr, s6, kR, windows, eps, power = -1, factor = 1 } = n;
    const d = this.plan.shape.width;
    const root = (from: number): Words =>
      this.kernels.plainNorm(sum.v, sum.mask, from, w, t, dmin, sr, s6, d, eps, power, factor);
    if (!windows) return open(ops.r, root(f), kR);
    const { count, step, shift } = windows;
    const part = open(ops.parts, partsOf(Array.from({ length: count }, (_, i) => root(f + step * i))), kR).v;
    const begins = BigUint64Array.from({ length: count - 1 }, (_, i) => 1n << BigInt(step * (i + 1)));
    const reached = this.kernels.plainAtLeast(this.truncated(sum, shift).v, begins, n.kSum - shift);
    return open(ops.r, chosen(part, reached, count), kR);
  }

  /** An opened wire: its value mod 2^width, and the mask that both keys give, less what it takes in. */
  opened(
    { layer, op }: Omit<Address, 'step'>,
    values: Words,
    width: number,
    keys = [this.keys.k0, this.keys.k1],
    takenIn?: Words,
  ): Wire {
    const at = { step: this.step, layer, op };
    const [half0, half1] = keys.map((key) => this.kernels.prgWords(key, nonce(at, 0), 0, values.length, width));
    const less = (words: Words): Words => (takenIn ? words.map((word, i) => word - takenIn[i]) : words);
    const v = signed(values, width);
    // What is opened less both halves.
    this.onWire(at, this.kernels.plainReduce(less(v), width), { exact: values, width });
    return { v, mask: this.kernels.plainReduce(less(this.sum(half0, half1)), width), width };
  }

  truncated({ v, mask, width }: Wire, f: number): Wire {
    const shift = BigInt(f);
    return {
      v: signed(this.kernels.plainTruncate(v, mask, width, f), width - f),
      mask: mask.map((word) => word >> shift),
      width: width - f,
    };
  }

  /** Both modulo 2^width: the low bits. */
  reduced({ v, mask }: Wire, width: number): Wire {
    return { v: signed(v, width), mask: this.kernels.plainReduce(mask, width), width };
  }

  lifted = ({ v, mask, width }: Wire, f: number): Words => this.kernels.plainLift(v, mask, width, f);
  sum = (a: Words, b: Words): Words => this.kernels.plainAdd(a, b);
}

/** The elements of a wire whose bit is one. */
export const derived = ({ v, mask, width }: Wire, bits: Words): Wire => {
  const chosen = (_: bigint, i: number): boolean => bits[i] === 1n;
  return { v: v.filter(chosen), mask: mask.filter(chosen), width };
};
