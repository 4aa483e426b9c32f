/** What calibration sees of gates, and of norms of queries and keys. */
import type { Kernels } from '../kernels/load.js';
import type { LayerTrace } from '../plain/float-hooks.js';
import type { GateRange, LayerRange } from '../plan/ranges.js';
import type { PreparedModel } from './prepare.js';
import { largest, NormSeen, type NormSums } from './seen.js';

/** Of one gated layer. A NaN makes a maximum one. */
export class GateSeen {
  readonly #max = { max: 0, rawMax: 0, productMax: 0, rawProductMax: 0, activationMax: 0 };

  constructor(
    private readonly kernels: Kernels,
    private readonly bias: PreparedModel['layers'][number]['bias'],
  ) {}

  /** @param rms what the norm divided each row by */
  see({ rows, up, active }: LayerTrace, gate: Float32Array, rms: Float64Array): void {
    const ffn = gate.length / rows;
    const seen = this.#max;
    for (let row = 0; row < rows; row++) this.#seeRow(row * ffn, ffn, gate, up, rms[row]);
    seen.max = Math.max(seen.max, largest(this.kernels, gate));
    seen.activationMax = Math.max(seen.activationMax, largest(this.kernels, active));
  }

  range(): GateRange {
    return { ...this.#max };
  }

  /** Takes note of what another one has seen. */
  join(seen: GateRange): void {
    for (const name of Object.keys(this.#max) as (keyof GateRange)[])
      this.#max[name] = Math.max(this.#max[name], seen[name]);
  }

  #seeRow(from: number, ffn: number, gate: Float32Array, up: Float32Array, rms: number): void {
    const { gate: gateBias, up: upBias } = this.bias ?? {};
    let [raw, product, rawProduct] = [0, 0, 0];
    for (let j = 0; j < ffn; j++) {
      const [g, u] = [gate[from + j], up[from + j]];
      const bare = gateBias ? g - gateBias[j] : g;
      raw = Math.max(raw, Math.abs(bare));
      product = Math.max(product, Math.abs(g * u));
      rawProduct = Math.max(rawProduct, Math.abs(bare * (upBias ? u - upBias[j] : u)));
    }
    const seen = this.#max;
    seen.rawMax = Math.max(seen.rawMax, raw * rms);
    seen.productMax = Math.max(seen.productMax, product);
    seen.rawProductMax = Math.max(seen.rawProductMax, rawProduct * rms * rms);
  }
}

/** Sums of squares before these norms. */
export interface HeadSums {
  readonly q: NormSums;
  readonly k: NormSums;
}

/** Of one layer that has norms of each head's queries and keys. */
export class HeadNormsSeen {
  readonly #q: NormSeen;
  readonly #k: NormSeen;

  constructor(
    private readonly shape: PreparedModel['shape'],
    private readonly bias: Float32Array | undefined,
    first: number,
    eps: number,
  ) {
    this.#q = new NormSeen(shape.headDim, first, eps);
    this.#k = new NormSeen(shape.headDim, first, eps);
  }

  /** @param rms what the norm before them divided each row by */
  see({ positions, qkv }: LayerTrace, rms: Float64Array): void {
    const { heads, kvHeads, headDim } = this.shape;
    this.#seeHeads(this.#q, qkv, positions, rms, [0, heads]);
    this.#seeHeads(this.#k, qkv, positions, rms, [heads * headDim, kvHeads]);
  }

  /** Everything that was seen, for {@link join}. */
  seen(): HeadSums {
    return { q: this.#q.seen(), k: this.#k.seen() };
  }

  /** Takes note of what another one has seen. */
  join({ q, k }: HeadSums): void {
    this.#q.join(q);
    this.#k.join(k);
  }

  ranges(): NonNullable<LayerRange['headNorms']> {
    return { q: this.#q.range(), k: this.#k.range() };
  }

  /** Heads from a column on. */
  #seeHeads(
    seen: NormSeen,
    qkv: Float32Array,
    positions: Uint32Array,
    rms: Float64Array,
    [from, count]: readonly [number, number],
  ): void {
    const cols = qkv.length / positions.length;
    const width = count * this.shape.headDim;
    const raw = Float32Array.from({ length: positions.length * width }, (_, i) => {
      const [row, col] = [Math.floor(i / width), from + (i % width)];
      return (qkv[row * cols + col] - (this.bias?.[col] ?? 0)) * rms[row];
    });
    seen.see(
      raw,
      Uint32Array.from({ length: positions.length * count }, (_, i) => positions[Math.floor(i / count)]),
    );
  }
}
