/**
 * The fixed-point twin: the values of every opened wire, from docs/protocol.md alone. Shares no code with the gates. Values are truncated
 * only where they are opened, so a wire is its value and its mask, and no shares are needed: both tape keys give the masks.
 */
import { type Address, INPUT_LAYER, nonce, OP } from '../core/address.js';
import type { Kernels, RingMatrix } from '../kernels/load.js';
import { FIXED, type LayerPlan, type NormPlan, type Plan } from '../model/plan.js';

type Words = BigUint64Array;

/** The weights, as floats: matrices inputs by outputs, row-major. */
export interface TwinModel {
  readonly embedding: Float32Array;
  readonly positions: Float32Array;
  readonly positionOffset: number;
  readonly layers: readonly (Readonly<Record<MatrixName, Float32Array>> & {
    readonly bias?: Readonly<Record<MatrixName, Float32Array>>;
  })[];
}
type MatrixName = 'qkv' | 'o' | 'up' | 'down';

/** Everything that masks come from; 32 bytes each. */
export interface TwinKeys {
  readonly k0: Uint8Array;
  readonly k1: Uint8Array;
  readonly client0: Uint8Array;
  readonly client1: Uint8Array;
}

/** An opened wire, or one derived from it by truncation. */
interface Wire {
  readonly v: Words;
  readonly mask: Words;
  readonly width: number;
}

/** Sees every opened wire's value, before any truncation. */
export type OnWire = (at: Address, values: Words) => void;

/** Thresholds 8^i, i = 1..13. */
const SIZES = BigUint64Array.from({ length: 13 }, (_, j) => 8n ** BigInt(j + 1));

export class Twin {
  /** Positions read so far. */
  position = 0;
  #step = 0;
  readonly #matrices: Record<MatrixName, RingMatrix>[];
  readonly #keys: Words[];
  readonly #values: Words[];

  constructor(
    private readonly kernels: Kernels,
    private readonly model: TwinModel,
    private readonly plan: Plan,
    private readonly keys: TwinKeys,
    private readonly onWire: OnWire = () => {},
  ) {
    const { width: d, ffn } = plan.shape;
    const matrix = (rows: number, cols: number, values: Float32Array, scale: number) =>
      kernels.RingMatrix.fromF32(rows, cols, values, scale);
    this.#matrices = model.layers.map((w, i) => ({
      qkv: matrix(d, 3 * d, w.qkv, plan.layers[i].swQkv),
      o: matrix(d, d, w.o, plan.layers[i].swO),
      up: matrix(d, ffn, w.up, plan.layers[i].swUp),
      down: matrix(ffn, d, w.down, plan.layers[i].swDown),
    }));
    this.#keys = plan.layers.map(() => new BigUint64Array(0));
    this.#values = plan.layers.map(() => new BigUint64Array(0));
  }

  /**
   * Runs one step of `ids` from the current position on.
   * @returns the hidden states that the client reads, for the rows that the step outputs: rows x d
   */
  step(step: number, ids: readonly number[], outputs: 'none' | 'last' | 'all' = 'all'): Float32Array {
    this.#step = step;
    let x = this.#input(ids);
    for (let layer = 0; layer < this.plan.layers.length; layer++) x = this.#layer(layer, x, ids.length);
    this.position += ids.length;
    if (outputs === 'none') return new Float32Array(0);
    const d = this.plan.shape.width;
    const from = outputs === 'last' ? (ids.length - 1) * d : 0;
    return this.#final({ ...x, v: x.v.slice(from), mask: x.mask.slice(from) }, outputs === 'last' ? 1 : ids.length);
  }

  /** Gives the kernels' memory back. */
  free(): void {
    for (const matrices of this.#matrices) for (const matrix of Object.values(matrices)) matrix.free();
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

  #layer(layer: number, x: Wire, rows: number): Wire {
    const { plan } = this;
    const p = plan.layers[layer];
    const matrices = this.#matrices[layer];
    const open = (op: number, values: Words, width: number) => this.#opened({ layer, op }, values, width);
    const o = this.#attention(layer, p, x, rows, open);
    const x1 = open(OP.x1, this.#biased(layer, 'o', this.#sum(x.v, matrices.o.mul(o.v, rows))), plan.wx);
    const r = this.#norm(x1, p.normB, rows, OP.sumB, OP.rB, open);
    const u = open(OP.up, matrices.up.mul(this.#truncated(x1, p.normB.fx).v, rows), p.kU);
    const scaled = this.#biased(layer, 'up', this.kernels.plainScaleRows(r.v, this.#lifted(u, p.fLiftU)));
    const wide = open(OP.uh, scaled, plan.wx + p.fUh);
    const signed = p.bias ? this.#reduced(wide, p.bias.kSign) : u;
    const top = this.#truncated(signed, signed.width - 16);
    const positive = this.kernels.plainAtLeast(top.v, BigUint64Array.of(0n), 16);
    this.onWire({ step: this.#step, layer, op: OP.signBit }, positive);
    const uh = this.#truncated(wide, p.fUh);
    const a = open(
      OP.relu,
      uh.v.map((value, i) => value * positive[i]),
      plan.wx,
    );
    return open(OP.x2, this.#biased(layer, 'down', this.#sum(x1.v, matrices.down.mul(a.v, rows))), plan.wx);
  }

  /** Rows 1 to 14: the attention output, truncated for the next product. */
  #attention(layer: number, p: LayerPlan, x: Wire, rows: number, open: Open): Wire {
    const { kernels } = this;
    const { width: d, headDim } = this.plan.shape;
    const r = this.#norm(x, p.normA, rows, OP.sumA, OP.rA, open);
    const raw = open(OP.raw, this.#matrices[layer].qkv.mul(this.#truncated(x, p.normA.fx).v, rows), p.kRaw);
    const scaled = this.#biased(layer, 'qkv', kernels.plainScaleRows(r.v, this.#lifted(raw, p.fLift)));
    const qk = this.#truncated(open(OP.qk, columns(scaled, 3 * d, 0, 2 * d), 30 + p.fQk), p.fQk);
    const v = open(OP.v, columns(scaled, 3 * d, 2 * d, 3 * d), p.kV);
    const keys = (this.#keys[layer] = concat(this.#keys[layer], columns(qk.v, 2 * d, d, 2 * d)));
    const values = (this.#values[layer] = concat(this.#values[layer], open(OP.vLift, this.#lifted(v, p.fV), p.kO).v));

    const centers = BigUint64Array.from(p.centers, (center) => BigInt.asUintN(64, BigInt(center)));
    const { heads, lengths } = this.#groups(rows);
    const products = kernels.plainScores(columns(qk.v, 2 * d, 0, d), keys, centers, heads, lengths, headDim);
    const s = this.#truncated(open(OP.score, products, 21 + p.fS), p.fS);
    const { exp1, exp2Top } = FIXED;
    const exps = kernels.plainExp(s.v, s.mask, exp1.p, exp1.q, exp1.dtop);
    const z = open(OP.z, kernels.plainSums(exps, lengths), 60);
    const windows = Array.from({ length: 14 }, (_, i) => kernels.plainLn(z.v, z.mask, i));
    // Row by row: window 0, then what each window adds to the one before.
    const added = z.v.length * 14;
    const parts = BigUint64Array.from({ length: added }, (_, at) => {
      const [row, i] = [Math.floor(at / 14), at % 14];
      return BigInt.asUintN(64, windows[i][row] - (i > 0 ? windows[i - 1][row] : 0n));
    });
    const { v: part } = open(OP.lnParts, parts, 24);
    const reached = kernels.plainAtLeast(this.#truncated(z, 18).v, SIZES, 42);
    const ln = z.v.map((_, row) =>
      SIZES.reduce((sum, _size, i) => sum + reached[13 * row + i] * part[14 * row + i + 1], part[14 * row]),
    );
    const y = this.#truncated(open(OP.y, kernels.plainShifted(s.v, ln, lengths), 24), 3);
    const weights = open(OP.p, kernels.plainExp(y.v, y.mask, p.exp2.p, p.exp2.q, exp2Top), p.kO);
    const out = kernels.plainWeighted(weights.v, values, heads, lengths, d, headDim);
    return this.#truncated(open(OP.o, out, p.kO), p.fO);
  }

  /** Row by row every head, and how many positions it attends to: its own row's is the last. */
  #groups(rows: number): { heads: Uint32Array; lengths: Uint32Array } {
    const [heads, lengths]: number[][] = [[], []];
    for (let row = 0; row < rows; row++) {
      for (let head = 0; head < this.plan.shape.heads; head++) {
        heads.push(head);
        lengths.push(this.position + row + 1);
      }
    }
    return { heads: Uint32Array.from(heads), lengths: Uint32Array.from(lengths) };
  }

  #final(x: Wire, rows: number): Float32Array {
    const { final, shape } = this.plan;
    const layer = shape.layers;
    const open = (op: number, values: Words, width: number) => this.#opened({ layer, op }, values, width);
    const r = this.#norm(x, final, rows, 1, 2, open);
    const product = this.kernels.plainScaleRows(r.v, this.#truncated(x, final.fx).v);
    const hidden = this.kernels.plainReduce(product, final.kOut);
    this.onWire({ step: this.#step, layer, op: 3 }, hidden);
    const unit = 2 ** -(final.sxs + final.sr);
    return Float32Array.from(hidden, (word) => Number(BigInt.asIntN(final.kOut, word)) * unit);
  }

  /** The norm's `r`, opened. */
  #norm(x: Wire, n: NormPlan, rows: number, sumOp: number, rOp: number, open: Open): Wire {
    const sum = open(sumOp, this.kernels.plainSumSquares(this.#truncated(x, n.fx6).v, rows), n.kSum);
    const { f, w, t, dmin, sr, s6, kR } = n;
    return open(rOp, this.kernels.plainRsqrt(sum.v, sum.mask, f, w, t, dmin, sr, s6, this.plan.shape.width), kR);
  }

  /** An opened wire: its value mod 2^width, and the mask that both keys give. */
  #opened(
    { layer, op }: Omit<Address, 'step'>,
    values: Words,
    width: number,
    keys = [this.keys.k0, this.keys.k1],
  ): Wire {
    const at = { step: this.#step, layer, op };
    const [half0, half1] = keys.map((key) => this.kernels.prgWords(key, nonce(at, 0), 0, values.length, width));
    const v = this.kernels.plainReduce(values, width);
    this.onWire(at, v);
    return { v, mask: this.kernels.plainReduce(this.#sum(half0, half1), width), width };
  }

  #truncated({ v, mask, width }: Wire, f: number): Wire {
    const shift = BigInt(f);
    return {
      v: this.kernels.plainTruncate(v, mask, width, f),
      mask: mask.map((word) => word >> shift),
      width: width - f,
    };
  }

  /** Both modulo 2^width: the low bits. */
  #reduced({ v, mask }: Wire, width: number): Wire {
    return { v: this.kernels.plainReduce(v, width), mask: this.kernels.plainReduce(mask, width), width };
  }

  /** A bias added to every row: scale 28 for what is r times something, the stream's for what is added to it. */
  #biased(layer: number, name: MatrixName, words: Words): Words {
    if (!this.plan.layers[layer].bias) return words;
    const scale = name === 'qkv' || name === 'up' ? 28 : this.plan.sx;
    const bias = this.kernels.quantise(this.model.layers[layer].bias![name], scale);
    return this.#sum(
      words,
      words.map((_, i) => bias[i % bias.length]),
    );
  }

  #lifted = ({ v, mask, width }: Wire, f: number): Words => this.kernels.plainLift(v, mask, width, f);
  #sum = (a: Words, b: Words): Words => this.kernels.plainAdd(a, b);
}

type Open = (op: number, values: Words, width: number) => Wire;

function columns(words: Words, cols: number, from: number, to: number): Words {
  const rows = words.length / cols;
  const out = new BigUint64Array(rows * (to - from));
  for (let row = 0; row < rows; row++) out.set(words.subarray(row * cols + from, row * cols + to), row * (to - from));
  return out;
}

function concat(a: Words, b: Words): Words {
  const out = new BigUint64Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
