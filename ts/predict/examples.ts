/** What predictors learn from: inputs of a layer, and what its outputs were worth. */
import type { LayerTrace } from '../plain/float-hooks.js';
import type { FloatHooks } from '../plain/float-hooks.js';
import type { FloatWeights } from '../plain/float.js';
import { Worth } from './worth.js';

/** Examples of one layer. Outputs are neurons, then heads; those that are not listed were worth nothing. */
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

/** Collects examples of every layer as hooks of forward passes. */
export class ExampleCollector implements FloatHooks {
  readonly #layers: Growing[];
  readonly #worth: readonly Worth[];

  constructor(private readonly weights: FloatWeights) {
    this.#worth = weights.layers.map((layer) => new Worth(weights.shape, layer));
    this.#layers = weights.layers.map(() => new Growing());
  }

  readonly input = (layer: number, x: Float32Array): void => {
    this.#layers[layer].inputs.push(x.slice());
  };

  readonly layer = ({ layer, rows, up, attention }: LayerTrace): void => {
    const { ffn, heads, width } = this.weights.shape;
    const worth = this.#worth[layer];
    const to = this.#layers[layer];
    for (let row = 0; row < rows; row++) {
      for (let neuron = 0; neuron < ffn; neuron++) {
        const u = up[row * ffn + neuron];
        if (u > 0) to.add(neuron, worth.neuron(neuron, u));
      }
      const outputs = attention.subarray(row * width, (row + 1) * width);
      for (let head = 0; head < heads; head++) to.add(ffn + head, worth.head(head, outputs));
      to.endRow();
    }
  };

  /** What was collected of each layer; the collector is empty afterwards. */
  take(): Examples[] {
    return this.#layers.map((layer, i) => {
      this.#layers[i] = new Growing();
      return layer.examples();
    });
  }
}

/** Examples of one layer while they are collected. */
class Growing {
  readonly inputs: Float32Array[] = [];
  readonly #starts = [0];
  readonly #outputs: number[] = [];
  readonly #worth: number[] = [];

  add(output: number, worth: number): void {
    this.#outputs.push(output);
    this.#worth.push(worth);
  }

  endRow(): void {
    this.#starts.push(this.#outputs.length);
  }

  examples(): Examples {
    return {
      rows: this.#starts.length - 1,
      inputs: joined(this.inputs),
      starts: Uint32Array.from(this.#starts),
      outputs: Uint16Array.from(this.#outputs),
      worth: Float32Array.from(this.#worth),
    };
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
