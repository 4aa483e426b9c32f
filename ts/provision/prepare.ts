/**
 * The model owner's plaintext preparation (protocol section 12, 1): everything that writes to the residual stream is centred over its
 * outputs, so that the stream has mean zero and LayerNorm is a division by the root mean square. The part of `1/sqrt(headDim)` that is
 * not a power of two goes into Wq. The function that the model computes stays the same.
 */
import type { Checkpoint, LayerWeights } from '../model/checkpoint.js';
import type { CheckpointShape } from '../model/config-hf.js';

/** A model as the fixed-point program runs it: `y = x W`, matrices inputs by outputs, row-major. */
export interface PreparedModel {
  readonly shape: CheckpointShape;
  /** `1/sqrt(headDim) = 2^-scoreShift * rest`; the rest, in (0.5, 1], is in Wq. */
  readonly scoreShift: number;
  /** `vocab x d`, centred. */
  readonly embedding: Float32Array;
  /** `(positionOffset + context) x d`, centred. */
  readonly positions: Float32Array;
  /** `vocab x d`: the tied embedding as it was trained, applied to the normalised final state. */
  readonly head: Float32Array;
  readonly layers: readonly LayerWeights[];
}

/** Prepares a checkpoint, which stays as it is. */
export function prepareModel(checkpoint: Checkpoint): PreparedModel {
  const { shape, embedding, positions, head } = checkpoint;
  const { width, headDim } = shape;
  const scoreShift = scoreShiftOf(headDim);
  const rest = 2 ** scoreShift / Math.sqrt(headDim);
  return {
    shape,
    scoreShift,
    embedding: centred(embedding, width),
    positions: centred(positions, width),
    head,
    layers: checkpoint.layers.map(({ qkv, o, up, down }) => ({
      qkv: qkv.map((weight, i) => (i % (3 * width) < width ? weight * rest : weight)),
      o: centred(o, width),
      up,
      down: centred(down, width),
    })),
  };
}

/** The power of two in `1/sqrt(headDim)`: `floor(log2(sqrt(headDim)))`, in integers. */
export function scoreShiftOf(headDim: number): number {
  let shift = 0;
  while (4 ** (shift + 1) <= headDim) shift++;
  return shift;
}

/** Each row of `width` values minus its mean. */
export function centred(rows: Float32Array, width: number): Float32Array {
  const result = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += width) {
    let sum = 0;
    for (let i = at; i < at + width; i++) sum += rows[i];
    for (let i = at; i < at + width; i++) result[i] = rows[i] - sum / width;
  }
  return result;
}
