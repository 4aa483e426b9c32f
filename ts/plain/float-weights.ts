/** The weights of a decoder, as its float forward pass reads them: those of a `Checkpoint` or of a `PreparedModel`. */
import type { FeedForwardKind } from '../plan/activation.js';
import { RELU } from '../plan/activation.js';
import type { Rope } from '../plan/rope.js';
import type { Shape } from '../plan/shape.js';

/** Dimensions of a decoder; `positionOffset` is the row of position 0 in the position table. */
export interface FloatShape extends Shape {
  readonly positionOffset: number;
}

/** Gain and bias of a norm, as many values as it reads. */
export interface FloatNorm {
  readonly gain: Float32Array;
  readonly bias?: Float32Array;
}

/** Linear layers; only gated feed-forward layers have a `gate`. */
export type LinearName = 'qkv' | 'o' | 'gate' | 'up' | 'down';

/** Something of each linear layer. */
export type Linear<T> = Readonly<Record<Exclude<LinearName, 'gate'>, T>> & { readonly gate?: T };

/** Weights of one layer; matrices inputs by outputs, row-major. */
export interface FloatLayerWeights extends Linear<Float32Array> {
  readonly bias?: Readonly<Partial<Record<LinearName, Float32Array>>>;
  readonly norms?: { readonly attention: FloatNorm; readonly feedForward: FloatNorm };
  /** Norms of each head's queries and keys. */
  readonly headNorms?: { readonly q: FloatNorm; readonly k: FloatNorm };
  /** The residual is what the norm gives, times these; the first layer's attention reads its input without a norm. */
  readonly skip?: { readonly a: Float32Array; readonly b: Float32Array };
}

/** The choices of an architecture. */
export interface FloatVariant {
  /** Norms divide by the standard deviation, or by the root mean square. */
  readonly norm: 'layer' | 'rms';
  /** Added to what is below the root. */
  readonly eps: number;
  /** Norms come before what they feed, and there is one at the end. */
  readonly normBefore: boolean;
  readonly finalNorm: boolean;
  readonly feedForward: FeedForwardKind;
  /** Rotated queries and keys are multiplied by `factor`, 1 unless given. */
  readonly rope?: Rope & { readonly factor?: number };
}

/** That of OPT. */
export const PLAIN_VARIANT: FloatVariant = {
  norm: 'layer',
  eps: 1e-5,
  normBefore: true,
  finalNorm: true,
  feedForward: RELU,
};

/** A decoder's weights. `e` is the width of the token embedding, most often `d`. */
export interface FloatWeights {
  readonly shape: FloatShape;
  /** That of OPT, unless given. */
  readonly variant?: FloatVariant;
  /** Scores are `q·k·2^-scoreShift`; absent, `q·k / sqrt(headDim)`. */
  readonly scoreShift?: number;
  /** `vocab x e`. */
  readonly embedding: Float32Array;
  /** `e x d`. */
  readonly projectIn?: Float32Array;
  /** `(positionOffset + context) x d`, where positions are not rotations. */
  readonly positions?: Float32Array;
  readonly layers: readonly FloatLayerWeights[];
  readonly finalNorm?: FloatNorm;
  /** `d x e`. */
  readonly projectOut?: Float32Array;
  /** `vocab x e`. */
  readonly head: Float32Array;
  /** `vocab`. */
  readonly headBias?: Float32Array;
}
