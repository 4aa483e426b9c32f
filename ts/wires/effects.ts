/**
 * Protocol code is sans-IO: a program is a synchronous generator that yields effects and is resumed with their results. Drivers
 * (schedule/drive.ts) satisfy them from memory, sockets or recordings.
 */
import type { Address } from '../core/address.js';
import type { Format, Words } from './wire.js';

/** A product `x (rows x n) * matrix (n x m)` modulo 2^64. */
export interface Product {
  readonly matrix: Multiplier;
  readonly x: Words;
  readonly rows: number;
}

/** A packed weight matrix, here or sliced over workers. */
export interface Multiplier {
  readonly rows: number;
  readonly cols: number;
  mul(x: Words, rows: number): Words | Promise<Words>;
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
  readonly products: readonly Product[];
}

/** The correlations of one part of (step, layer) are needed; resumed when they are here. */
export interface Correlate {
  readonly kind: 'correlate';
  readonly step: number;
  readonly layer: number;
  readonly part: SectionPart;
}

/** Sections of a layer: what does not depend on its predicted neurons, and what does. */
export const SECTION = { layer: 0, predicted: 1 } as const;
export type SectionPart = (typeof SECTION)[keyof typeof SECTION];

/** The dealer needs the bits that the servers opened in the clear; resumed with them. */
export interface Reveal {
  readonly kind: 'reveal';
  readonly step: number;
  readonly layer: number;
  readonly count: number;
}

/** One server's masked share of an opening. `half` stays with the server; observers of tests and verification see it. */
export interface MaskedShare extends Format {
  readonly at: Address;
  readonly half: Words;
  readonly masked: Words;
  readonly xor: boolean;
  readonly clear: boolean;
}

/** One round: masked shares of all openings, in one frame each way; resumed with the opened `Words[]`. */
export interface Exchange {
  readonly kind: 'open';
  readonly layer: number;
  readonly round: number;
  readonly openings: readonly MaskedShare[];
}

export type Effect = Compute | Correlate | Reveal | Exchange;

/** A protocol program: yields effects, returns `T`. */
export type Program<T> = Generator<Effect, T, Words[]>;
