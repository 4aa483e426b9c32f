/** The twin's feed-forward half where it is not OPT's: docs/protocol.md section 3.10. */
import { OP } from '../../core/address.js';
import { positive } from './feed-forward.js';
import { biased, type TwinPlace } from './state.js';
import { derived, type NormOps, type Open, type Wire } from './wires.js';
import { everyRow, type Pairs, pick, type Words } from './words.js';

const NORM_B: NormOps = { sum: OP.sumB, r: OP.rB, parts: OP.rBParts };
const THRESHOLD = { r: OP.threshold, parts: OP.thresholdParts };

/** What the gate and what it gates are, of some pairs; the former only where there is a gate. */
interface Factors {
  readonly gate?: Wire;
  readonly up: Wire;
}

export class TwinGated {
  readonly #open: Open;
  #sum!: Wire;
  #r!: Wire;

  /** @param exact whether only those pairs are computed whose sign is positive */
  constructor(
    private readonly place: TwinPlace,
    private readonly x1: Wire,
    private pairs: Pairs,
    private readonly exact: boolean,
  ) {
    this.#open = place.wires.openIn(place.layer);
  }

  /** x2. */
  run(): Wire {
    const { wires, p, rows, state } = this.place;
    const { ffn, width: d } = wires.plan.shape;
    const x6 = wires.truncated(this.x1, p.normB.fx6).v;
    this.#sum = this.#open(OP.sumB, wires.kernels.plainSumSquares(x6, rows), p.normB.kSum);
    const a = p.gate!.way === 'squares' ? this.#squares() : p.gate!.way === 'signs' ? this.#signs() : this.#sines();
    const spread = new BigUint64Array(rows * ffn);
    for (const [i, [row, neuron]] of this.pairs.entries()) spread[row * ffn + neuron] = a[i];
    const x2 = wires.sum(this.x1.v, state.matrices.down.mul(spread, rows));
    return this.#open(OP.x2, biased(this.place, 'down', x2, everyRow(rows, d)), wires.plan.wx);
  }

  /** `b lift(r² lift(p))` of the product p of the raw ones. */
  #squares(): Words {
    const { wires, p } = this.place;
    const { product } = p.gate!;
    const inner = this.#raw(p.gate!.matrix ? 'gate' : 'up');
    this.#root(this.exact ? this.#exactWidth : 0);
    const bits = this.#bits(inner);
    const { gate, up } = this.#chosen(inner, bits, (name) => this.#raw(name));
    const shifts = { gate: p.gate!.matrix?.f ?? 0, up: p.fLiftU };
    const raw = this.#open(OP.product, this.#product(gate, up, shifts), product!.k);
    const squared = wires.kernels.plainScaleRows(this.#rootOf(), wires.lifted(raw, product!.f));
    if (!p.fused || this.exact) return this.#activation((width) => this.#open(OP.uh, squared, width), bits);
    const wide = this.#open(OP.uh, selected(squared, bits), wires.plan.wx + p.fUh);
    return wires.truncated(wide, p.fUh).v;
  }

  /** `b lift(p)` of the product p of the scaled ones, or times the gate once more, or of the one that there is. */
  #signs(): Words {
    const { wires, p } = this.place;
    const { matrix, scaled, product, cube } = p.gate!;
    this.#root(0);
    const inner = this.#scaled(matrix ? 'gate' : 'up');
    const bits = this.#bits(inner);
    const { gate, up } = this.#chosen(inner, bits, (name) => this.#scaled(name));
    if (!product) return this.#activation(() => up, bits);
    const first = this.#product(gate, up, { gate: scaled?.f ?? 0, up: p.fUh });
    if (!cube) return this.#activation((width) => this.#open(OP.product, first, width), bits);
    const squared = wires.lifted(this.#open(OP.product, first, product.k), product.f);
    const third = times(wires.lifted(gate!, scaled!.f), squared);
    return this.#activation((width) => this.#open(OP.cube, third, width), bits);
  }

  /** `(lift(s) + 1/2) lift(p)`, s a sum of sines. */
  #sines(): Words {
    const { wires, p } = this.place;
    const { matrix, scaled, product, sines } = p.gate!;
    const { gate: kind, width, scale, count, publicBits, dealtBits, k, f, fA } = sines!;
    this.#root(0);
    const gate = matrix && this.#scaled('gate');
    const up = this.#scaled('up');
    const shift = (matrix ? p.normB.sxs + matrix.sw - matrix.f : p.sLiftU) + p.normB.sr - scale;
    const phase = wires.reduced(wires.truncated(gate ?? up, shift), width);
    const odd = wires.kernels.plainSines(
      wires.kernels.plainReduce(phase.v, width), phase.mask, kind, width, scale, count, publicBits, dealtBits,
    ); // prettier-ignore
    const opened = this.#open(OP.sines, odd, k);
    const factor = gate
      ? wires.lifted(
          this.#open(OP.product, this.#product(gate, up, { gate: scaled!.f, up: p.fUh }), product!.k),
          product!.f,
        )
      : wires.lifted(up, p.fUh);
    const half = 1n << BigInt(publicBits + dealtBits - f - 1);
    const a = times(
      wires.lifted(opened, f).map((word) => word + half),
      factor,
    );
    return wires.truncated(this.#open(OP.relu, a, wires.plan.wx + fA), fA).v;
  }

  /** `r`, or its square, opened as wide as what is multiplied by it. */
  #root(width: number): void {
    const { normB } = this.place.p;
    this.#r = this.place.wires.root(this.#sum, { ...normB, kR: Math.max(normB.kR, width) }, NORM_B, this.#open);
  }

  #rootOf = (): Words => pick(this.#r.v, this.pairs.map(([row]) => row)); // prettier-ignore

  #raw(name: 'gate' | 'up'): Wire {
    const { wires, p, rows, state } = this.place;
    const { ffn } = wires.plan.shape;
    const all = state.matrices[name]!.mul(wires.truncated(this.x1, p.normB.fx).v, rows);
    const values = pick(all, this.pairs.map(([row, neuron]) => row * ffn + neuron)); // prettier-ignore
    return name === 'gate' ? this.#open(OP.gate, values, p.gate!.matrix!.k) : this.#open(OP.up, values, p.kU);
  }

  #scaled(name: 'gate' | 'up'): Wire {
    const { wires, p } = this.place;
    const ofGate = name === 'gate';
    const [op, f, k] = ofGate ? [OP.gateScaled, p.gate!.matrix!.f, p.gate!.scaled!.k] : [OP.uh, p.fLiftU, p.kUh];
    const values = wires.kernels.plainScaleRows(this.#rootOf(), wires.lifted(this.#raw(name), f));
    const neurons = this.pairs.map(([, neuron]) => neuron);
    return this.#open(op, biased(this.place, name, values, neurons), k);
  }

  #product(gate: Wire | undefined, up: Wire, shifts: { gate: number; up: number }): Words {
    const { wires } = this.place;
    const y = wires.lifted(up, shifts.up);
    return times(gate ? wires.lifted(gate, shifts.gate) : y, y);
  }

  /** Whether gates are at least zero, or FATReLU's threshold. */
  #bits(inner: Wire): Words {
    const { p, wires } = this.place;
    const { activation, way } = p.gate!;
    if (activation.kind !== 'fatrelu') return positive(this.place, inner);
    const { v, mask, width } = inner;
    if (way === 'signs') {
      const scale = p.normB.sr + (p.gate!.matrix ? p.normB.sxs + p.gate!.matrix.sw - p.gate!.matrix.f : p.sLiftU);
      const units = BigInt(Math.round(activation.threshold * 2 ** scale));
      return positive(this.place, { v: v.map((word) => word - units), mask, width });
    }
    const [sr, kR] = [p.normB.sxs + p.gate!.matrix!.sw, p.gate!.matrix!.k];
    const norm = { ...p.normB, power: 1, factor: activation.threshold, sr, kR } as const;
    const least = wires.root(this.#sum, norm, THRESHOLD, this.#open);
    const of = (words: Words): Words => pick(words, this.pairs.map(([row]) => row)); // prettier-ignore
    const [t, of_t] = [of(least.v), of(least.mask)];
    const less = wires.kernels.plainReduce(mask.map((word, i) => word - of_t[i]), width); // prettier-ignore
    return positive(this.place, { v: v.map((word, i) => word - t[i]), mask: less, width });
  }

  /** Factors of the pairs that are left: in an exact layer of those with a one, whose up-projection is only computed then. */
  #chosen(inner: Wire, bits: Words, factor: (name: 'up') => Wire): Factors {
    if (this.exact) this.pairs = this.pairs.filter((_, i) => bits[i] === 1n);
    const left = this.exact ? derived(inner, bits) : inner;
    return this.place.p.gate!.matrix ? { gate: left, up: factor('up') } : { up: left };
  }

  /** What is lifted to activations is opened as wide as its reduction needs in exact layers; elsewhere the bit multiplies it. */
  #activation(open: (width: number) => Wire, bits: Words): Words {
    const { wires } = this.place;
    const { k, f } = this.#last;
    const last = open(this.exact ? this.#exactWidth : k);
    if (this.exact && last.width === wires.plan.wx + f) return wires.truncated(last, f).v;
    const lifted = wires.lifted(last, f);
    return this.#open(OP.relu, this.exact ? lifted : selected(lifted, bits), wires.plan.wx).v;
  }

  get #last(): { readonly k: number; readonly f: number } {
    const { p } = this.place;
    const { cube, product, way } = p.gate!;
    return cube ?? (way !== 'squares' && product ? product : { k: p.kUh, f: p.fUh });
  }

  get #exactWidth(): number {
    const { k, f } = this.#last;
    const wide = this.place.wires.plan.wx + f;
    return wide <= 64 && wide >= k ? wide : k;
  }
}

const times = (a: Words, b: Words): Words => a.map((word, i) => word * b[i]);
const selected = (words: Words, bits: Words): Words => times(words, bits);
