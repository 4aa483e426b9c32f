/** What a configuration says of a model: its dimensions and the choices of its architecture. */
import type { Shape } from '../plan/shape.js';

/** Dimensions of a checkpoint, and where its position table begins. */
export interface CheckpointShape extends Shape {
  /** Row of the position table that belongs to position 0. */
  readonly positionOffset: number;
}

/** What OPT models differ in besides their dimensions. */
export interface Variant {
  /** Linear layers have biases: `enable_bias`. */
  readonly bias: boolean;
  /** Norms have a gain and a bias: `layer_norm_elementwise_affine`. */
  readonly affine: boolean;
  /** Norms come before attention and feed-forward, not after: `do_layer_norm_before`. */
  readonly normBefore: boolean;
  /** There is a norm after the last layer: `normBefore` and not `_remove_final_layer_norm`. */
  readonly finalNorm: boolean;
  /** The head is the token embedding, unless the weights have a head of their own: `tie_word_embeddings`. */
  readonly tied: boolean;
  /** Width of the token embedding: `word_embed_proj_dim`. Another than the stream's has projections into it and out of it. */
  readonly embedWidth: number;
}

/** What a checkpoint's `config.json` says. */
export interface CheckpointConfig {
  readonly shape: CheckpointShape;
  readonly variant: Variant;
}
