/** What anyone can compute who has the checkpoint and its predictors: the sets that a token would open. */
import type { Kernels } from '../../kernels/load.js';
import { normed } from '../../plain/float-norm.js';
import { PLAIN_VARIANT } from '../../plain/float-weights.js';
import { FloatModel, type FloatWeights } from '../../plain/float.js';
import type { Predictors } from '../../predict/predictor.js';
import { Scorer } from '../../predict/scorer.js';
import { type OpenedSets, SetRecorder, type ViewShape, viewShape } from './view.js';

/** A text that is being guessed. */
export interface Guessing {
  /** What `token` would open next. */
  sets(token: number): OpenedSets;
  /** Goes on after `token`. */
  accept(token: number): void;
}

export interface PublicModel {
  readonly shape: ViewShape;
  readonly vocab: number;
  /** For every token the neurons of the first layer that it opens at a position, whatever comes before. */
  firstLayer(position: number): readonly Uint16Array[];
  begin(): Guessing;
}

/** A model run in floats. Free it after use. */
export class FloatPublicModel implements PublicModel {
  readonly shape: ViewShape;
  readonly vocab: number;
  readonly #model: FloatModel;
  readonly #recorder: SetRecorder;
  readonly #scorer: Scorer;
  readonly #firsts = new Map<number, Uint16Array[]>();

  constructor(
    private readonly kernels: Kernels,
    private readonly weights: FloatWeights,
    predictors: Predictors,
  ) {
    this.shape = viewShape(weights);
    this.vocab = weights.shape.vocab;
    this.#model = new FloatModel(kernels, weights);
    this.#recorder = new SetRecorder(kernels, weights, predictors);
    this.#scorer = new Scorer(kernels, predictors);
  }

  firstLayer(position: number): readonly Uint16Array[] {
    const kept = this.#firsts.get(position);
    if (kept) return kept;
    const { margins } = this.#scorer.run(0, this.#inputs(position));
    const outputs = margins.length / this.vocab;
    const sets = Array.from({ length: this.vocab }, (_, token) => {
      const opened: number[] = [];
      for (let j = 0; j < this.shape.neurons; j++) if (margins[token * outputs + j] > 0) opened.push(j);
      return Uint16Array.from(opened);
    });
    this.#firsts.set(position, sets);
    return sets;
  }

  begin(): Guessing {
    const cache = this.#model.newCache();
    const run = (token: number): OpenedSets => {
      this.#model.forward([token], cache, this.#recorder);
      return this.#recorder.take()[0];
    };
    return {
      sets: (token) => {
        const sets = run(token);
        cache.length--;
        return sets;
      },
      accept: (token) => void run(token),
    };
  }

  /** The input of the first attention for every token, `vocab x width`. */
  #inputs(position: number): Float32Array {
    const { embedding, positions, projectIn, layers, shape } = this.weights;
    const { width, vocab, positionOffset } = shape;
    const x = projectIn ? this.#projected(projectIn) : embedding.slice();
    const at = (position + positionOffset) * width;
    if (positions) for (let i = 0; i < vocab * width; i++) x[i] += positions[at + (i % width)];
    return normed(this.kernels, x, this.weights.variant ?? PLAIN_VARIANT, width, layers[0].norms?.attention);
  }

  #projected(projectIn: Float32Array): Float32Array {
    const { embedding, shape } = this.weights;
    const matrix = this.kernels.FloatMatrix.fromRows(projectIn.length / shape.width, shape.width, projectIn);
    const x = matrix.mul(embedding, shape.vocab);
    matrix.free();
    return x;
  }

  /** Gives the kernels' memory back. */
  free(): void {
    this.#model.free();
    this.#recorder.free();
    this.#scorer.free();
  }
}
