/** What calibration sees of gates, and of norms of queries and keys. */
import type { Kernels } from '../kernels/load.js';
import type { LayerTrace } from '../plain/float-hooks.js';
import type { GateRange, LayerRange } from '../plan/ranges.js';
import type { PreparedModel } from './prepare.js';
import { largest, NormSeen } from './seen.js';

/** Of one gated layer. */
export class GateSeen {
  readonly #max = { max: 0, rawMax: 0, productMax: 0, rawProductMax: 0, activationMax: 0 };

  constructor(
    private readonly kernels: Kernels,
    private readonly bias: PreparedModel['layers'][number]['bias'],
  ) {}

  /** @param rms what the norm divided each row by */
  see({ rows, up, active }: LayerTrace, gate: Float32Array, rms: Float64Array): void {
    const { kernels, bias } = this;
    const ffn = gate.length / rows;
    const rawOf = (values: Float32Array, own?: Float32Array): Float32Array =>
      values.map((value, i) => (value - (own ? own[i % ffn] : 0)) * rms[Math.floor(i / ffn)]);
    const [rawGate, rawUp] = [rawOf(gate, bias?.gate), rawOf(up, bias?.up)];
    const product = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value * b[i]);
    const seen = {
      max: gate,
      rawMax: rawGate,
      productMax: product(gate, up),
      rawProductMax: product(rawGate, rawUp),
      activationMax: active,
    };
    for (const [name, values] of Object.entries(seen) as [keyof GateRange, Float32Array][])
      this.#max[name] = Math.max(this.#max[name], largest(kernels, values));
  }

  range(): GateRange {
    return { ...this.#max };
  }
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
