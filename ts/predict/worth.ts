/**
 * What outputs are worth. Leaving out an output that would have added a vector `e` to the stream costs about `|e|^2` in cross-entropy, to
 * second order and as far as such vectors are orthogonal: the worth of a neuron is `(a |Wdown row|)^2`, that of a head the squared norm of
 * its part of the output projection. The mean of a row is left out of norms, because the next LayerNorm takes it away.
 */
import { centred } from '../plain/centred.js';
import type { FloatLayerWeights, FloatShape } from '../plain/float.js';

/** Worth of the outputs of one layer. */
export class Worth {
  /** Per neuron, `|Wdown row|^2`. */
  readonly #neurons: Float32Array;
  /** Per head, the Gram matrix of its rows of Wo: `headDim x headDim`. */
  readonly #heads: readonly Float32Array[];

  constructor(
    private readonly shape: FloatShape,
    weights: FloatLayerWeights,
  ) {
    const { width, heads, headDim, ffn } = shape;
    const down = centred(weights.down, width);
    const o = centred(weights.o, width);
    this.#neurons = Float32Array.from({ length: ffn }, (_, j) => dot(down, j * width, down, j * width, width));
    this.#heads = Array.from({ length: heads }, (_, head) =>
      Float32Array.from({ length: headDim * headDim }, (_, i) => {
        const [a, b] = [Math.floor(i / headDim), i % headDim].map((row) => (head * headDim + row) * width);
        return dot(o, a, o, b, width);
      }),
    );
  }

  /** Of a neuron with activation `a`. */
  neuron(index: number, a: number): number {
    return a * a * this.#neurons[index];
  }

  /** Of a head, from a row of all heads' outputs. */
  head(head: number, outputs: Float32Array): number {
    const { headDim } = this.shape;
    const gram = this.#heads[head];
    let sum = 0;
    for (let i = 0; i < headDim; i++)
      sum += outputs[head * headDim + i] * dot(gram, i * headDim, outputs, head * headDim, headDim);
    return sum;
  }
}

function dot(a: Float32Array, fromA: number, b: Float32Array, fromB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[fromA + i] * b[fromB + i];
  return sum;
}
