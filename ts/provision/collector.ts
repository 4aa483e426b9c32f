/**
 * Hooks of forward passes that collect ranges. The float model computes `norm(x) W + b`; the program opens `x W`, which is that less `b`
 * and divided by `r = 1 / rms(x)`.
 */
import type { Kernels } from '../kernels/load.js';
import { SCORE_FACTS } from '../plain/float-attention.js';
import { PLAIN_VARIANT } from '../plain/float-weights.js';
import type { FinalTrace, FloatHooks, LayerTrace, ScoreTrace } from '../plain/float-hooks.js';
import { type HeadShape, keyWidth, qkvWidth } from '../plan/shape.js';
import type { GateRange } from '../plan/ranges.js';
import { type Calibration, type LayerCalibration, requireFinite } from './calibration.js';
import type { PreparedModel } from './prepare.js';
import { GateSeen, HeadNormsSeen, type HeadSums } from './llama-seen.js';
import { largest, NormSeen, type NormSums } from './seen.js';

/** Everything that a {@link Collector} has seen, as another thread may send it. */
export interface Seen {
  readonly layers: readonly LayerSeen[];
  readonly final: NormSums;
  readonly finalStream: number;
  readonly hidden: number;
}

/** Collects what a prepared model does; what is seen in which order, or by which of several, does not matter. */
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
    this.#final = new NormSeen(model.shape.width, first, (model.variant ?? PLAIN_VARIANT).eps);
    this.#layers = model.layers.map((_, layer) => new LayerCollector(kernels, model, layer, first));
  }

  readonly layer = (trace: LayerTrace): void => this.#layers[trace.layer].see(trace);

  readonly scores = (trace: ScoreTrace): void => this.#layers[trace.layer].seeScores(trace);

  readonly final = ({ positions, x, hidden }: FinalTrace): void => {
    this.#final.see(x, positions);
    this.#finalStream = Math.max(this.#finalStream, largest(this.kernels, x));
    this.#hidden = Math.max(this.#hidden, largest(this.kernels, hidden));
  };

  seen(): Seen {
    const layers = this.#layers.map((layer) => layer.seen());
    return { layers, final: this.#final.seen(), finalStream: this.#finalStream, hidden: this.#hidden };
  }

  /** Takes note of what another one has seen of the same model. */
  join({ layers, final, finalStream, hidden }: Seen): void {
    this.#layers.forEach((layer, i) => layer.join(layers[i]));
    this.#final.join(final);
    this.#finalStream = Math.max(this.#finalStream, finalStream);
    this.#hidden = Math.max(this.#hidden, hidden);
  }

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
type Maxima = Mutable<Omit<LayerCalibration, 'normA' | 'normB' | 'logZ' | 'prefix' | 'gate' | 'headNorms'>>;

/** What one layer was seen to do. */
interface LayerSeen {
  readonly max: Maxima;
  readonly logZ: { readonly min: readonly number[]; readonly max: readonly number[] };
  readonly normA: NormSums;
  readonly normB: NormSums;
  readonly gate?: GateRange;
  readonly headNorms?: HeadSums;
}

/** What one layer does. */
class LayerCollector {
  readonly #max: Maxima = {
    qkMax: 0, vMax: 0, rawQkvMax: 0, rawUpMax: 0, scoreMax: 0, streamMax: 0, oMax: 0, uhMax: 0, activationMax: 0,
  }; // prettier-ignore
  readonly #logZ: { min: number[]; max: number[] };
  readonly #shape: HeadShape;
  readonly #normA: NormSeen;
  readonly #normB: NormSeen;
  readonly #gate?: GateSeen;
  readonly #headNorms?: HeadNormsSeen;
  readonly #bias: PreparedModel['layers'][number]['bias'];
  /** Whether attention reads its input as it is. */
  readonly #bare: boolean;

  constructor(
    private readonly kernels: Kernels,
    { shape, layers, variant = PLAIN_VARIANT }: PreparedModel,
    layer: number,
    first: number,
  ) {
    const { heads, width } = shape;
    this.#shape = shape;
    this.#normA = new NormSeen(width, first, variant.eps);
    this.#normB = new NormSeen(width, first, variant.eps);
    const { bias, headNorms } = layers[layer];
    this.#bias = bias;
    if (variant.feedForward.gated) this.#gate = new GateSeen(kernels, bias);
    if (headNorms) this.#headNorms = new HeadNormsSeen(shape, bias?.qkv, first, variant.eps);
    this.#bare = layer === 0 && layers[0].skip !== undefined;
    this.#logZ = { min: Array<number>(heads).fill(Infinity), max: Array<number>(heads).fill(-Infinity) };
  }

  see(trace: LayerTrace): void {
    const { positions, rows, x, qkv, turned, attention, x1, gate, up, active, x2 } = trace;
    const { kernels } = this;
    const cols = qkvWidth(this.#shape);
    const ofQk = cols - keyWidth(this.#shape);
    const ofA = this.#normA.see(x, positions);
    const ofB = this.#normB.see(x1, positions);
    this.#more('qkMax', kernels.rowPeaks(turned, cols, 0, ofQk));
    this.#more('vMax', kernels.rowPeaks(qkv, cols, ofQk, cols));
    this.#more('rawQkvMax', this.#raw(qkv, this.#bias?.qkv, rows), this.#bare ? undefined : ofA);
    this.#more('rawUpMax', this.#raw(up, this.#bias?.up, rows), ofB);
    if (gate) this.#gate!.see(trace, gate, ofB);
    this.#headNorms?.see(trace, ofA);
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

  seen(): LayerSeen {
    return {
      ...{ max: this.#max, logZ: this.#logZ, normA: this.#normA.seen(), normB: this.#normB.seen() },
      ...{ gate: this.#gate?.range(), headNorms: this.#headNorms?.seen() },
    };
  }

  join({ max, logZ, normA, normB, gate, headNorms }: LayerSeen): void {
    for (const name of Object.keys(max) as (keyof Maxima)[]) this.#more(name, [max[name]]);
    const own = this.#logZ;
    own.min = own.min.map((least, head) => Math.min(least, logZ.min[head]));
    own.max = own.max.map((most, head) => Math.max(most, logZ.max[head]));
    this.#normA.join(normA);
    this.#normB.join(normB);
    if (gate) this.#gate?.join(gate);
    if (headNorms) this.#headNorms?.join(headNorms);
  }

  result(): LayerCalibration {
    const [gate, headNorms] = [this.#gate?.range(), this.#headNorms?.ranges()];
    return {
      ...{ ...this.#max, logZ: this.#logZ, normA: this.#normA.range(), normB: this.#normB.range() },
      ...(gate && { gate }),
      ...(headNorms && { headNorms }),
    };
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
