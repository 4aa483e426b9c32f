/** Which feed-forward neurons are active, alone and together over consecutive positions. */
import type { FloatHooks, LayerTrace } from './float-hooks.js';

/** Lengths of runs of positions whose active neurons are united. */
export const UNIONS = [2, 4, 8, 16, 32] as const;

/** Counts active neurons as a hook of forward passes that begin at position 0. */
export class Firing implements FloatHooks {
  readonly #active: number[];
  #positions = 0;
  /** Per length in {@link UNIONS}: pairs of a neuron and a run of positions, and those of them without activity. */
  readonly #runs = new Map<number, { all: number; silent: number }>(UNIONS.map((n) => [n, { all: 0, silent: 0 }]));

  constructor(
    layers: number,
    private readonly ffn: number,
  ) {
    this.#active = Array<number>(layers).fill(0);
  }

  readonly layer = ({ layer, rows, active }: LayerTrace): void => {
    const { ffn } = this;
    if (layer === 0) this.#positions += rows;
    // Positions between two activities are a gap; a gap of g positions has g - n + 1 silent runs of n.
    const last = new Int32Array(ffn).fill(-1);
    for (let row = 0; row < rows; row++) {
      for (let neuron = 0; neuron < ffn; neuron++) {
        if (active[row * ffn + neuron] === 0) continue;
        this.#active[layer]++;
        this.#gap(row - last[neuron] - 1);
        last[neuron] = row;
      }
    }
    for (let neuron = 0; neuron < ffn; neuron++) this.#gap(rows - last[neuron] - 1);
    for (const [n, run] of this.#runs) run.all += Math.max(0, rows - n + 1) * ffn;
  };

  /** Mean fraction of active neurons of each layer. */
  perLayer(): number[] {
    return this.#active.map((count) => count / (this.#positions * this.ffn));
  }

  /** Mean fraction of neurons active in runs of `n` positions, over layers; undefined where no window is as long. */
  union(n: (typeof UNIONS)[number]): number | undefined {
    const { all, silent } = this.#runs.get(n)!;
    return all === 0 ? undefined : 1 - silent / all;
  }

  #gap(length: number): void {
    for (const [n, run] of this.#runs) if (length >= n) run.silent += length - n + 1;
  }
}
