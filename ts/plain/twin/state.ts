/** A layer of the twin: its matrices as words, and what earlier steps left. */
import { nonce } from '../../core/address.js';
import type { RingMatrix } from '../../kernels/load.js';
import type { LayerPlan } from '../../plan/formats.js';
import type { TwinWires } from './wires.js';
import { pick, type Words } from './words.js';

/** The weights, as floats: matrices inputs by outputs, row-major. */
export interface TwinModel {
  readonly embedding: Float32Array;
  /** Where positions are not rotations. */
  readonly positions?: Float32Array;
  readonly positionOffset: number;
  readonly layers: readonly TwinLayer[];
}
export type MatrixName = 'qkv' | 'o' | 'up' | 'down';
export interface TwinLayer extends Readonly<Record<MatrixName, Float32Array>> {
  /** Of gated layers. */
  readonly gate?: Float32Array;
  readonly bias?: Readonly<Partial<Record<MatrixName | 'gate', Float32Array>>>;
  readonly skip?: Readonly<Record<'a' | 'b', Float32Array>>;
  /** Minus the centres of its heads' scores. */
  readonly centers: Float32Array;
  /** Keys and values of the plan's prefix: `n` positions, of all heads of keys and values. */
  readonly prefix?: Readonly<Record<'keys' | 'values', Float32Array>>;
  /** `thresholds` is minus them. */
  readonly predictor?: Readonly<Record<'down' | 'up' | 'thresholds', Float32Array>>;
}

/** A layer's matrices as words, and what earlier steps left. */
export interface LayerState {
  /** The weights as they are in this epoch. */
  readonly floats: TwinLayer;
  readonly matrices: Readonly<Record<MatrixName, RingMatrix>> & { readonly gate?: RingMatrix };
  readonly skip?: Readonly<Record<'a' | 'b', RingMatrix>>;
  readonly predictor?: { readonly down: RingMatrix; readonly up: RingMatrix; readonly maskOfUp: RingMatrix };
  /** By position: the norm's output and `r`. */
  readonly inputs: { readonly xs: Words; readonly r: bigint }[];
  /** Keys and values of all heads at every position; those of a head are there where `filled` says so. */
  keys: Words;
  values: Words;
  readonly filled: boolean[][];
  /** Of each head of keys and values, the position after the latest where it was active. */
  readonly active: number[];
}

/** How a step computes; as announced. */
export interface TwinMode {
  readonly sparse?: boolean;
  readonly modes?: string;
  readonly constant?: boolean;
  readonly prefetch?: number;
  readonly apart?: boolean;
  readonly keep?: number;
}

/** Where a half of a layer is computed. */
export interface TwinPlace {
  readonly wires: TwinWires;
  readonly layer: number;
  readonly p: LayerPlan;
  readonly state: LayerState;
  /** Of the step, whose first one has this position. */
  readonly rows: number;
  readonly position: number;
}

/** The place of the predictor's second matrix among a layer's tensors. */
const PREDICT_UP = 10;

/** A layer before the first step. */
export function layerState(wires: TwinWires, w: TwinLayer, layer: number): LayerState {
  return { ...weightsOf(wires, w, layer, 0), inputs: [], ...prefixOf(wires, w, layer), active: [] };
}

/** Gives a layer's memory of the kernels back. */
export function freeWeights({ matrices, predictor, skip }: LayerState): void {
  const all = [matrices, predictor ?? {}, skip ?? {}].flatMap((each) => Object.values(each) as RingMatrix[]);
  for (const matrix of all) matrix.free();
}

/** What is cached before the first step: constants, `round(v·2^scale)`. */
export function prefixOf(
  { kernels, plan }: TwinWires,
  { prefix }: TwinLayer,
  layer: number,
): Pick<LayerState, 'keys' | 'values' | 'filled'> {
  const { quantise } = kernels;
  const words = (values: Float32Array | undefined, scale: number): Words =>
    values ? quantise(values, scale) : new BigUint64Array(0);
  const { kvHeads } = plan.shape;
  const filled = (plan.prefix ?? []).map(() => Array<boolean>(kvHeads).fill(true));
  return { keys: words(prefix?.keys, 10), values: words(prefix?.values, plan.layers[layer].sV), filled };
}

/** A layer's weights as words, in an epoch. */
export function weightsOf(
  wires: TwinWires,
  w: TwinLayer,
  layer: number,
  epoch: number,
): Pick<LayerState, 'floats' | 'matrices' | 'predictor' | 'skip'> {
  const { kernels, plan } = wires;
  const { width: d, heads, headDim, ffn } = plan.shape;
  const p = plan.layers[layer];
  const matrix = (rows: number, values: Float32Array, scale: number) =>
    kernels.RingMatrix.fromF32(rows, values.length / rows, values, scale);
  const matrices = {
    qkv: matrix(d, w.qkv, p.swQkv),
    o: matrix(heads * headDim, w.o, p.swO),
    ...(w.gate && p.gate?.matrix && { gate: matrix(d, w.gate, p.gate.matrix.sw) }),
    up: matrix(d, w.up, p.swUp),
    down: matrix(ffn, w.down, p.swDown),
  };
  const predictor = p.predictor &&
    w.predictor && {
      down: matrix(d, w.predictor.down, p.predictor.swDown),
      up: matrix(p.predictor.rank, w.predictor.up, p.predictor.swUp),
      maskOfUp: maskOfUp(wires, layer, epoch, p.predictor.outputs, p.predictor.rank),
    };
  const skip = p.postNorm &&
    w.skip && { a: matrix(d, w.skip.a, p.postNorm.swA), b: matrix(d, w.skip.b, p.postNorm.swB) };
  return { floats: w, matrices, ...(predictor && { predictor }), ...(skip && { skip }) };
}

/** Both halves are drawn output by output: the owner's from its seeds, those of an epoch from the tape's keys. Public weights have none. */
function maskOfUp(
  { kernels, keys, plan }: TwinWires,
  layer: number,
  epoch: number,
  outputs: number,
  rank: number,
): RingMatrix {
  if (plan.publicWeights) return kernels.RingMatrix.zeros(rank, outputs);
  const { k0, k1, weights } = keys;
  const at =
    epoch === 0
      ? nonce({ step: 0, layer, op: PREDICT_UP }, 0)
      : nonce({ step: epoch, layer, op: 0x81 + PREDICT_UP }, 1);
  const seeds = epoch === 0 ? weights : [k0, k1];
  const [a, b] = seeds.map((seed) => kernels.prgWords(seed, at, 0, outputs * rank, 64));
  const sum = kernels.plainAdd(a, b);
  const transposed = sum.map((_, i) => sum[(i % outputs) * rank + Math.floor(i / outputs)]);
  return new kernels.RingMatrix(rank, outputs, transposed);
}

/** A bias added, element `index[i]` of it to word i: that of r and of what is lifted for their product, the stream's for what is added to it. */
export function biased(
  { wires, p, state }: TwinPlace,
  name: MatrixName | 'gate',
  words: Words,
  index: readonly number[],
): Words {
  const { normA, normB, sLift, sLiftU, gate } = p;
  const others = name === 'qkv' || name === 'o' ? p.attentionBias?.[name] : gate?.bias;
  if (!p.bias && !others) return words;
  const sx = wires.plan.sx;
  const { sw = 0, f = 0 } = gate?.matrix ?? {};
  const lifted = {
    qkv: sLift + normA.sr - (p.rope?.fR ?? 0),
    gate: normB.sxs + sw - f + normB.sr,
    up: sLiftU + normB.sr,
  };
  const bias = wires.kernels.quantise(state.floats.bias![name]!, { ...lifted, o: sx, down: sx }[name]);
  return wires.sum(words, pick(bias, index));
}
