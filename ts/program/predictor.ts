/**
 * Prediction ahead, secret-shared (Comet section 4; docs/protocol.md section 5): which neurons of this layer and which heads of the next
 * one are worth computing, from the input of this layer's attention. Its openings ride in the frames of the attention's rounds. The sixth
 * opens the bits themselves, in the order of the shuffle; with a budget it opens them masked, and the tenth opens the padded ones.
 */
import { type Address, OP } from '../core/address.js';
import { type Comparison, openedBits } from '../gates/compare.js';
import type { Gates } from '../gates/gates.js';
import { chances, countBits, PADDING } from '../gates/padding.js';
import { allPairs } from '../gates/sets.js';
import { FIXED, type LayerPlan, type PredictorPlan } from '../plan/formats.js';
import type { Opening, Program } from '../wires/effects.js';
import type { Format, Words } from '../wires/wire.js';

/** Whether a score reaches its threshold. */
const REACHED: Comparison = { thresholds: BigUint64Array.of(0n), digits: Uint8Array.from(FIXED.predicted.digits) };

/** Whether a neuron is active, or its noise below its row's chance. */
const PADDED: Comparison = { thresholds: BigUint64Array.of(0n), digits: Uint8Array.from(PADDING.digits) };

/** A predictor's rounds, one after the other. */
export class Prediction<W extends Format, S> {
  /** The bits, once they are open. */
  bits?: W;
  #round = 0;
  #wire?: W;
  #scores?: W;
  #active?: S;

  /**
   * @param xs the input of the layer's products with q, k and v: `rows x d`
   * @param padded sets have as many neurons as the plan's budget says, and all heads
   */
  constructor(
    private readonly g: Gates<W, S>,
    private readonly p: LayerPlan,
    private readonly plan: PredictorPlan,
    private readonly ffn: number,
    private readonly at: (op: number) => Address,
    private readonly xs: W,
    private readonly padded: boolean,
  ) {}

  /** What is predicted: with a budget only neurons, because all heads are computed. */
  get #outputs(): number {
    return this.padded ? this.ffn : this.plan.outputs;
  }

  /** Openings for the attention's next round; `r` is the norm's, once it is open. */
  *next(r?: W): Program<Opening<S>[]> {
    this.#round++;
    if (this.#round === 1) return [yield* this.#hidden()];
    if (this.#round === 3) return [this.#scaled(r!)];
    if (this.#round === 4) return [yield* this.#score()];
    if (this.#round === 5) return [this.#digits()];
    if (this.#round === 6) return [this.padded ? this.#maskedBit() : this.#bit(OP.predDigits, REACHED)];
    if (!this.padded) return [];
    if (this.#round === 7) return [this.#count()];
    if (this.#round === 8) return [this.#paddedScore()];
    if (this.#round === 9) return [this.#paddedDigits()];
    if (this.#round === 10) return [this.#bit(OP.padDigits, PADDED)];
    return [];
  }

  /** The opened wires of {@link next}. */
  take([wire]: readonly W[]): void {
    if (!wire) return;
    this.#wire = wire;
    if (this.#round === (this.padded ? 10 : 6)) this.bits = wire;
  }

  *#hidden(): Program<Opening<S>> {
    const { g, p, plan, xs } = this;
    const job = { kind: 'dense', matrix: 'predictDown', cols: plan.rank } as const;
    const share = yield* g.product(this.at(OP.hidden), xs, job, plan.kHidden);
    return this.#opening(OP.hidden, share, plan.rank, p.normA.sxs + plan.swDown, plan.kHidden);
  }

  #scaled(r: W): Opening<S> {
    const { g, p, plan } = this;
    const wide = plan.kScore + plan.fHidden;
    const share = g.scaleLift(this.at(OP.scaledHidden), r, this.#wire!, plan.fLift, wide);
    return this.#opening(OP.scaledHidden, share, plan.rank, p.sLift + p.normA.sr, wide);
  }

  *#score(): Program<Opening<S>> {
    const { g, plan } = this;
    const { rows } = this.xs;
    const hidden = g.truncate(this.at(OP.scaledHidden), this.#wire!, plan.fHidden);
    const pairs = allPairs(rows, this.#outputs);
    const product = yield* g.projection(this.at(OP.predScore), hidden, { kind: 'dots', matrix: 'predictUp', pairs });
    const share = g.bias(this.at(OP.predScore), product, 'thresholds', pairs.neurons);
    return this.#opening(OP.predScore, share, this.#outputs, hidden.scale + plan.swUp, plan.kScore);
  }

  #digits(): Opening<S> {
    const { g, plan } = this;
    this.#scores = g.view(this.#wire!, plan.kScore - FIXED.predicted.width);
    const bits = g.compareDigits(this.at(OP.predDigits), this.#scores, REACHED);
    return { ...this.#opening(OP.predDigits, bits, this.#outputs, 0, openedBits(REACHED)), xor: true };
  }

  /** What is computed, in the clear. */
  #bit(digits: number, comparison: Comparison): Opening<S> {
    const bit = this.g.compareBits(this.at(digits), this.#scores!, this.#wire!, comparison);
    return { ...this.#opening(OP.predBit, bit, this.#outputs, 0, 1), xor: true, clear: true };
  }

  #maskedBit(): Opening<S> {
    const bit = this.g.compareBits(this.at(OP.predDigits), this.#scores!, this.#wire!, REACHED);
    return { ...this.#opening(OP.padActive, bit, this.ffn, 0, 1), xor: true };
  }

  /** How many neurons of each row are active, masked. */
  #count(): Opening<S> {
    const { g, ffn } = this;
    const width = countBits(ffn);
    this.#active = g.arithmetic(this.at(OP.padActive), this.#wire!, Math.max(width, PADDING.width));
    return this.#opening(OP.padCount, g.rowSums(this.#active, this.xs.rows), 1, 0, width);
  }

  #paddedScore(): Opening<S> {
    const { g, ffn, plan } = this;
    const { rows } = this.xs;
    const table = (): Words => chances(ffn, plan.budget!);
    const chance = g.lookUp(this.at(OP.padCount), this.#wire!, table, PADDING.width);
    const noise = g.noise(this.at(OP.padNoise), { rows, cols: ffn, width: PADDING.bits, scale: 0 });
    const drawn = g.arithmetic(this.at(OP.padNoise), noise, PADDING.width);
    const score = g.paddedScores(this.#active!, chance, drawn);
    return this.#opening(OP.padScore, score, ffn, 0, PADDING.width);
  }

  #paddedDigits(): Opening<S> {
    this.#scores = this.#wire!;
    const bits = this.g.compareDigits(this.at(OP.padDigits), this.#scores, PADDED);
    return { ...this.#opening(OP.padDigits, bits, this.ffn, 0, openedBits(PADDED)), xor: true };
  }

  #opening(op: number, share: S, cols: number, scale: number, width: number): Opening<S> {
    return { at: this.at(op), share, rows: this.xs.rows, cols, scale, width };
  }
}
