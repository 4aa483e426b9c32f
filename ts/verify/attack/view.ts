/** What a sparse mode opens of a text: for each token and layer, the set of outputs that its predictors let through. */
import { pause } from '../../core/pause.js';
import type { Kernels } from '../../kernels/load.js';
import type { FloatHooks, Neurons } from '../../plain/float-hooks.js';
import { FloatModel, type FloatWeights } from '../../plain/float.js';
import { windows, type WorkOptions } from '../../plain/windows.js';
import type { Predictors } from '../../predict/predictor.js';
import { PredictedOnly } from '../../predict/sparse-run.js';

/** How many outputs can be named in each layer. */
export interface ViewShape {
  readonly layers: number;
  readonly neurons: number;
  readonly heads: number;
}

/** One token: for each layer the indices that were opened, in rising order. Neurons come first, head `h` is `neurons + h`. */
export type OpenedSets = readonly Uint16Array[];

/** A text as whoever takes part in the openings sees it. */
export interface OpenedView {
  readonly shape: ViewShape;
  readonly tokens: readonly OpenedSets[];
}

/** The neurons and then the heads of each layer, one after the other: `2 x layers` lists. */
export function groups(sets: OpenedSets, neurons: number): Uint16Array[] {
  return sets.flatMap((set) => {
    let border = set.length;
    while (border > 0 && set[border - 1] >= neurons) border--;
    return [set.subarray(0, border), set.subarray(border)];
  });
}

/** Hooks of forward passes with predicted outputs only that note which outputs those are. Free it after use. */
export class SetRecorder implements FloatHooks {
  readonly #sparse: PredictedOnly;
  #heads: number[][] = [];
  #rows: Uint16Array[][] = [];

  constructor(
    kernels: Kernels,
    private readonly weights: FloatWeights,
    predictors: Predictors,
  ) {
    this.#sparse = new PredictedOnly(kernels, weights, predictors);
  }

  readonly input = (layer: number, x: Float32Array): void => {
    if (layer === 0) this.#rows = Array.from({ length: x.length / this.weights.shape.width }, () => []);
    this.#sparse.input?.(layer, x);
  };

  // The sets are read off what the sparse run leaves: which predictor decided, and when, is its own affair.
  readonly heads = (layer: number, attention: Float32Array): void => {
    const { heads, headDim } = this.weights.shape;
    this.#sparse.heads(layer, attention);
    this.#heads = this.#rows.map((_, row) => {
      const isThere = (head: number): boolean => {
        const from = (row * heads + head) * headDim;
        return attention.subarray(from, from + headDim).some((value) => value !== 0);
      };
      return Array.from({ length: heads }, (_, head) => head).filter(isThere);
    });
  };

  readonly neurons = (layer: number, neurons: Neurons): void => {
    const { ffn } = this.weights.shape;
    this.#sparse.neurons(layer, neurons);
    for (const [row, sets] of this.#rows.entries()) {
      const opened: number[] = [];
      for (let j = 0; j < ffn; j++) if (neurons.inner[row * ffn + j] !== 0) opened.push(j);
      for (const head of this.#heads[row]) opened.push(ffn + head);
      sets.push(Uint16Array.from(opened));
    }
  };

  /** The sets of the last pass, row by row. */
  take(): OpenedSets[] {
    return this.#rows;
  }

  /** Gives the kernels' memory back. */
  free(): void {
    this.#sparse.free();
  }
}

/** The names that sets of this model can have. */
export const viewShape = ({ shape: { layers, ffn, heads } }: FloatWeights): ViewShape => ({
  layers,
  neurons: ffn,
  heads,
});

/** The view of a text, in sessions of the model's full context, in the order of the checkpoint. @throws CometError `E_ABORTED`. */
export async function openedView(
  kernels: Kernels,
  weights: FloatWeights,
  predictors: Predictors,
  ids: readonly number[],
  { onProgress, signal }: WorkOptions = {},
): Promise<OpenedView> {
  const model = new FloatModel(kernels, weights);
  const recorder = new SetRecorder(kernels, weights, predictors);
  const tokens: OpenedSets[] = [];
  try {
    for (const window of windows(ids, model.shape.context)) {
      await pause(signal);
      model.forward(window, undefined, recorder);
      tokens.push(...recorder.take());
      onProgress?.(tokens.length, ids.length);
    }
    return { shape: viewShape(weights), tokens };
  } finally {
    recorder.free();
    model.free();
  }
}
