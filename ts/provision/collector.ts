/**
 * Hooks of forward passes that collect ranges. The float model computes `norm(x) W + b`; the program opens `x W`, which is that less `b`
 * and divided by `r = 1 / rms(x)`.
 */
import type { Kernels } from '../kernels/load.js';
import { SCORE_FACTS } from '../plain/float-attention.js';
import type { FinalTrace, FloatHooks, LayerTrace, ScoreTrace } from '../plain/float-hooks.js';
import { type HeadShape, keyWidth, qkvWidth } from '../plan/shape.js';
import { type Calibration, type LayerCalibration, requireFinite } from './calibration.js';
import type { PreparedModel } from './prepare.js';
import { largest, NormSeen } from './seen.js';

/** Collects what a prepared model does; what is seen in which order does not matter. */
export class Collector implements FloatHooks {
  readonly #layers: readonly LayerCollector[];
  readonly #final: NormSeen;
  #finalStream = 0;
  #hidden = 0;

  /** @param first position of the first token behind the prefix */
  constructor(
    private readonly kernels: Kernels,
    model: PreparedModel,
    first = 0,
  ) {
    this.#final = new NormSeen(model.shape.width, first);
    this.#layers = model.layers.map((_, layer) => new LayerCollector(kernels, model, layer, first));
  }

  readonly layer = (trace: LayerTrace): void => this.#layers[trace.layer].see(trace);

  readonly scores = (trace: ScoreTrace): void => this.#layers[trace.layer].seeScores(trace);

  readonly final = ({ positions, x, hidden }: FinalTrace): void => {
    this.#final.see(x, positions);
    this.#finalStream = Math.max(this.#finalStream, largest(this.kernels, x));
    this.#hidden = Math.max(this.#hidden, largest(this.kernels, hidden));
  };

  /** Everything seen in a text of so many tokens. @throws CometError `E_RANGE` where a value is not finite. */
  result(tokens: number): Calibration {
    const finalNorm = { ...this.#final.range(), streamMax: this.#finalStream };
    const layers = this.#layers.map((layer) => layer.result());
    const calibration = { tokens, layers, finalNorm, hiddenMax: this.#hidden };
    requireFinite(calibration);
    return calibration;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Maxima = Mutable<Omit<LayerCalibration, 'normA' | 'normB' | 'logZ' | 'prefix'>>;

/** What one layer does. */
class LayerCollector {
  readonly #max: Maxima = {
    qkMax: 0, vMax: 0, rawQkvMax: 0, rawUpMax: 0, scoreMax: 0, streamMax: 0, oMax: 0, uhMax: 0, activationMax: 0,
  }; // prettier-ignore
  readonly #logZ: { min: number[]; max: number[] };
  readonly #normA: NormSeen;
  readonly #normB: NormSeen;
  readonly #bias: PreparedModel['layers'][number]['bias'];
  /** Whether attention reads its input as it is. */
  readonly #bare: boolean;
  private readonly shape: HeadShape;

  constructor(
    private readonly kernels: Kernels,
    { shape, layers }: PreparedModel,
    layer: number,
    first: number,
  ) {
    const { heads, width } = (this.shape = shape);
    this.#normA = new NormSeen(width, first);
    this.#normB = new NormSeen(width, first);
    this.#bias = layers[layer].bias;
    this.#bare = layer === 0 && layers[0].skip !== undefined;
    this.#logZ = { min: Array<number>(heads).fill(Infinity), max: Array<number>(heads).fill(-Infinity) };
  }

  see({ positions, rows, x, qkv, attention, x1, up, active, x2 }: LayerTrace): void {
    const { kernels } = this;
    const ofA = this.#normA.see(x, positions);
    const ofB = this.#normB.see(x1, positions);
    const all = qkvWidth(this.shape);
    const values = all - keyWidth(this.shape);
    this.#more('qkMax', kernels.rowPeaks(qkv, all, 0, values));
    this.#more('vMax', kernels.rowPeaks(qkv, all, values, all));
    this.#more('rawQkvMax', this.#raw(qkv, this.#bias?.qkv, rows), this.#bare ? undefined : ofA);
    this.#more('rawUpMax', this.#raw(up, this.#bias?.up, rows), ofB);
    const wires = { uhMax: [up], activationMax: [active], oMax: [attention], streamMax: [x, x1, x2] };
    for (const [name, of] of Object.entries(wires))
      this.#more(name as keyof typeof wires, of.map((wire) => largest(kernels, wire))); // prettier-ignore
  }

  seeScores({ facts }: ScoreTrace): void {
    const { min, max } = this.#logZ;
    for (let at = 0; at < facts.length; at += SCORE_FACTS) {
      const head = (at / SCORE_FACTS) % min.length;
      min[head] = Math.min(min[head], facts[at]);
      max[head] = Math.max(max[head], facts[at]);
      this.#max.scoreMax = Math.max(this.#max.scoreMax, -facts[at + 1], facts[at + 2]);
    }
  }

  result(): LayerCalibration {
    return { ...this.#max, logZ: this.#logZ, normA: this.#normA.range(), normB: this.#normB.range() };
  }

  /** The largest magnitude of each row less its bias. */
  #raw(values: Float32Array, bias: Float32Array | undefined, rows: number): Float32Array {
    const cols = values.length / rows;
    return bias ? this.kernels.rowPeaksWithout(values, bias) : this.kernels.rowPeaks(values, cols, 0, cols);
  }

  /** Takes note of magnitudes, each times its factor. */
  #more(name: keyof Maxima, peaks: ArrayLike<number>, factors?: Float64Array): void {
    for (let i = 0; i < peaks.length; i++)
      this.#max[name] = Math.max(this.#max[name], peaks[i] * (factors ? factors[i] : 1));
  }
}
