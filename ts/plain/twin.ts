/**
 * The fixed-point twin: the values of every opened wire, from docs/protocol.md alone. Shares no code with the gates. Values are truncated
 * only where they are opened, so a wire is its value and its mask, and no shares are needed: both tape keys give the masks.
 */
import { type Address, INPUT_LAYER, nonce, OP } from '../core/address.js';
import type { Kernels, RingMatrix } from '../kernels/load.js';
import { CELL_BITS, EXP, type LayerPlan, type NormPlan, type Plan } from '../plan/formats.js';

type Words = BigUint64Array;

/** The weights, as floats: matrices inputs by outputs, row-major. */
export interface TwinModel {
  readonly embedding: Float32Array;
  readonly positions: Float32Array;
  readonly positionOffset: number;
  readonly layers: readonly TwinLayer[];
}
type MatrixName = 'qkv' | 'o' | 'up' | 'down';
interface TwinLayer extends Readonly<Record<MatrixName, Float32Array>> {
  readonly bias?: Readonly<Record<MatrixName, Float32Array>>;
  readonly skip?: Readonly<Record<'a' | 'b', Float32Array>>;
  /** Minus the centres of its heads' scores. */
  readonly centers: Float32Array;
  /** Keys and values of the plan's prefix, `n x d` each. */
  readonly prefix?: Readonly<Record<'keys' | 'values', Float32Array>>;
  /** `thresholds` is minus them. */
  readonly predictor?: Readonly<Record<'down' | 'up' | 'thresholds', Float32Array>>;
}

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
interface Wire {
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

/** Thresholds 8^i, i = 1..13. */
const SIZES = BigUint64Array.from({ length: 13 }, (_, j) => 8n ** BigInt(j + 1));

/** A layer's matrices as words, and what earlier steps left. */
interface LayerState {
  readonly matrices: Readonly<Record<MatrixName, RingMatrix>>;
  readonly skip?: Readonly<Record<'a' | 'b', RingMatrix>>;
  readonly predictor?: { readonly down: RingMatrix; readonly up: RingMatrix; readonly maskOfUp: RingMatrix };
  /** By position: the norm's output and `r`. */
  readonly inputs: { readonly xs: Words; readonly r: bigint }[];
  /** `d` words a position; those of a head are there where `filled` says so. */
  keys: Words;
  values: Words;
  readonly filled: boolean[][];
  /** Of each head, the position after the latest where it was active. */
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

/** Rows of bits with a public number of ones: section 5.1. */
function levelled(bits: Words, ffn: number, budget: number): Words {
  const wanted = Math.min(ffn, budget + Math.ceil(4 * Math.sqrt(Math.max(0, budget * (1 - budget / ffn)))));
  const all: bigint[] = [];
  for (let at = 0; at < bits.length; at += ffn) {
    const row = [...bits.subarray(at, at + ffn)];
    const places = row.map((_, i) => i);
    const kept = [...places.filter((i) => row[i] === 1n), ...places.filter((i) => row[i] === 0n)].slice(0, wanted);
    all.push(...row.map((_, i) => (kept.includes(i) ? 1n : 0n)));
  }
  return BigUint64Array.from(all);
}

/** Pairs of a row and a head, or a neuron. */
type Pairs = readonly (readonly [row: number, index: number])[];
const pairsWhere = (rows: number, count: number, has: (row: number, index: number) => boolean): Pairs =>
  Array.from({ length: rows * count }, (_, i) => [Math.floor(i / count), i % count] as const).filter(([row, index]) =>
    has(row, index),
  );

/** What opens queries, keys and values: of a step, and of refills before it. */
const STEP_OPS: Readonly<Record<'raw' | 'qk' | 'v' | 'vLift', number>> = OP;
const REFILL_OPS: typeof STEP_OPS = { raw: OP.refillRaw, qk: OP.refillKey, v: OP.refillValue, vLift: OP.refillLift };

/** The place of the predictor's second matrix among a layer's tensors. */
const PREDICT_UP = 10;

export class Twin {
  /** Positions read so far: those of the prefix are from the first on. */
  position: number;
  #step = 0;
  readonly #layers: LayerState[];

  constructor(
    private readonly kernels: Kernels,
    private model: TwinModel,
    private readonly plan: Plan,
    private readonly keys: TwinKeys,
    private readonly onWire: OnWire = () => {},
  ) {
    this.position = plan.prefix?.length ?? 0;
    this.#layers = model.layers.map((layer, i) => this.#state(layer, i));
  }

  /**
   * Runs one step of `ids` from the current position on.
   * @returns the hidden states that the client reads, for the rows that the step outputs: rows x d
   */
  step(
    step: number,
    ids: readonly number[],
    outputs: 'none' | 'last' | 'all' = 'all',
    { sparse = false, modes = '', constant = false, ...rules }: TwinMode = {},
  ): Float32Array {
    this.#step = step;
    const rows = ids.length;
    const { heads, ffn } = this.plan.shape;
    let x = this.#input(ids);
    let active = pairsWhere(rows, heads, () => true);
    let ahead = false;
    for (const [layer, p] of this.plan.layers.entries()) {
      const mode = sparse ? (modes[layer] ?? 'p') : 'd';
      const budget = sparse && constant ? p.predictor?.budget : undefined;
      this.#layers[layer].filled.length = this.position;
      if (ahead || rules.apart) this.#refill(layer, p, rows, active, rules);
      const { x1, bits: own } = this.#attention(layer, p, x, rows, active, mode === 'p', budget, rules.keep);
      ahead = own !== undefined && rules.prefetch !== undefined;
      const outputsOf = budget === undefined ? (p.predictor?.outputs ?? 0) : ffn;
      const bits = own && budget !== undefined ? levelled(own, ffn, budget) : own;
      const has = (row: number, output: number): boolean => !bits || bits[row * outputsOf + output] === 1n;
      const pairs = pairsWhere(rows, ffn, has);
      active = pairsWhere(rows, heads, (row, head) => outputsOf === ffn || has(row, ffn + head));
      x = this.#feedForward(layer, p, x1, rows, pairs, mode === 'e');
    }
    this.position += rows;
    if (outputs === 'none') return new Float32Array(0);
    const d = this.plan.shape.width;
    const from = outputs === 'last' ? (rows - 1) * d : 0;
    return this.#final({ ...x, v: x.v.slice(from), mask: x.mask.slice(from) }, outputs === 'last' ? 1 : rows);
  }

  /** An epoch begins: `model` is in its order. What is cached stays. */
  begin(epoch: number, model: TwinModel): void {
    this.model = model;
    for (const [i, layer] of model.layers.entries()) {
      this.#free(this.#layers[i]);
      this.#layers[i] = { ...this.#layers[i], ...this.#weights(layer, i, epoch) };
      // The order of heads lasts a session: an epoch that changes it begins before anything else is cached.
      if (this.position === (this.plan.prefix?.length ?? 0)) Object.assign(this.#layers[i], this.#prefix(layer, i));
    }
  }

  /** Gives the kernels' memory back. */
  free(): void {
    for (const layer of this.#layers) this.#free(layer);
  }

  #free({ matrices, predictor, skip }: LayerState): void {
    const all = [matrices, predictor ?? {}, skip ?? {}].flatMap((each) => Object.values(each) as RingMatrix[]);
    for (const matrix of all) matrix.free();
  }

  #state(w: TwinLayer, i: number): LayerState {
    return { ...this.#weights(w, i, 0), inputs: [], ...this.#prefix(w, i), active: [] };
  }

  /** What is cached before the first step: constants, `round(v·2^scale)`. */
  #prefix({ prefix }: TwinLayer, i: number): Pick<LayerState, 'keys' | 'values' | 'filled'> {
    const { quantise } = this.kernels;
    const words = (values: Float32Array | undefined, scale: number): Words =>
      values ? quantise(values, scale) : new BigUint64Array(0);
    const { heads } = this.plan.shape;
    const filled = (this.plan.prefix ?? []).map(() => Array<boolean>(heads).fill(true));
    return { keys: words(prefix?.keys, 10), values: words(prefix?.values, this.plan.layers[i].sV), filled };
  }

  #weights(w: TwinLayer, i: number, epoch: number): Pick<LayerState, 'matrices' | 'predictor' | 'skip'> {
    const { width: d, ffn } = this.plan.shape;
    const p = this.plan.layers[i];
    const matrix = (rows: number, values: Float32Array, scale: number) =>
      this.kernels.RingMatrix.fromF32(rows, values.length / rows, values, scale);
    const matrices = {
      qkv: matrix(d, w.qkv, p.swQkv),
      o: matrix(d, w.o, p.swO),
      up: matrix(d, w.up, p.swUp),
      down: matrix(ffn, w.down, p.swDown),
    };
    const predictor = p.predictor &&
      w.predictor && {
        down: matrix(d, w.predictor.down, p.predictor.swDown),
        up: matrix(p.predictor.rank, w.predictor.up, p.predictor.swUp),
        maskOfUp: this.#maskOfUp(i, epoch, p.predictor.outputs, p.predictor.rank),
      };
    const skip = p.postNorm &&
      w.skip && { a: matrix(d, w.skip.a, p.postNorm.swA), b: matrix(d, w.skip.b, p.postNorm.swB) };
    return { matrices, ...(predictor && { predictor }), ...(skip && { skip }) };
  }

  /** Both halves are drawn output by output: the owner's from its seeds, those of an epoch from the tape's keys. */
  #maskOfUp(layer: number, epoch: number, outputs: number, rank: number): RingMatrix {
    const { k0, k1, weights } = this.keys;
    const at =
      epoch === 0
        ? nonce({ step: 0, layer, op: PREDICT_UP }, 0)
        : nonce({ step: epoch, layer, op: 0x81 + PREDICT_UP }, 1);
    const seeds = epoch === 0 ? weights : [k0, k1];
    const [a, b] = seeds.map((seed) => this.kernels.prgWords(seed, at, 0, outputs * rank, 64));
    const sum = this.#sum(a, b);
    const transposed = sum.map((_, i) => sum[(i % outputs) * rank + Math.floor(i / outputs)]);
    return new this.kernels.RingMatrix(rank, outputs, transposed);
  }

  #input(ids: readonly number[]): Wire {
    const { sx, wx, shape } = this.plan;
    const { embedding, positions, positionOffset } = this.model;
    const d = shape.width;
    const x = Float32Array.from({ length: ids.length * d }, (_, i) => {
      const row = Math.floor(i / d);
      return embedding[ids[row] * d + (i % d)] + positions[(this.position + row + positionOffset) * d + (i % d)];
    });
    const { client0, client1 } = this.keys;
    return this.#opened({ layer: INPUT_LAYER, op: OP.input }, this.kernels.quantise(x, sx), wx, [client0, client1]);
  }

  /** Rows 16 to 23, for some pairs (row, neuron); with `exact` for those of them that are not negative. */
  #feedForward(layer: number, p: LayerPlan, x1: Wire, rows: number, pairs: Pairs, exact: boolean): Wire {
    const { plan, kernels } = this;
    const { ffn, width: d } = plan.shape;
    const { matrices } = this.#layers[layer];
    const open = (op: number, values: Words, width: number) => this.#opened({ layer, op }, values, width);
    const reducible = (p.fused || exact) && plan.wx + p.fUh <= 64 && plan.wx + p.fUh >= p.kUh;
    const uhWidth = reducible ? plan.wx + p.fUh : p.kUh;
    const r = this.#norm(x1, { ...p.normB, kR: Math.max(p.normB.kR, uhWidth) }, rows, NORM_B, open);
    const all = matrices.up.mul(this.#truncated(x1, p.normB.fx).v, rows);
    const placeOf = ([row, neuron]: Pairs[number]): number => row * ffn + neuron;
    let u = open(OP.up, pick(all, pairs.map(placeOf)), p.kU);
    if (exact && !p.bias) {
      const signs = this.#positive(layer, p, u);
      pairs = pairs.filter((_, i) => signs[i] === 1n);
      u = derived(u, signs);
    }
    const rOf = pick(r.v, pairs.map(([row]) => row)); // prettier-ignore
    const neurons = pairs.map(([, neuron]) => neuron);
    const scaled = this.#biased(layer, 'up', kernels.plainScaleRows(rOf, this.#lifted(u, p.fLiftU)), neurons);
    const fused = p.fused === true && !p.bias && !exact;
    const bits = fused ? this.#positive(layer, p, u) : undefined;
    const product = bits ? scaled.map((value, i) => value * bits[i]) : scaled;
    const uh = open(OP.uh, product, uhWidth);
    let lifted = reducible ? this.#truncated(uh, p.fUh).v : this.#lifted(uh, p.fUh);
    if (!fused && (!exact || p.bias)) {
      const positive = this.#positive(layer, p, p.bias ? this.#reduced(uh, p.kUh) : u);
      const chosen = (_: unknown, i: number): boolean => positive[i] === 1n;
      if (exact) {
        pairs = pairs.filter(chosen);
        lifted = lifted.filter(chosen);
      } else lifted = lifted.map((value, i) => value * positive[i]);
    }
    const a = reducible ? lifted : open(OP.relu, lifted, plan.wx).v;
    const spread = new BigUint64Array(rows * ffn);
    for (const [i, pair] of pairs.entries()) spread[placeOf(pair)] = a[i];
    const n = p.postNorm && this.#normed(x1, r, p.postNorm.fB, p.sLiftU, OP.nB, open);
    const residual = n ? this.#layers[layer].skip!.b.mul(n.v, rows) : x1.v;
    const x2 = this.#sum(residual, matrices.down.mul(spread, rows));
    return open(OP.x2, this.#biased(layer, 'down', x2, everyRow(rows, d)), plan.wx);
  }

  /** Whether values are at least zero: in the top 16 bits of their wire, or by SGN. */
  #positive(layer: number, { signTable }: LayerPlan, wire: Wire): Words {
    let compared = wire;
    if (signTable) {
      const { v, mask, width } = this.#reduced(wire, signTable.width);
      const half = 2n ** BigInt(width - signTable.bits - 1);
      compared = { v: v.map((value) => value - half), mask, width };
    }
    const width = signTable?.bits ?? 16;
    const top = this.#truncated(compared, compared.width - width);
    const bits = this.kernels.plainAtLeast(top.v, BigUint64Array.of(0n), width);
    this.onWire({ step: this.#step, layer, op: OP.signBit }, bits);
    return bits;
  }

  /** Section 5.2: what heads lack of earlier positions, and the first of what heads lack that were active a moment ago. */
  #refill(layer: number, p: LayerPlan, rows: number, active: Pairs, { prefetch = 0, keep }: TwinMode): void {
    const { position } = this;
    const state = this.#layers[layer];
    const jobs = this.#missing(state, rows, active, keep).filter(([at]) => at < position);
    const until = (head: number): number => Math.min(state.active[head] ?? 0, position);
    const heads = Array.from({ length: this.plan.shape.heads }, (_, head) => head)
      .filter((head) => until(head) > 0 && until(head) >= position - 7 && !active.some(([, other]) => other === head))
      .sort((a, b) => until(b) - until(a) || a - b);
    const has = (at: number, head: number): boolean =>
      state.filled[at]?.[head] || jobs.some(([job, other]) => job === at && other === head);
    const also = heads.flatMap((head) => [...Array(position).keys()].filter((at) => !has(at, head)).map((at) => [at, head] as const)); // prettier-ignore
    const all = [...jobs, ...also.slice(0, prefetch)].sort(([a, i], [b, j]) => a - b || i - j);
    if (all.length > 0) this.#heads(layer, p, REFILL_OPS, [], all);
  }

  /** Queries, keys and values of some pairs (position, head); keys and values are cached. */
  #heads(layer: number, p: LayerPlan, ops: typeof STEP_OPS, queries: Pairs, jobs: Pairs): Words {
    const { kernels } = this;
    const { width: d, headDim } = this.plan.shape;
    const state = this.#layers[layer];
    const open: Open = (op, values, width) => this.#opened({ layer, op }, values, width);
    /** Part 0 is q, 1 is k, 2 is v: all products of a position's input, of which a head's are taken. */
    const dims = (head: number, part: number): number[] =>
      Array.from({ length: headDim }, (_, i) => part * d + head * headDim + i);
    const list = [
      ...queries.map(([at, head]) => ({ at, dims: dims(head, 0) })),
      ...jobs.map(([at, head]) => ({ at, dims: dims(head, 1) })),
      ...jobs.map(([at, head]) => ({ at, dims: dims(head, 2) })),
    ];
    const products = new Map<number, Words>();
    for (const { at } of list) if (!products.has(at)) products.set(at, state.matrices.qkv.mul(state.inputs[at].xs, 1));
    const words = concat(...list.map(({ at, dims: places }) => pick(products.get(at)!, places)));
    const raw = open(ops.raw, words, p.kRaw);
    const roots = BigUint64Array.from(list, ({ at }) => state.inputs[at].r);
    const places = list.flatMap((item) => item.dims);
    const scaled = this.#biased(layer, 'qkv', kernels.plainScaleRows(roots, this.#lifted(raw, p.fLift)), places);
    const split = (queries.length + jobs.length) * headDim;
    const qk = this.#truncated(
      open(ops.qk, scaled.slice(0, split), Math.max(30, (p.softmax?.width ?? 21) + p.fS) + p.fQk),
      p.fQk,
    );
    const v = open(ops.v, scaled.slice(split), p.kV);
    const lifted = open(ops.vLift, this.#lifted(v, p.fV), p.kO);
    for (const [i, [at, head]] of jobs.entries()) {
      (state.filled[at] ??= [])[head] = true;
      const [to, from] = [at * d + head * headDim, i * headDim];
      state.keys.set(qk.v.subarray(queries.length * headDim + from, queries.length * headDim + from + headDim), to);
      state.values.set(lifted.v.subarray(from, from + headDim), to);
    }
    return qk.v.slice(0, queries.length * headDim);
  }

  /** Rows 1 to 15 and the predictor's, for some pairs (row, head). */
  #attention(
    layer: number,
    p: LayerPlan,
    x: Wire,
    rows: number,
    active: Pairs,
    predicts: boolean,
    budget?: number,
    keep?: number,
  ) {
    const { kernels, position, plan } = this;
    const { width: d, headDim } = plan.shape;
    const state = this.#layers[layer];
    const open: Open = (op, values, width) => this.#opened({ layer, op }, values, width);
    const bare = p.postNorm !== undefined && layer === 0;
    const one = new BigUint64Array(rows).fill(1n << BigInt(p.normA.sr));
    const r = bare
      ? { v: one, mask: new BigUint64Array(rows), width: p.normA.kR }
      : this.#norm(x, p.normA, rows, NORM_A, open);
    const xs = this.#truncated(x, p.normA.fx);
    for (let row = 0; row < rows; row++)
      state.inputs[position + row] = { xs: xs.v.slice(row * d, (row + 1) * d), r: r.v[row] };
    const bits = predicts && p.predictor ? this.#predict(layer, p, xs, r, rows, open, budget) : undefined;

    const length = (position + rows) * d;
    state.keys = concat(state.keys.slice(0, length), new BigUint64Array(Math.max(0, length - state.keys.length)));
    state.values = concat(state.values.slice(0, length), new BigUint64Array(Math.max(0, length - state.values.length)));
    const queries = active.map(([row, head]) => [position + row, head] as const);
    const query = this.#heads(layer, p, STEP_OPS, queries, this.#missing(state, rows, active, keep));
    for (let head = 0; head < plan.shape.heads; head++) {
      const latest = queries.filter(([, other]) => other === head).map(([at]) => at + 1);
      state.active[head] = Math.max(Math.min(state.active[head] ?? 0, position), ...latest);
    }

    const centers = kernels.quantise(this.model.layers[layer].centers, 14 + p.fS).map((word) => -word);
    const heads = Uint32Array.from(active, ([, head]) => head);
    const lengths = Uint32Array.from(active, ([row]) => position + row + 1);
    const scores = kernels.plainScores(query, state.keys, centers, heads, lengths, headDim);
    const width = p.softmax?.width ?? 21;
    const weights = this.#softmax(p, open(OP.score, scores, width + p.fS), lengths, open);
    const out = kernels.plainWeighted(weights.v, state.values, heads, lengths, d, headDim);
    const wide = open(OP.o, out, p.kO);
    const o = p.oLift ? open(OP.oLift, this.#lifted(wide, p.fO), plan.wx) : this.#truncated(wide, p.fO);
    const spread = new BigUint64Array(rows * d);
    for (const [i, [row, head]] of active.entries())
      spread.set(o.v.subarray(i * headDim, (i + 1) * headDim), row * d + head * headDim);
    const n = p.postNorm && this.#normed(x, bare ? undefined : r, p.postNorm.fA, p.sLift, OP.nA, open);
    const residual = n ? state.skip!.a.mul(n.v, rows) : x.v;
    const x1 = this.#sum(residual, state.matrices.o.mul(spread, rows));
    return { x1: open(OP.x1, this.#biased(layer, 'o', x1, everyRow(rows, d)), plan.wx), bits };
  }

  /** Rows 8 to 12, and the coarse levels before them (section 3.4): attention weights of scores as they were opened. */
  #softmax(p: LayerPlan, scores: Wire, lengths: Uint32Array, open: Open): Wire {
    const { kernels } = this;
    const { z: zCells, p: pCells } = p.expCells ?? { z: CELL_BITS, p: CELL_BITS };
    const exp1 = EXP[zCells].z;
    const width = p.softmax?.width ?? 21;
    const levels = p.softmax?.levels ?? [{ shift: 0, offset: 0, dtop: exp1.dtop }];
    let s = this.#truncated(scores, p.fS);
    for (const [i, { shift, offset, dtop }] of levels.entries()) {
      const coarse = 64 + 4 * i;
      const fine = i === levels.length - 1;
      const [zOp, partsOp, yOp] = fine ? [OP.z, OP.lnParts, OP.y] : [coarse, coarse + 2, coarse + 3];
      const t = this.#truncated(s, shift);
      const exps = kernels.plainExp(t.v, t.mask, width - shift, zCells, exp1.p, exp1.q + offset, dtop);
      const ln = this.#ln(open(zOp, kernels.plainSums(exps, lengths), 60), partsOp, width + 3 - shift, open);
      const less = BigInt(Math.round(offset * Math.LN2 * 2 ** 17));
      const scaled = ln.map((word) => (word - less) << BigInt(shift));
      s = this.#truncated(open(yOp, kernels.plainShifted(s.v, scaled, lengths), width + 3), 3);
    }
    const { p: factor, q } = p.exp2;
    const weights = kernels.plainExp(s.v, s.mask, width, pCells, factor, q, EXP[pCells].p.dtop);
    return open(OP.p, weights, p.kO);
  }

  /** LN of sums: window 0, then what each window adds to the one before. */
  #ln(z: Wire, partsOp: number, width: number, open: Open): Words {
    const { kernels } = this;
    const windows = Array.from({ length: 14 }, (_, i) => kernels.plainLn(z.v, z.mask, i));
    const part = open(partsOp, partsOf(windows), width).v;
    const reached = kernels.plainAtLeast(this.#truncated(z, 18).v, SIZES, 42);
    return signed(chosen(part, reached, 14), width);
  }

  /**
   * Keys and values that the cache lacks, by position, then head: for every active head up to the last row that needs it, for all others
   * before the positions whose inputs are kept.
   */
  #missing({ filled }: LayerState, rows: number, active: Pairs, keep = Infinity): Pairs {
    const { heads } = this.plan.shape;
    const until = (head: number): number =>
      Math.max(
        -1,
        this.position - keep - 1,
        ...active.filter(([, other]) => other === head).map(([row]) => this.position + row),
      );
    const last = Array.from({ length: heads }, (_, head) => until(head));
    return pairsWhere(this.position + rows, heads, (at, head) => at <= last[head] && !filled[at]?.[head]);
  }

  /** The bits of section 5: outputs whose score reaches the threshold; with a budget, of neurons alone and padded. */
  #predict(layer: number, p: LayerPlan, xs: Wire, r: Wire, rows: number, open: Open, budget?: number): Words {
    const { kernels } = this;
    const plan = p.predictor!;
    const { down, up, maskOfUp } = this.#layers[layer].predictor!;
    const hidden = open(OP.hidden, down.mul(xs.v, rows), plan.kHidden);
    const scaled = kernels.plainScaleRows(r.v, this.#lifted(hidden, plan.fLift));
    const input = this.#truncated(open(OP.scaledHidden, scaled, plan.kScore + plan.fHidden), plan.fHidden);
    const scale = p.sLift + p.normA.sr - plan.fHidden + plan.swUp;
    const minus = kernels.quantise(this.model.layers[layer].predictor!.thresholds, scale);
    const margins = up.mul(input.v, rows).map((score, i) => score + minus[i % plan.outputs]);
    const gamma = maskOfUp.mul(input.mask, rows);
    const compared = (words: Words): Words =>
      budget === undefined ? words : words.filter((_, i) => i % plan.outputs < this.plan.shape.ffn);
    const opened = this.#opened(
      { layer, op: OP.predScore },
      compared(margins),
      plan.kScore,
      undefined,
      compared(gamma),
    );
    const reached = kernels.plainAtLeast(this.#truncated(opened, plan.kScore - 10).v, BigUint64Array.of(0n), 10);
    const bits = budget === undefined ? reached : this.#padded(layer, reached, rows, budget, open);
    this.onWire({ step: this.#step, layer, op: OP.predBit }, bits);
    return bits;
  }

  /** Section 5.1: of the neurons that are not active, those whose noise is below the chance that goes with the number of active ones. */
  #padded(layer: number, active: Words, rows: number, budget: number, open: Open): Words {
    const { kernels, keys } = this;
    const { ffn } = this.plan.shape;
    const counts = Array.from({ length: rows }, (_, row) =>
      active.slice(row * ffn, (row + 1) * ffn).reduce((sum, bit) => sum + bit, 0n),
    );
    open(OP.padCount, BigUint64Array.from(counts), Math.ceil(Math.log2(ffn + 1)));
    const at = nonce({ step: this.#step, layer, op: OP.padNoise }, 0);
    const parts = [keys.k01, keys.k0, keys.k1].map((key) => kernels.prgWords(key, at, 0, active.length, 10));
    const scores = active.map((bit, i) => {
      const count = Number(counts[Math.floor(i / ffn)]);
      const chance = count < budget ? Math.min(1023, Math.round((1024 * (budget - count)) / (ffn - count))) : 0;
      const noise = parts[0][i] ^ parts[1][i] ^ parts[2][i];
      return 1024n * bit + BigInt(chance) - noise - 1n;
    });
    const { v } = open(OP.padScore, scores, 12);
    return kernels.plainAtLeast(v, BigUint64Array.of(0n), 12);
  }

  #final(x: Wire, rows: number): Float32Array {
    const { final, shape } = this.plan;
    const layer = shape.layers;
    const open = (op: number, values: Words, width: number) => this.#opened({ layer, op }, values, width);
    const r = this.#norm(x, final, rows, FINAL, open);
    const product = this.kernels.plainScaleRows(r.v, this.#truncated(x, final.fx).v);
    const hidden = this.kernels.plainReduce(product, final.kOut);
    this.onWire({ step: this.#step, layer, op: 3 }, hidden, { exact: product, width: final.kOut });
    const unit = 2 ** -(final.sxs + final.sr);
    return Float32Array.from(hidden, (word) => Number(BigInt.asIntN(final.kOut, word)) * unit);
  }

  /** Section 3.3: the norm's output, or what no norm has changed. */
  #normed(x: Wire, r: Wire | undefined, f: number, sLift: number, op: number, open: Open): Wire {
    const { sx, wx } = this.plan;
    if (!r) return open(op, this.#lifted(x, f), wx);
    const product = this.kernels.plainScaleRows(r.v, this.#lifted(x, sx - sLift));
    return this.#truncated(open(op, product, wx + f), f);
  }

  /** The norm's `r`, opened. */
  #norm(x: Wire, n: NormPlan, rows: number, ops: NormOps, open: Open): Wire {
    const sum = open(ops.sum, this.kernels.plainSumSquares(this.#truncated(x, n.fx6).v, rows), n.kSum);
    const { f, w, t, dmin, sr, s6, kR, windows } = n;
    const root = (from: number): Words =>
      this.kernels.plainRsqrt(sum.v, sum.mask, from, w, t, dmin, sr, s6, this.plan.shape.width);
    if (!windows) return open(ops.r, root(f), kR);
    const { count, step, shift } = windows;
    const part = open(ops.parts, partsOf(Array.from({ length: count }, (_, i) => root(f + step * i))), kR).v;
    const begins = BigUint64Array.from({ length: count - 1 }, (_, i) => 1n << BigInt(step * (i + 1)));
    const reached = this.kernels.plainAtLeast(this.#truncated(sum, shift).v, begins, n.kSum - shift);
    return open(ops.r, chosen(part, reached, count), kR);
  }

  /** An opened wire: its value mod 2^width, and the mask that both keys give, less what it takes in. */
  #opened(
    { layer, op }: Omit<Address, 'step'>,
    values: Words,
    width: number,
    keys = [this.keys.k0, this.keys.k1],
    takenIn?: Words,
  ): Wire {
    const at = { step: this.#step, layer, op };
    const [half0, half1] = keys.map((key) => this.kernels.prgWords(key, nonce(at, 0), 0, values.length, width));
    const less = (words: Words): Words => (takenIn ? words.map((word, i) => word - takenIn[i]) : words);
    const v = signed(values, width);
    // What is opened less both halves.
    this.onWire(at, this.kernels.plainReduce(less(v), width), { exact: values, width });
    return { v, mask: this.kernels.plainReduce(less(this.#sum(half0, half1)), width), width };
  }

  #truncated({ v, mask, width }: Wire, f: number): Wire {
    const shift = BigInt(f);
    return {
      v: signed(this.kernels.plainTruncate(v, mask, width, f), width - f),
      mask: mask.map((word) => word >> shift),
      width: width - f,
    };
  }

  /** Both modulo 2^width: the low bits. */
  #reduced({ v, mask }: Wire, width: number): Wire {
    return { v: signed(v, width), mask: this.kernels.plainReduce(mask, width), width };
  }

  /** A bias added, element `index[i]` of it to word i: that of r and of what is lifted for their product, the stream's for what is added to it. */
  #biased(layer: number, name: MatrixName, words: Words, index: readonly number[]): Words {
    if (!this.plan.layers[layer].bias) return words;
    const { normA, normB, sLift, sLiftU } = this.plan.layers[layer];
    const scale = { qkv: sLift + normA.sr, up: sLiftU + normB.sr, o: this.plan.sx, down: this.plan.sx }[name];
    const bias = this.kernels.quantise(this.model.layers[layer].bias![name], scale);
    return this.#sum(words, pick(bias, index));
  }

  #lifted = ({ v, mask, width }: Wire, f: number): Words => this.kernels.plainLift(v, mask, width, f);
  #sum = (a: Words, b: Words): Words => this.kernels.plainAdd(a, b);
}

/** Operations of a norm. */
interface NormOps {
  readonly sum: number;
  readonly r: number;
  readonly parts: number;
}
const NORM_A: NormOps = { sum: OP.sumA, r: OP.rA, parts: OP.rAParts };
const NORM_B: NormOps = { sum: OP.sumB, r: OP.rB, parts: OP.rBParts };
const FINAL: NormOps = { sum: 1, r: 2, parts: 6 };

/** Element by element: the first window's value, then what each window adds to the one before. */
function partsOf(windows: readonly Words[]): Words {
  const count = windows.length;
  return BigUint64Array.from({ length: windows[0].length * count }, (_, at) => {
    const [element, i] = [Math.floor(at / count), at % count];
    return BigInt.asUintN(64, windows[i][element] - (i > 0 ? windows[i - 1][element] : 0n));
  });
}

/** The sums of those parts of each element whose window is reached. */
function chosen(parts: Words, reached: Words, count: number): Words {
  return BigUint64Array.from({ length: parts.length / count }, (_, element) => {
    let sum = parts[element * count];
    for (let i = 1; i < count; i++) sum += reached[(count - 1) * element + i - 1] * parts[element * count + i];
    return sum;
  });
}

type Open = (op: number, values: Words, width: number) => Wire;

/** Words modulo 2^width as signed words: the top one of those bits in all bits above. By halves, because bigints are slow. */
function signed(words: Words, width: number): Words {
  const out = words.slice();
  const halves = new Int32Array(out.buffer);
  for (let low = 0; low < halves.length; low += 2) {
    const unused = 64 - width;
    if (width > 32) halves[low + 1] = (halves[low + 1] << unused) >> unused;
    else {
      halves[low] = (halves[low] << (unused - 32)) >> (unused - 32);
      halves[low + 1] = halves[low] >> 31;
    }
  }
  return out;
}

const pick = (words: Words, places: readonly number[]): Words => BigUint64Array.from(places, (at) => words[at]);
/** The elements of a wire whose bit is one. */
const derived = ({ v, mask, width }: Wire, bits: Words): Wire => {
  const chosen = (_: bigint, i: number): boolean => bits[i] === 1n;
  return { v: v.filter(chosen), mask: mask.filter(chosen), width };
};
const everyRow = (rows: number, cols: number): number[] => Array.from({ length: rows * cols }, (_, i) => i % cols);

function concat(...parts: readonly Words[]): Words {
  const out = new BigUint64Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
  return out;
}
