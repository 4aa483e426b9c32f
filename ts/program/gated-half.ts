/** What a gated feed-forward half opens (docs/protocol.md section 3.10), one method a row of its table. */
import { OP } from '../core/address.js';
import type { Pairs } from '../gates/sets.js';
import type { GatePlan, LiftedWire } from '../plan/gate.js';
import type { NormPlan } from '../plan/formats.js';
import type { Opening, Program } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';
import { everyRow } from './layer.js';
import { type RootFunction, rootShares } from './root.js';
import { SignedHalf } from './signs.js';

/** Factors of a neuron, `pairs x 1`: the gate, where there is one, and what is gated. */
export interface Factors<W> {
  readonly gate?: W;
  readonly up: W;
}

export abstract class GatedHalf<W extends Format, S> extends SignedHalf<W, S> {
  protected get gate(): GatePlan {
    return this.p.gate!;
  }

  /** Scale of activations. */
  protected get scaleA(): number {
    return this.plan.sx - this.p.swDown;
  }

  /** The last factor of an activation before its bit. */
  protected get lastFactor(): LiftedWire {
    const { cube, product, way } = this.gate;
    const uh = { k: this.p.kUh, f: this.p.fUh };
    return cube ?? (way === 'squares' ? uh : (product ?? uh));
  }

  /** The opening of a share of one word a pair. */
  protected ofPairs(op: number, share: S, { neurons }: Pairs, scale: number, width: number): Opening<S> {
    return this.opening(op, share, neurons.length, 1, scale, width);
  }

  /** The input of the matrices. */
  protected input(x: W): W {
    return this.g.truncate(this.at(OP.up), x, this.p.normB.fx);
  }

  protected squares(x: W): Opening<S> {
    const { normB } = this.p;
    return this.sum(OP.sumB, this.g.truncate(this.at(OP.sumB), x, normB.fx6), normB);
  }

  protected *rawGate(xs: W, pairs: Pairs): Program<Opening<S>> {
    const { k, sw } = this.gate.matrix!;
    const share = yield* this.g.product(this.at(OP.gate), xs, { kind: 'dots', matrix: 'gate', pairs }, k);
    return this.ofPairs(OP.gate, share, pairs, this.p.normB.sxs + sw, k);
  }

  protected *rawUp(xs: W, pairs: Pairs): Program<Opening<S>> {
    const { kU, swUp, normB } = this.p;
    const share = yield* this.g.product(this.at(OP.up), xs, { kind: 'dots', matrix: 'up', pairs }, kU);
    return this.ofPairs(OP.up, share, pairs, normB.sxs + swUp, kU);
  }

  /** The norm's root, its square by squares; and what the gate is compared with there, where it has a threshold. */
  protected *roots(sum: W, width: number): Program<Opening<S>[]> {
    const { normB } = this.p;
    const functions: RootFunction[] = [{ r: OP.rB, parts: OP.rBParts, norm: { ...normB, kR: width } }];
    const threshold = this.threshold();
    if (threshold) functions.push({ r: OP.threshold, parts: OP.thresholdParts, norm: threshold });
    const root = { g: this.g, at: this.at, digits: OP.rBDigits, sum };
    const shares = yield* rootShares(root, functions, (...all) => this.open(...all));
    return functions.map(({ r, norm }, i) => this.opening(r, shares[i], sum.rows, 1, norm.sr, norm.kR));
  }

  /** The table of FATReLU's threshold times the root mean square, at the format of the gate's raw product. */
  protected threshold(): NormPlan | undefined {
    const { activation, way, matrix } = this.gate;
    if (activation.kind !== 'fatrelu' || way !== 'squares') return undefined;
    const { normB } = this.p;
    return { ...normB, power: 1, factor: activation.threshold, sr: normB.sxs + matrix!.sw, kR: matrix!.k };
  }

  /** `r g + b`. */
  protected scaledGate(r: W, gate: W, pairs: Pairs): Opening<S> {
    const { matrix, scaled } = this.gate;
    const scale = this.p.normB.sxs + matrix!.sw - matrix!.f + r.scale;
    const product = this.g.scaleLift(this.at(OP.gateScaled), this.g.pick(r, pairs.rowOf), gate, matrix!.f, scaled!.k);
    const share = this.biased(OP.gateScaled, product, 'gateBias', () => pairs.neurons);
    return this.ofPairs(OP.gateScaled, share, pairs, scale, scaled!.k);
  }

  /** `r u + b`. */
  protected scaledUp(r: W, up: W, pairs: Pairs): Opening<S> {
    const { fLiftU, sLiftU, kUh } = this.p;
    const product = this.g.scaleLift(this.at(OP.uh), this.g.pick(r, pairs.rowOf), up, fLiftU, kUh);
    const share = this.biased(OP.uh, product, 'upBias', () => pairs.neurons);
    return this.ofPairs(OP.uh, share, pairs, sLiftU + r.scale, kUh);
  }

  /** The product of both factors, or the square of the one that there is; `shifts` lift them. */
  protected multiplied({ gate, up }: Factors<W>, pairs: Pairs, shifts: Factors<number>, width: number): Opening<S> {
    const at = this.at(OP.product);
    const y = { wire: up, f: shifts.up };
    if (!gate) return this.ofPairs(OP.product, this.g.liftSquare(at, y, width), pairs, 2 * (up.scale - y.f), width);
    const x = { wire: gate, f: shifts.gate! };
    const share = this.g.liftProduct(at, x, y, width);
    return this.ofPairs(OP.product, share, pairs, gate.scale - x.f + up.scale - y.f, width);
  }

  /** `r²` times the product of the raw ones. */
  protected squared(r: W, product: W, pairs: Pairs, width: number): Opening<S> {
    const { f } = this.gate.product!;
    const share = this.g.scaleLift(this.at(OP.uh), this.g.pick(r, pairs.rowOf), product, f, width);
    return this.ofPairs(OP.uh, share, pairs, product.scale - f + r.scale, width);
  }

  /** The product times the gate once more. */
  protected cubed(gate: W, product: W, pairs: Pairs, width: number): Opening<S> {
    const x = { wire: gate, f: this.gate.scaled!.f };
    const y = { wire: product, f: this.gate.product!.f };
    const share = this.g.liftProduct(this.at(OP.cube), x, y, width);
    return this.ofPairs(OP.cube, share, pairs, gate.scale - x.f + product.scale - y.f, width);
  }

  /** The last round: x2 from the activations of some pairs. */
  protected *down(x: W, a: W, pairs: Pairs): Program<W> {
    const { g, plan } = this;
    const { rows } = this.step;
    const { width: d } = plan.shape;
    const job = { kind: 'combine', matrix: 'down', pairs, cols: d } as const;
    const product = yield* g.product(this.at(OP.x2), a, job, plan.wx);
    const sum = this.biased(OP.x2, g.plus(product, x), 'downBias', () => everyRow(rows, d));
    const [x2] = yield* this.last(this.opening(OP.x2, sum, rows, d, plan.sx, plan.wx));
    return x2;
  }
}
