/** What a configuration says of a model: its dimensions and the choices of its architecture. */
import type { FeedForwardKind } from '../plan/activation.js';
import type { Shape } from '../plan/shape.js';
import type { TrainedRope } from './config-rope.js';

/** Dimensions of a checkpoint, and where its position table begins. */
export interface CheckpointShape extends Shape {
  /** Row of the position table that belongs to position 0; 0 where there is none. */
  readonly positionOffset: number;
}

/** Which linear layers have biases: q, k and v; the output of attention; the feed-forward layer. */
export interface LinearBiases {
  readonly qkv: boolean;
  readonly o: boolean;
  readonly mlp: boolean;
}

/** What models differ in besides their dimensions. */
export interface Variant {
  /** What norms divide by: the standard deviation, or the root mean square, without centring. */
  readonly norm: 'layer' | 'rms';
  /** Added to the variance or the mean square. */
  readonly eps: number;
  /** Norms have weights: a gain and, where they centre, a bias. */
  readonly affine: boolean;
  /** Norms come before attention and feed-forward, not after. */
  readonly normBefore: boolean;
  /** There is a norm after the last layer. */
  readonly finalNorm: boolean;
  /** Queries and keys of every head have a norm of their own, before they are rotated. */
  readonly qkNorm: boolean;
  readonly biases: LinearBiases;
  readonly feedForward: FeedForwardKind;
  /** How queries and keys are rotated; without it there is a table of positions. */
  readonly rope?: TrainedRope;
  /** The head is the token embedding, unless the weights have a head of their own. */
  readonly tied: boolean;
  /** Width of the token embedding. Another than the stream's has projections into it and out of it. */
  readonly embedWidth: number;
}

/** What a checkpoint's `config.json` says. */
export interface CheckpointConfig {
  /** How its tensors are named. */
  readonly family: 'opt' | 'llama';
  readonly shape: CheckpointShape;
  readonly variant: Variant;
}
