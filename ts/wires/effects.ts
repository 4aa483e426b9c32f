/**
 * Protocol code is sans-IO: a program is a synchronous generator that yields effects and is resumed with their results. Drivers
 * (run/drive.ts) satisfy them from memory, sockets or recordings.
 */
import type { Address } from '../core/address.js';
import type { Format, Words } from './wire.js';

/** A product modulo 2^64, or 2^32 where that is enough, here or in workers. */
export interface Product {
  /** What it multiplies by: products of the same weights can be computed in one call. */
  readonly weights: object;
  /** Rows of the step that take part. */
  readonly rows: number;
  run(): Words | Promise<Words>;
  /** The results of this one and of others of the same weights, in this order, from one call; each is what it is alone. */
  runWith(others: readonly Product[]): readonly Words[] | Promise<readonly Words[]>;
}

/** Words that products are computed with, here or sliced over workers. */
interface Placed {
  /** All of them, row-major. */
  words(): Words | Promise<Words>;
  free(): void | Promise<void>;
}

/** A packed weight matrix, `rows x cols`, here or sliced over workers. */
export interface Multiplier extends Placed {
  readonly rows: number;
  readonly cols: number;
  /** `x W`: `t x rows` in, `t x cols` out. */
  mul(x: Words, t: number): Words | Promise<Words>;
  /** Row `jobRows[k]` of x (`t x rows`) by columns `jobBlocks[k] * blockCols ..`: `jobs x blockCols`. */
  mulColumnBlocks(
    x: Words,
    t: number,
    jobRows: Uint32Array,
    jobBlocks: Uint32Array,
    blockCols: number,
  ): Words | Promise<Words>;
  /** Row k of x by the rows of block `jobBlocks[k]`, as many as a row of x has words, added up in row `jobRows[k]` of `t x cols`. */
  mulRowBlocks(x: Words, t: number, jobRows: Uint32Array, jobBlocks: Uint32Array): Words | Promise<Words>;
}

/** Vectors of `dim` words, here or sliced over workers; row r of `t` takes part with the vectors `neurons[starts[r] .. starts[r + 1]]`. */
export interface RowsMultiplier extends Placed {
  readonly rows: number;
  readonly dim: number;
  /** Inner products of rows of x (`t x dim`) and vectors: one word a pair. */
  dots(x: Words, t: number, starts: Uint32Array, neurons: Uint32Array): Words | Promise<Words>;
  /** Sums of vectors, each times its pair's word of `a`: `t x dim`. */
  combine(a: Words, t: number, starts: Uint32Array, neurons: Uint32Array): Words | Promise<Words>;
}

/** A share to be opened: each server adds its half of the mask and sends the result. */
export interface Opening<S> extends Format {
  readonly at: Address;
  readonly share: S;
  /** Bits opened under an XOR mask instead of words under an additive one. */
  readonly xor?: boolean;
  /** Bits opened under no mask at all: both servers know them afterwards, and tell the dealer (docs/leakage.md says what they show). */
  readonly clear?: boolean;
}

/** Products to compute; resumed with `Words[]`. */
export interface Compute {
  readonly kind: 'compute';
  readonly layer: number;
  readonly products: readonly Product[];
}

/** The correlations of one part of (step, layer) are needed; resumed when they are here. */
export interface Correlate {
  readonly kind: 'correlate';
  readonly step: number;
  readonly layer: number;
  readonly part: SectionPart;
}

/**
 * Sections of a layer: what does not depend on its predicted neurons, what does, and what its cache lacks before the layer begins; in steps of
 * many rows `next`, what comes after a round.
 */
export const SECTION = { layer: 0, predicted: 1, refill: 2, next: 3 } as const;
export type SectionPart = (typeof SECTION)[keyof typeof SECTION];

/** The dealer needs the bits that the servers opened in the clear; resumed with them. */
export interface Reveal {
  readonly kind: 'reveal';
  readonly step: number;
  readonly layer: number;
  readonly count: number;
}

/** One server's masked share of an opening, packed. `half` stays with the server; observers of tests and verification see it. */
export interface MaskedShare extends Format {
  readonly at: Address;
  readonly half: Words;
  readonly masked: Uint8Array;
  readonly xor: boolean;
  readonly clear: boolean;
}

/** Which frames an exchange travels in: those of the layer's rounds, or those of refills, which go beside them. */
export type Lane = 'opening' | 'refill';

/** One round: masked shares of all openings, in one frame each way; resumed with the opened `Words[]`. */
export interface Exchange {
  readonly kind: 'open';
  readonly lane: Lane;
  readonly layer: number;
  readonly round: number;
  readonly openings: readonly MaskedShare[];
}

/** A program that goes on while the rounds that follow are in flight: after a server has sent its shares, before it waits for the peer's. One at a time. */
export interface Beside {
  readonly kind: 'beside';
  readonly program: Program<void>;
}

/** What was begun beside is needed; resumed when it has ended. */
export interface Join {
  readonly kind: 'join';
}

export type Effect = Compute | Correlate | Reveal | Exchange | Beside | Join;

/** A protocol program: yields effects, returns `T`. */
export type Program<T> = Generator<Effect, T, Words[]>;
