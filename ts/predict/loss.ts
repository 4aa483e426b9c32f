/** What leaving things out costs: cross-entropy, and how far the predictions move, against the whole model. */
import { pause } from '../core/pause.js';
import type { Kernels } from '../kernels/load.js';
import type { FloatHooks } from '../plain/float-hooks.js';
import type { FloatModel } from '../plain/float.js';

/** Means over the predicted tokens, nats. */
export interface Loss {
  readonly crossEntropy: number;
  /** Kullback-Leibler divergence of the changed model's predictions from the whole model's; 0 for the whole model itself. */
  readonly divergence: number;
}

/** A text on which a model is run again and again; keeps the whole model's logits (4 bytes a token and word of the vocabulary). */
export class Ruler {
  readonly #logits: Float32Array[] = [];
  /** Cross-entropy of the whole model. */
  crossEntropy = 0;

  private constructor(
    private readonly kernels: Kernels,
    private readonly model: FloatModel,
    private readonly windows: readonly (readonly number[])[],
  ) {}

  /** Runs the whole model. */
  static async on(
    kernels: Kernels,
    model: FloatModel,
    windows: readonly (readonly number[])[],
    signal?: AbortSignal,
  ): Promise<Ruler> {
    const ruler = new Ruler(kernels, model, windows);
    for (const window of windows) {
      await pause(signal);
      ruler.#logits.push(model.logits(model.forward(window)));
    }
    const nats = windows.map((window, w) =>
      window.slice(1).reduce((sum, id, i) => sum + ruler.#surprise(rowOf(ruler.#logits[w], i, model), id), 0),
    );
    const predicted = windows.reduce((sum, window) => sum + window.length - 1, 0);
    ruler.crossEntropy = nats.reduce((a, b) => a + b, 0) / predicted;
    return ruler;
  }

  /** Runs the model with `hooks` over the first `windows` windows. @throws CometError `E_ABORTED` by the signal. */
  async measure(
    hooks: FloatHooks,
    {
      windows = this.windows.length,
      onRun,
      signal,
    }: { windows?: number; onRun?: (windows: number) => void; signal?: AbortSignal } = {},
  ): Promise<Loss> {
    let nats = 0;
    let divergence = 0;
    let predicted = 0;
    for (const [w, window] of this.windows.slice(0, windows).entries()) {
      await pause(signal);
      const logits = this.model.logits(this.model.forward(window, undefined, hooks));
      predicted += window.length - 1;
      for (let i = 0; i + 1 < window.length; i++) {
        const row = rowOf(logits, i, this.model);
        nats += this.#surprise(row, window[i + 1]);
        divergence += this.#divergence(rowOf(this.#logits[w], i, this.model), row);
      }
      onRun?.(1);
    }
    return { crossEntropy: nats / predicted, divergence: divergence / predicted };
  }

  #divergence(whole: Float32Array, row: Float32Array): number {
    const { kernels } = this;
    const chances = kernels.softmaxRows(whole, whole.length);
    let sum = 0;
    for (let j = 0; j < whole.length; j++) sum += chances[j] * (whole[j] - row[j]);
    return sum - kernels.logSumExp(whole) + kernels.logSumExp(row);
  }

  #surprise(row: Float32Array, id: number): number {
    return this.kernels.logSumExp(row) - row[id];
  }
}

function rowOf(logits: Float32Array, row: number, { shape: { vocab } }: FloatModel): Float32Array {
  return logits.subarray(row * vocab, (row + 1) * vocab);
}
