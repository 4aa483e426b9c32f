/**
 * Protocol code is sans-IO: a program is a synchronous generator that yields effects and is resumed with their results. Drivers
 * (schedule/drive.ts) satisfy them from memory, sockets or recordings.
 */
import type { Address } from '../core/address.js';
import type { Product } from './products.js';
import type { Format, Words } from './wire.js';

/** A share to be opened: each server adds its half of the mask and sends the result. */
export interface Opening<S> extends Format {
  readonly at: Address;
  readonly share: S;
  /** Bits opened under an XOR mask instead of words under an additive one. */
  readonly xor?: boolean;
}

/** Products to compute; resumed with `Words[]`. */
export interface Compute {
  readonly kind: 'compute';
  readonly products: readonly Product[];
}

/** The correlations of (step, layer) are needed; resumed when they are here. */
export interface Correlate {
  readonly kind: 'correlate';
  readonly step: number;
  readonly layer: number;
}

/** One server's masked share of an opening. `half` stays with the server; observers of tests and verification see it. */
export interface MaskedShare extends Format {
  readonly at: Address;
  readonly half: Words;
  readonly masked: Words;
  readonly xor: boolean;
}

/** One round: masked shares of all openings, in one frame each way; resumed with the opened `Words[]`. */
export interface Exchange {
  readonly kind: 'open';
  readonly layer: number;
  readonly round: number;
  readonly openings: readonly MaskedShare[];
}

export type Effect = Compute | Correlate | Exchange;

/** A protocol program: yields effects, returns `T`. */
export type Program<T> = Generator<Effect, T, Words[]>;
