/**
 * The fixed-point plan of a model: the scale and width of every wire (docs/protocol.md sections 2 and 3). Public, part of the
 * provisioning manifest; every party derives the same program from it.
 */
import type { Rope } from './rope.js';
import type { GatePlan } from './gate.js';
import type { Shape } from './shape.js';

/** An RMSNorm: the sum of squares of `x6 = TR(x, fx6)`, its reciprocal root `r` by table, and the input `xs = TR(x, fx)` of the next matrix. */
export interface NormPlan {
  /** Shift from the stream to x6; `s6 = sx - fx6` is the scale of x6. */
  readonly fx6: number;
  readonly s6: number;
  /** Width of the opened sum of squares, `f + w + t`. */
  readonly kSum: number;
  /** Low bits of the sum that the table drops. */
  readonly f: number;
  /** The table has `2^w` cells of `2^t` units. */
  readonly w: number;
  readonly t: number;
  /** First cell of the table's window. */
  readonly dmin: number;
  /** Present where the sum's range is wider than one table: the table is then that of each window. */
  readonly windows?: RootWindows;
  /** Scale of `r`. */
  readonly sr: number;
  /** Added to the mean square. */
  readonly eps: number;
  /** Present where the table is not that of `r`, but of `factor` (1 where absent) times the mean square to the power of `power / 2`. */
  readonly power?: -2 | 1;
  readonly factor?: number;
  /** Width of `r`: that of the widest product with it. */
  readonly kR: number;
  /** Shift from the stream to xs; `sxs = sx - fx` is the scale of xs. */
  readonly fx: number;
  readonly sxs: number;
}

/** Windows of a norm's sum: window i drops `f + step i` bits and is right from cell `2^(w - step) - 1` on. */
export interface RootWindows {
  readonly count: number;
  readonly step: number;
  /** Shift to the wire that is compared with where windows begin, `2^(step i)`, and the digits of its width. */
  readonly shift: number;
  readonly digits: readonly number[];
}

/** A log-sum-exp that softmax takes off scores: of scores divided by `2^shift`. */
export interface SoftmaxLevel {
  readonly shift: number;
  /** Octaves that its exp is larger, so that its sum lies in the range of ln. */
  readonly offset: number;
  /** First cell of its exp that stands for negative arguments. */
  readonly dtop: number;
}

/** How a layer predicts what is worth computing; names as in docs/protocol.md section 5. */
export interface PredictorPlan {
  readonly rank: number;
  /** The layer's neurons, then the next layer's heads, where there is a next layer. */
  readonly outputs: number;
  /** Scales of the two matrices. */
  readonly swDown: number;
  readonly swUp: number;
  /** Width of the opened product with the first; the shift from there to `sLift`. */
  readonly kHidden: number;
  readonly fLift: number;
  /** Shift from `r` times that to the input of the second product. */
  readonly fHidden: number;
  /** Width of a score less its threshold. */
  readonly kScore: number;
  /** Neurons that a row computes in the mean where counts are to be hidden: the most that calibration saw. */
  readonly budget?: number;
}

/** What makes the residual of a post-norm layer. */
export interface PostNormPlan {
  readonly swA: number;
  readonly swB: number;
  readonly fA: number;
  readonly fB: number;
  readonly kA?: number;
  readonly kB?: number;
}

/** Formats of one decoder layer; names as in docs/protocol.md section 3. */
export interface LayerPlan {
  readonly normA: NormPlan;
  readonly normB: NormPlan;
  /** Scales of the weights. */
  readonly swQkv: number;
  readonly swO: number;
  readonly swUp: number;
  readonly swDown: number;
  readonly kRaw: number;
  readonly fLift: number;
  readonly sLift: number;
  readonly fQk: number;
  readonly kV: number;
  /** Shift from v to its lifted form in the cache, and the scale of that. */
  readonly fV: number;
  readonly sV: number;
  /** Present where queries and keys are rotated: bits of cosines, and the shift from `r` to the one that q, k and v are multiplied by. */
  readonly rope?: { readonly bits: number; readonly fR: number };
  readonly fS: number;
  /** Scales of the two factors of `p = exp(..)`: `p` of the public one, `q` of the table's. */
  readonly exp2: { readonly p: number; readonly q: number };
  /** Width of p, of lifted v and of their product o, whose scale is `exp2.p + exp2.q + sV`; `fO` is the shift from there to `sx - swO`. */
  readonly kO: number;
  readonly fO: number;
  /** Present where o is opened no wider than its values are, and lifted to the stream's width in a round of its own. */
  readonly oLift?: boolean;
  readonly kU: number;
  readonly fLiftU: number;
  readonly sLiftU: number;
  readonly fUh: number;
  /** Width of `r u` where it is lifted by `fUh` afterwards, mostly by the selection; see {@link uhWidth}. */
  readonly kUh: number;
  /** Present where the layer can be run sparse. */
  readonly predictor?: PredictorPlan;
  /** Present where the layer has biases; its program then has two rounds more (docs/protocol.md section 3.1). */
  readonly bias?: boolean;
  /** Present where only the attention's matrices have biases, or the feed-forward half says for itself whether its have. */
  readonly attentionBias?: { readonly qkv?: boolean; readonly o?: boolean };
  /**
   * Present in layers of post-norm models (docs/protocol.md section 3.3): scales of the matrices that make the residual of a norm's output,
   * and the shift from `r` times the stream to that output. The first layer has no norm before attention: its shift is from the stream.
   * `kA` and `kB` are present where a word has no room for the stream's width and that shift: the width in which the product is opened, to be
   * lifted a round later.
   */
  readonly postNorm?: PostNormPlan;
  /** Present where the feed-forward half is not that of OPT. */
  readonly gate?: GatePlan;
  /** Present where a neuron's bit, `r` and its pre-activation are one product (docs/protocol.md section 3.2). */
  readonly fused?: boolean;
  /** Digits that signs are compared in, where the top 16 bits would be too coarse for the smallest rows; see {@link signDigits}. */
  readonly signDigits?: readonly number[];
  /** Present where signs come from one table: of the top `bits` of the low `width` bits of what is compared. */
  readonly signTable?: { readonly width: number; readonly bits: number };
  /** Bits of a cell of exp for Z and for p; 16 both where absent. */
  readonly expCells?: { readonly z: CellBits; readonly p: CellBits };
  /** Present where scores are wider than usual, or their log-sum-exps spread over more than ln reads. */
  readonly softmax?: {
    /** Bits of a score. */
    readonly width: number;
    /** Coarse levels, then softmax's own. */
    readonly levels: readonly SoftmaxLevel[];
  };
}

/** Bits of a cell of exp: cells are four or eight in value. */
export type CellBits = keyof typeof EXP;

/**
 * exp by the size of its cells: scales of the public factor (`p`) and of the entries (`q`) and the first cell of negative arguments for Z,
 * and that cell for p, whose scales are the layer's. A weight of one may be rounded to more, so p needs a cell above zero; and what lies
 * in a cell is read as of the next one where the mask carries, so the last cell is for that alone ({@link expRange}).
 */
export const EXP = {
  16: { z: { p: 10, q: 28, dtop: 16 }, p: { dtop: 2 } },
  17: { z: { p: 11, q: 27, dtop: 8 }, p: { dtop: 2 } },
} as const;
export const CELL_BITS = 16 satisfies CellBits;

/** What exp reads rightly whatever the mask is, in units of its input: `low <= v < high`. */
export function expRange(
  cellBits: CellBits,
  dtop: number,
  width: number = FIXED.score.width,
): { readonly low: number; readonly high: number } {
  const cell = 2 ** cellBits;
  return { low: dtop * cell - 2 ** width, high: (dtop - 1) * cell };
}

/** Bits of a cell of exp in a layer. */
export const expCells = ({
  expCells: given,
}: Pick<LayerPlan, 'expCells'>): { readonly z: CellBits; readonly p: CellBits } =>
  given ?? { z: CELL_BITS, p: CELL_BITS };

/** Bits of a score, and of its normalised form. */
export const softmaxWidth = ({ softmax }: Pick<LayerPlan, 'softmax'>): number => softmax?.width ?? FIXED.score.width;

/** The log-sum-exps that a layer's softmax takes off its scores, one after the other. */
export const softmaxLevels = (p: LayerPlan): readonly SoftmaxLevel[] =>
  p.softmax?.levels ?? [{ shift: 0, offset: 0, dtop: EXP[expCells(p).z].z.dtop }];

/** Scale of queries, keys and values as `r` makes them: before rotation. */
export const headScale = ({ sLift, normA, rope }: Pick<LayerPlan, 'sLift' | 'normA' | 'rope'>): number =>
  sLift + normA.sr - (rope?.fR ?? 0);

/** Bits of queries and keys: as many as their products are opened with, at least. */
export const qkWidth = (p: Pick<LayerPlan, 'softmax' | 'fS'>): number =>
  Math.max(FIXED.qk.width, (p.softmax?.width ?? FIXED.score.width) + p.fS);

/**
 * Octaves of Z between which it is precise, by the cells of its exp. Below, entries have few bits. Above, ln reads no more, and with large cells
 * entries, which stand for up to half a cell more than the score, are cut off at `2^52` before that.
 */
export const Z_OCTAVES = { 16: { low: -19, high: 21 }, 17: { low: -15.1, high: 19.2 } } as const;

/** Everything that fixes the program of a model. JSON-serialisable. */
export interface Plan {
  readonly shape: Shape;
  /** `1/sqrt(headDim) = 2^-scoreShift * rest`, the rest is folded into Wq. */
  readonly scoreShift: number;
  /** The residual stream's scale and width. */
  readonly sx: number;
  readonly wx: number;
  /** How queries and keys are rotated (docs/protocol.md section 3.8); without it the client adds positions from a table. */
  readonly rope?: Rope;
  /**
   * Tokens that every text begins with (docs/protocol.md section 3.5), at least one; absent where there are none. Their keys and values are
   * constants of the model, so no step runs their positions.
   */
  readonly prefix?: readonly number[];
  /** Present where everybody may know the weights: they have no masks (docs/protocol.md section 4.5). */
  readonly publicWeights?: true;
  readonly layers: readonly LayerPlan[];
  /** The last norm, and the width `kOut = wx - fx` of the hidden state that the client receives (scale `sxs + sr`). */
  readonly final: NormPlan & { readonly kOut: number };
}

/**
 * Width at which `r u` is opened. Where no selection lifts it (one product; exact signs) it is wide enough to be reduced by `fUh` to the
 * stream's width, if a word has room for that.
 */
export function uhWidth({ wx }: Plan, { fused, fUh, kUh }: LayerPlan, exact: boolean): number {
  const wide = wx + fUh;
  return (fused || exact) && kUh <= wide && wide <= 64 ? wide : kUh;
}

/** Digits of the comparison that tells a pre-activation's sign; they sum to its width less one. */
export const signDigits = (p: Pick<LayerPlan, 'signDigits'>): readonly number[] => p.signDigits ?? FIXED.sign.digits;

/** Top bits of a pre-activation that its sign is told from. */
export const signWidth = (p: Pick<LayerPlan, 'signDigits'>): number =>
  signDigits(p).reduce((sum, digit) => sum + digit, 1);

/** Tensors of a layer that are added, not multiplied by: biases of the matrices, minus the centres of its heads' scores, minus thresholds. */
export type BiasName = 'qkvBias' | 'oBias' | 'gateBias' | 'upBias' | 'downBias' | 'centers' | 'thresholds';

/** Whether a layer has a bias of this name. */
export function hasBias(p: Pick<LayerPlan, 'bias' | 'attentionBias' | 'gate'>, name: BiasName): boolean {
  const { bias = false, attentionBias, gate } = p;
  if (name === 'qkvBias') return bias || attentionBias?.qkv === true;
  if (name === 'oBias') return bias || attentionBias?.o === true;
  if (name === 'gateBias') return gate?.bias === true && gate.matrix !== undefined;
  return bias || gate?.bias === true;
}

/** Tensors of a layer that are cached as they are: keys and values of the prefix. */
export type PrefixName = 'prefixKeys' | 'prefixValues';

/** Positions that no step runs: those of the plan's prefix. */
export const prefixLength = ({ prefix }: Pick<Plan, 'prefix'>): number => prefix?.length ?? 0;

/** The format of a layer's cached constants: that of all keys, or values, in its cache. */
export const prefixFormat = (p: LayerPlan, name: PrefixName): { readonly scale: number; readonly width: number } =>
  name === 'prefixKeys' ? { scale: FIXED.qk.scale, width: qkWidth(p) } : { scale: p.sV, width: p.kO };

/** Bits of a word as weights are kept. */
export const WORD_BITS = [32, 48, 64] as const;
export type WordBits = (typeof WORD_BITS)[number];

/** Bits of the words in which products with a matrix are computed: the fewest in which they can be opened (docs/protocol.md section 4). */
export function productBits({ layers, wx }: Plan, layer: number, matrix: string): WordBits {
  const { kRaw, kU, kO, predictor, gate } = layers[layer];
  const widths: Record<string, number | undefined> = {
    qkv: kRaw,
    o: wx,
    gate: gate?.matrix?.k,
    up: kU,
    down: wx,
    predictDown: predictor?.kHidden,
    predictUp: predictor?.kScore,
    skipA: wx,
    skipB: wx,
    prefixKeys: qkWidth(layers[layer]),
    prefixValues: kO,
  };
  return WORD_BITS.find((bits) => bits >= (widths[matrix] ?? 64))!;
}

/** Scale of a bias: that of the wire it is part of. */
export function biasScale({ sx }: Plan, p: LayerPlan, name: BiasName): number {
  const { sLift, sLiftU, normA, normB, fS, predictor, gate } = p;
  const score = predictor ? sLift + normA.sr - predictor.fHidden + predictor.swUp : 0;
  return {
    qkvBias: headScale(p),
    oBias: sx,
    gateBias: gate?.matrix ? normB.sxs + gate.matrix.sw - gate.matrix.f + normB.sr : 0,
    upBias: sLiftU + normB.sr,
    downBias: sx,
    centers: FIXED.score.scale + fS,
    thresholds: score,
  }[name];
}

/** Scales that do not depend on the model (docs/protocol.md section 3). */
export const FIXED = {
  /** q and k: scale 10, width 30. */
  qk: { scale: 10, width: 30 },
  /** Scores and their normalised form: scale 14, width 21. */
  score: { scale: 14, width: 21 },
  z: { scale: 38, width: 60 },
  /** ln Z: `count` windows of `2^step` each, the first of which drops `f` bits of Z; cells as in {@link NormPlan}. */
  ln: { count: 14, f: 9, step: 3, w: 6, t: 6, dmin: 4, scale: 17, width: 24 },
  /** Shift from Z to the wire that is compared with the windows' ends, in units of an eighth of the first; digits of its width. */
  size: { shift: 18, digits: [11, 11, 10, 10] },
  /** `s - ln Z` has the format of ln Z; shift from there to the input of exp. */
  y: { shift: 3 },
  /** Sums of p, at this scale modulo 2^16, must be 1 within an eighth. */
  check: { scale: 5, from: 28, below: 37 },
  /** A score is compared with its threshold in the top 10 bits of their difference: units of an eighth in a range of 64. */
  predicted: { width: 10, digits: [5, 4] },
  /**
   * Bits of the cosines that queries and keys are rotated by, and by how many `r` is shortened before; also where scores are wide. Cosines
   * have fewer bits, but not fewer than `least`, where a word has no room for them.
   */
  rope: { bits: 12, shift: 5, wide: { bits: 15, shift: 2 }, least: 11 },
  /** The sign is taken of the top 16 bits, unless a layer's plan says more. */
  sign: { width: 16, digits: [4, 4, 4, 3] },
} as const;
