/**
 * Calibration: what the wires of the fixed-point program hold on text, in real units and without headroom. The float model computes
 * `norm(x) W + b`; the program opens `x W`, which is that less `b` and divided by `r = 1 / rms(x)`.
 */
import type { LayerBiases } from '../checkpoint/checkpoint.js';
import { CometError } from '../core/errors.js';
import { pause } from '../core/pause.js';
import type { Kernels } from '../kernels/load.js';
import type { FinalTrace, LayerTrace, ScoreTrace } from '../plain/float-hooks.js';
import { EPSILON, FloatModel } from '../plain/float.js';
import { behind, windows, type WorkOptions } from '../plain/windows.js';
import type { LayerRange, NormRange } from '../plan/ranges.js';
import type { PreparedModel } from './prepare.js';

/** What one layer was seen to do. All values are magnitudes in real units. */
export interface LayerCalibration extends LayerRange {
  /** q and k after the norm, biases included. */
  readonly qkMax: number;
  /** v likewise. */
  readonly vMax: number;
  /** `x Wqkv` before the norm (op 3). */
  readonly rawQkvMax: number;
  /** `x1 Wup` before the norm (op 19). */
  readonly rawUpMax: number;
  /** Log-sum-exp of the scaled causal scores per head, nats. */
  readonly logZ: { readonly min: number[]; readonly max: number[] };
  /** Scaled causal scores. */
  readonly scoreMax: number;
  /** The residual stream before, in and after the layer. */
  readonly streamMax: number;
  /** The heads' outputs before Wo. */
  readonly oMax: number;
  /** Pre-activations after the norm, biases included. */
  readonly uhMax: number;
  /** Activations, which are those above zero. */
  readonly activationMax: number;
}

/** What a model was seen to do on a text. JSON-serialisable. */
export interface Calibration {
  /** Tokens that were run. */
  readonly tokens: number;
  /** Tokens that every text began with, where there were such; what is measured is of positions behind them. */
  readonly prefix?: readonly number[];
  readonly layers: readonly LayerCalibration[];
  readonly finalNorm: NormRange & { readonly streamMax: number };
  /** The normalised final state. */
  readonly hiddenMax: number;
}

/** How to calibrate. */
export interface CalibrateOptions extends WorkOptions {
  /** Most tokens to run; all of them unless given. */
  readonly tokens?: number;
  /** Tokens that every text of the model begins with, and that no private step will run; none unless given. */
  readonly prefix?: readonly number[];
}

/**
 * Runs a prepared model over windows of its full context, one after the other, then over texts of one token, all behind the prefix, and
 * collects ranges. Deterministic.
 * @throws CometError `E_ARGUMENT` for fewer than two tokens, or a prefix that leaves no room for others, `E_RANGE` where a value is not finite, `E_ABORTED` by the signal.
 */
export async function calibrate(
  kernels: Kernels,
  prepared: PreparedModel,
  ids: readonly number[],
  { tokens = ids.length, prefix = [], onProgress, signal }: CalibrateOptions = {},
): Promise<Calibration> {
  const { context, vocab } = prepared.shape;
  const text = behind(ids, prefix);
  const total = Math.min(tokens, text.length);
  if (!(total >= 2)) throw new CometError('E_ARGUMENT', 'calibration needs a text of at least two tokens');
  if (prefix.length >= context)
    throw new CometError('E_ARGUMENT', `a prefix of ${prefix.length} tokens fills the model's context of ${context}`);
  const ranges = new Collector(prepared, prefix.length);
  const model = new FloatModel(kernels, prepared);
  try {
    const cache = model.newCache();
    if (prefix.length > 0) model.forward(prefix, cache);
    // Once more, one of the prefix may be as massive as it was there, and begins no text.
    const firsts = firstTokens(vocab).filter((id) => !prefix.includes(id));
    const all = total + firsts.length;
    let done = 0;
    for (const window of [...windows(text.slice(0, total), context - prefix.length), ...firsts.map((id) => [id])]) {
      if (window.length > 1 || done % 64 === 0) await pause(signal);
      cache.length = prefix.length;
      model.forward(window, cache, ranges);
      onProgress?.((done += window.length), all);
    }
  } finally {
    model.free();
  }
  return { ...ranges.result(total), ...(prefix.length > 0 && { prefix }) };
}

/** Most tokens that are tried as the first of a text. */
const FIRST_TOKENS = 4096;

/** A prompt may begin with any token, and few of them begin a window of a text: the whole vocabulary, or an even part of a large one. */
function firstTokens(vocab: number): number[] {
  const count = Math.min(vocab, FIRST_TOKENS);
  return Array.from({ length: count }, (_, i) => Math.floor((i * vocab) / count));
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type LayerMaxima = Mutable<Omit<LayerCalibration, 'normA' | 'normB'>>;

/** Hooks of a forward pass that collect ranges. */
class Collector {
  readonly #layers: { maxima: LayerMaxima; normA: NormSeen; normB: NormSeen }[];
  readonly #width: number;
  readonly #biases: readonly (LayerBiases | undefined)[];
  /** Whether the first layer's attention reads its input as it is. */
  readonly #bareFirst: boolean;
  readonly #final: NormSeen;
  #finalStream = 0;
  #hidden = 0;

  /** @param first position of the first token behind the prefix */
  constructor({ shape: { layers, heads, width }, layers: weights }: PreparedModel, first: number) {
    this.#biases = weights.map(({ bias }) => bias);
    this.#bareFirst = weights[0].skip !== undefined;
    this.#width = width;
    this.#final = new NormSeen(width, first);
    this.#layers = Array.from({ length: layers }, () => ({
      maxima: nothingSeen(heads),
      normA: new NormSeen(width, first),
      normB: new NormSeen(width, first),
    }));
  }

  readonly layer = (trace: LayerTrace): void => {
    const { maxima: m, normA, normB } = this.#layers[trace.layer];
    const { start, rows, x, qkv, attention, x1, up, x2 } = trace;
    const d = this.#width;
    const ffn = up.length / rows;
    const bias = this.#biases[trace.layer];
    const raw = { qkv: without(qkv, bias?.qkv), up: without(up, bias?.up) };
    const seen = normA.see(x, start);
    const rmsA = this.#bareFirst && trace.layer === 0 ? seen.fill(1) : seen;
    const rmsB = normB.see(x1, start);
    for (let row = 0; row < rows; row++) {
      const qk = largest(qkv, row * 3 * d, row * 3 * d + 2 * d);
      const v = largest(qkv, row * 3 * d + 2 * d, (row + 1) * 3 * d);
      const uh = largest(up, row * ffn, (row + 1) * ffn);
      m.qkMax = Math.max(m.qkMax, qk);
      m.vMax = Math.max(m.vMax, v);
      m.rawQkvMax = Math.max(m.rawQkvMax, largest(raw.qkv, row * 3 * d, (row + 1) * 3 * d) * rmsA[row]);
      m.uhMax = Math.max(m.uhMax, uh);
      m.rawUpMax = Math.max(m.rawUpMax, largest(raw.up, row * ffn, (row + 1) * ffn) * rmsB[row]);
    }
    for (const value of up) if (value > m.activationMax) m.activationMax = value;
    m.oMax = Math.max(m.oMax, largest(attention));
    m.streamMax = Math.max(m.streamMax, largest(x), largest(x1), largest(x2));
  };

  readonly scores = ({ layer, logSums, max }: ScoreTrace): void => {
    const { maxima } = this.#layers[layer];
    seeLogSums(maxima.logZ, logSums);
    maxima.scoreMax = Math.max(maxima.scoreMax, max);
  };

  readonly final = ({ start, x, hidden }: FinalTrace): void => {
    this.#final.see(x, start);
    this.#finalStream = Math.max(this.#finalStream, largest(x));
    this.#hidden = Math.max(this.#hidden, largest(hidden));
  };

  /** Everything seen. */
  result(tokens: number): Calibration {
    const layers = this.#layers.map(({ maxima, normA, normB }) => ({
      ...maxima,
      normA: normA.range(),
      normB: normB.range(),
    }));
    const calibration = {
      tokens,
      layers,
      finalNorm: { ...this.#final.range(), streamMax: this.#finalStream },
      hiddenMax: this.#hidden,
    };
    requireFinite(calibration, 'the model');
    return calibration;
  }
}

const nothingSeen = (heads: number): LayerMaxima => ({
  qkMax: 0, vMax: 0, rawQkvMax: 0, rawUpMax: 0, scoreMax: 0, streamMax: 0, oMax: 0, uhMax: 0, activationMax: 0,
  logZ: { min: Array<number>(heads).fill(Infinity), max: Array<number>(heads).fill(-Infinity) },
}); // prettier-ignore

/** Sums of squares before one norm: of the first position that steps run, and of all others. */
class NormSeen {
  readonly #first: number[] = [];
  readonly #others: number[] = [];

  constructor(
    private readonly width: number,
    private readonly first: number,
  ) {}

  /** Takes note of rows from position `start` on; returns what each is divided by. */
  see(x: Float32Array, start: number): Float64Array {
    const { width } = this;
    return Float64Array.from({ length: x.length / width }, (_, row) => {
      let sum = 0;
      for (let i = row * width; i < (row + 1) * width; i++) sum += x[i] * x[i];
      (start + row === this.first ? this.#first : this.#others).push(sum);
      return Math.sqrt(sum / width + EPSILON);
    });
  }

  range(): NormRange {
    const first = Float64Array.from(this.#first).sort();
    // A context of one position has no others.
    const sorted = this.#others.length > 0 ? Float64Array.from(this.#others).sort() : first;
    return {
      sumSquares: { min: sorted[0], median: sorted[sorted.length >> 1], max: sorted[sorted.length - 1] },
      first: { min: first[0], max: first[first.length - 1] },
    };
  }
}

/** Rows less a bias. */
const without = (rows: Float32Array, bias?: Float32Array): Float32Array =>
  bias ? rows.map((value, i) => value - bias[i % bias.length]) : rows;

function largest(values: Float32Array, from = 0, to = values.length): number {
  let max = 0;
  for (let i = from; i < to; i++) {
    const size = Math.abs(values[i]);
    // Written so that NaN is kept.
    if (!(size <= max)) max = size;
  }
  return max;
}

function seeLogSums({ min, max }: { min: number[]; max: number[] }, logSums: Float64Array): void {
  const heads = min.length;
  for (let i = 0; i < logSums.length; i++) {
    min[i % heads] = Math.min(min[i % heads], logSums[i]);
    max[i % heads] = Math.max(max[i % heads], logSums[i]);
  }
}

/** A NaN or an infinity on the way makes some maximum one. */
function requireFinite(value: unknown, where: string): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new CometError('E_RANGE', `${where} computes values that are not finite on the calibration text`);
  }
  if (value !== null && typeof value === 'object') {
    for (const [key, part] of Object.entries(value))
      requireFinite(part, Number.isNaN(Number(key)) ? key : `${where} ${key}`);
  }
}
