/**
 * Masked wires (docs/protocol.md section 1): the secret `v` of width `k` is `m - mask mod 2^k`. Both servers know `m`, server `i`
 * knows its half of the mask, the dealer knows the mask, nobody knows `v`.
 */

/** Elements of Z_2^64, or of a narrower ring in the low bits; row-major over the wire's shape. */
export type Words = BigUint64Array<ArrayBuffer>;

/** Shape and fixed-point format of a wire: public. */
export interface Format {
  readonly rows: number;
  readonly cols: number;
  /** Bits of the ring. */
  readonly width: number;
  /** Fractional bits. */
  readonly scale: number;
}

/** A mask, or a half of one, that this wire has in another step of the same shape; undefined where that is not known yet. */
export type Later = (step: number) => Words | undefined;

/** What a server holds of a wire. */
export interface ServerWire extends Format {
  readonly m: Words;
  /** This server's half of the mask; absent where only tables and comparisons use the wire. */
  readonly half?: Words;
  /** Of `half`; absent where it depends on what a step computes. */
  readonly later?: Later;
}

/** What the dealer holds of a wire. */
export interface DealerWire extends Format {
  readonly mask: Words;
  /** Of `mask`; absent where it depends on what a step computes. */
  readonly later?: Later;
}

/** Number of elements. */
export const sizeOf = ({ rows, cols }: Format): number => rows * cols;
