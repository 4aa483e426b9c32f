/** The weights of a norm as part of the matrix that reads it. */
import type { Variant } from '../checkpoint/architecture.js';
import type { Affine } from '../checkpoint/checkpoint.js';

/** A matrix as values: `(input, output)` is at `input * inputStride + output * outputStride`. */
interface Strided {
  readonly values: Float32Array;
  readonly inputs: number;
  readonly inputStride: number;
  readonly outputStride: number;
}
/** Inputs by outputs, row-major. */
export const byInputs = (values: Float32Array, inputs: number): Strided => {
  return { values, inputs, inputStride: values.length / inputs, outputStride: 1 };
};
/** Outputs by inputs, row-major. */
export const byOutputs = (values: Float32Array, inputs: number): Strided => {
  return { values, inputs, inputStride: 1, outputStride: inputs };
};

/** A matrix laid out as it was, and a bias of its outputs. */
export interface Folded {
  readonly matrix: Float32Array;
  readonly bias: Float32Array;
}

/**
 * For norms of one kind: `W` and `b` such that `n W + b` is `(gain n + bias) matrix + own` for every output `n` of a norm. Where it has
 * the mean zero the means of W's columns are free, and taken out.
 */
export const folding = ({ norm: kind }: Pick<Variant, 'norm'>) => {
  return (of: Strided, norm?: Affine, own?: Float32Array): Folded => fold(of, kind === 'layer', norm, own);
};

function fold(
  { values, inputs, inputStride, outputStride }: Strided,
  centre: boolean,
  norm?: Affine,
  own?: Float32Array,
): Folded {
  const outputs = values.length / inputs;
  const matrix = new Float32Array(values.length);
  const bias = new Float32Array(outputs);
  for (let j = 0; j < outputs; j++) {
    let mean = 0;
    let shift = own ? own[j] : 0;
    for (let i = 0; i < inputs; i++) {
      const weight = values[i * inputStride + j * outputStride];
      mean += (norm ? norm.gain[i] * weight : weight) / inputs;
      if (norm?.bias) shift += norm.bias[i] * weight;
    }
    for (let i = 0; i < inputs; i++) {
      const at = i * inputStride + j * outputStride;
      matrix[at] = (norm ? norm.gain[i] : 1) * values[at] - (centre ? mean : 0);
    }
    bias[j] = shift;
  }
  return { matrix, bias };
}
