/** Dimensions of a decoder; public to every party. */
export interface Shape {
  readonly layers: number;
  /** Width of the residual stream, d. */
  readonly width: number;
  /** Heads of queries. */
  readonly heads: number;
  /** Heads of keys and values: as many, or a divisor of them, each of which serves the queries of a group of neighbours. */
  readonly kvHeads: number;
  /** Width of one head, h. */
  readonly headDim: number;
  /** Width of the feed-forward layer, F. */
  readonly ffn: number;
  /** Longest sequence, in tokens. */
  readonly context: number;
  readonly vocab: number;
}

/** What attention takes of a shape. */
export type HeadShape = Pick<Shape, 'heads' | 'kvHeads' | 'headDim'>;

/** Columns of the queries of all heads. */
export const queryWidth = ({ heads, headDim }: HeadShape): number => heads * headDim;

/** Columns of the keys of all heads, or of the values. */
export const keyWidth = ({ kvHeads, headDim }: HeadShape): number => kvHeads * headDim;

/** Columns of queries, then keys, then values. */
export const qkvWidth = (shape: HeadShape): number => queryWidth(shape) + 2 * keyWidth(shape);

/** The head of keys and values that a head's queries read. */
export const kvHeadOf = ({ heads, kvHeads }: Pick<Shape, 'heads' | 'kvHeads'>, head: number): number =>
  Math.floor((head * kvHeads) / heads);

/** Whether several heads of queries read the same keys and values. */
export const isGrouped = ({ heads, kvHeads }: Pick<Shape, 'heads' | 'kvHeads'>): boolean => kvHeads < heads;
