/** What predictors learn from: inputs of a layer, and what the outputs of its predictor were worth. */
import type { FloatHooks, LayerTrace } from '../plain/float-hooks.js';
import type { FloatWeights } from '../plain/float.js';
import { Worth } from './worth.js';

/** Examples of one predictor. Outputs are neurons, then heads of the next layer; those that are not listed were worth nothing. */
export interface Examples {
  readonly rows: number;
  /** `rows x width`, normalised. */
  readonly inputs: Float32Array;
  /** Where each row's outputs begin, and the end. */
  readonly starts: Uint32Array;
  readonly outputs: Uint16Array;
  /** Parallel to `outputs`. */
  readonly worth: Float32Array;
}

/** Collects examples of every predictor as hooks of forward passes. */
export class ExampleCollector implements FloatHooks {
  readonly #layers: Growing[];
  readonly #worth: readonly Worth[];

  /** `from`: the layer whose input each predictor reads. */
  constructor(
    private readonly weights: FloatWeights,
    private readonly from: readonly number[],
  ) {
    this.#worth = weights.layers.map((layer) => new Worth(weights.shape, layer));
    this.#layers = weights.layers.map(() => new Growing());
  }

  readonly input = (layer: number, x: Float32Array): void => {
    const copy = x.slice();
    for (const [of, from] of this.from.entries()) if (from === layer) this.#layers[of].inputs.push(copy);
  };

  readonly layer = ({ layer, rows, active, attention }: LayerTrace): void => {
    const { ffn, heads, headDim } = this.weights.shape;
    const width = heads * headDim;
    const worth = this.#worth[layer];
    const to = this.#layers[layer];
    const before = this.#layers[layer - 1] as Growing | undefined;
    for (let row = 0; row < rows; row++) {
      for (let neuron = 0; neuron < ffn; neuron++) {
        const a = active[row * ffn + neuron];
        if (a !== 0) to.neuron(neuron, worth.neuron(neuron, a));
      }
      to.endRow();
      const outputs = attention.subarray(row * width, (row + 1) * width);
      for (let head = 0; head < heads; head++) before?.heads.push(worth.head(head, outputs));
    }
  };

  /** What was collected of each layer; the collector is empty afterwards. */
  take(): Examples[] {
    return this.#layers.map((layer, i) => {
      this.#layers[i] = new Growing();
      return layer.examples(this.weights.shape.ffn);
    });
  }
}

/** Examples of one predictor while they are collected: heads come a layer later than neurons. */
class Growing {
  readonly inputs: Float32Array[] = [];
  /** Worth of the next layer's heads, row after row. */
  readonly heads: number[] = [];
  readonly #starts = [0];
  readonly #neurons: number[] = [];
  readonly #worth: number[] = [];

  neuron(index: number, worth: number): void {
    this.#neurons.push(index);
    this.#worth.push(worth);
  }

  endRow(): void {
    this.#starts.push(this.#neurons.length);
  }

  examples(ffn: number): Examples {
    const rows = this.#starts.length - 1;
    const heads = rows === 0 ? 0 : this.heads.length / rows;
    const starts = Uint32Array.from(this.#starts, (start, row) => start + row * heads);
    const outputs = new Uint16Array(starts[rows]);
    const worth = new Float32Array(starts[rows]);
    for (let row = 0; row < rows; row++) {
      const [from, end] = [this.#starts[row], this.#starts[row + 1]];
      outputs.set(this.#neurons.slice(from, end), starts[row]);
      worth.set(this.#worth.slice(from, end), starts[row]);
      for (let head = 0; head < heads; head++) outputs[starts[row + 1] - heads + head] = ffn + head;
      worth.set(this.heads.slice(row * heads, (row + 1) * heads), starts[row + 1] - heads);
    }
    return { rows, inputs: joined(this.inputs), starts, outputs, worth };
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
