/**
 * `exp(s - ln sum exp s)` over what each group attends to (docs/protocol.md sections 2 and 3.4). Four rounds: the sum,
 * its ln by windows, the difference, and its exp. Where the sums of a head spread over more than ln reads, scores are
 * first reduced by coarser log-sum-exps, of scores divided by a power of two: three rounds each.
 */
import { coarseOp, OP } from '../core/address.js';
import type { Groups } from '../gates/attention.js';
import { type Comparison, openedBits } from '../gates/compare.js';
import { EXP, expCells, FIXED, type SoftmaxLevel, softmaxLevels, softmaxWidth } from '../plan/formats.js';
import type { Opening, Program } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';
import { LayerHalf, type Place } from './layer.js';

/** Where the windows of ln after the first begin: 8, 8^2, .. */
const SIZES: Comparison = {
  thresholds: BigUint64Array.from({ length: FIXED.ln.count - 1 }, (_, j) => 1n << BigInt(FIXED.ln.step * (j + 1))),
  digits: Uint8Array.from(FIXED.size.digits),
};

/** Operations of a level. */
interface LevelOps {
  readonly z: number;
  readonly digits: number;
  readonly parts: number;
  readonly y: number;
}
const FINE: LevelOps = { z: OP.z, digits: OP.lnDigits, parts: OP.lnParts, y: OP.y };

export class Softmax<W extends Format, S> extends LayerHalf<W, S> {
  /** @param round opens shares in the layer's next round */
  constructor(
    place: Place<W, S>,
    private readonly groups: Groups,
    private readonly round: (...openings: readonly Opening<S>[]) => Program<W[]>,
  ) {
    super(place);
  }

  /**
   * The attention weights of scores less their centres, (group, position): scale `exp2.p + exp2.q`, width `kO`.
   * @param wide the scores as opened, `fS` bits finer than exp reads them
   */
  *run(wide: W): Program<W> {
    const { g, p } = this;
    let [y, f] = [wide, p.fS];
    for (const [i, level] of softmaxLevels(p).entries()) {
      y = yield* this.#less(g.truncate(this.at(this.#ops(i).y), y, f), level, this.#ops(i));
      f = FIXED.y.shift;
    }
    const { p: cellBits } = expCells(p);
    const scales = { cellBits, ...p.exp2, ...EXP[cellBits].p };
    const power = g.exp(this.at(OP.p), g.view(y, f), scales, p.kO);
    const [weights] = yield* this.round(this.opening(OP.p, power, wide.rows, 1, p.exp2.p + p.exp2.q, p.kO));
    return weights;
  }

  /** The last level is the softmax's own. */
  #ops(level: number): LevelOps {
    if (level === softmaxLevels(this.p).length - 1) return FINE;
    const op = (which: keyof LevelOps): number => coarseOp(which, level);
    return { z: op('z'), digits: op('digits'), parts: op('parts'), y: op('y') };
  }

  /** Eight times scores less `T ln sum exp(s / T)`, `T = 2^shift`. */
  *#less(s: W, { shift, offset, dtop }: SoftmaxLevel, ops: LevelOps): Program<W> {
    const { g, p, groups } = this;
    const size = groups.heads.length;
    const { z: cellBits } = expCells(p);
    const { z: scales } = EXP[cellBits];
    const exps = g.exp(
      this.at(ops.z),
      g.view(s, shift),
      { cellBits, p: scales.p, q: scales.q + offset, dtop },
      FIXED.z.width,
    );
    const z = this.opening(ops.z, g.sumScores(exps, groups), size, 1, FIXED.z.scale, FIXED.z.width);
    const [sum] = yield* this.round(z);

    const { count: windows, scale } = FIXED.ln;
    const width = softmaxWidth(p) + FIXED.y.shift;
    const bits = g.windowDigits(this.at(ops.digits), g.view(sum, FIXED.size.shift), SIZES);
    const [digits, parts] = yield* this.round(
      this.opening(ops.digits, bits, size, windows - 1, 0, openedBits(SIZES), true),
      this.opening(ops.parts, g.lnParts(this.at(ops.parts), sum, width - shift), size, windows, scale, width - shift),
    );
    const ln = g.windowSelect(this.at(ops.y), digits, parts, SIZES);
    const shifted = g.shiftScores(s, ln, groups, { shift, offset });
    const [y] = yield* this.round(this.opening(ops.y, shifted, s.rows, 1, scale, width));
    return y;
  }
}
