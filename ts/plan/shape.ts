/** Dimensions of a decoder; public to every party. */
export interface Shape {
  readonly layers: number;
  /** Width of the residual stream, d. */
  readonly width: number;
  readonly heads: number;
  /** Width of one head, h; `heads * headDim == width`. */
  readonly headDim: number;
  /** Width of the feed-forward layer, F. */
  readonly ffn: number;
  /** Longest sequence, in tokens. */
  readonly context: number;
  readonly vocab: number;
}
