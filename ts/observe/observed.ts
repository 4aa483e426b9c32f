/** What observers of a party tell of it: names, sizes, addresses and times, never a value. */
import type { Address } from '../core/address.js';
import type { Role } from '../core/config.js';
import type { FrameAddress, Kind } from '../net/frame.js';
import type { EpochBegun } from '../plan/epoch.js';

/**
 * Work that is told apart. `kernels`: inside WebAssembly. `crossing`: copying arguments and results between it and JavaScript, with the call
 * itself. `frames`: encoding, decoding and handing them to the channel.
 */
export type Work = 'kernels' | 'crossing' | 'frames';

/** What it has seen so far, as counts give it. */
export interface Observed {
  /** Where the party's time went since it was set up. */
  readonly profile?: Profile;
  /** What happened at the party since it was set up. */
  readonly happenings?: readonly Happening[];
}

export const WORK = ['kernels', 'crossing', 'frames', 'program'] as const;

/**
 * Each work for itself: a call's copying is `crossing`, what is inside WebAssembly is not. `program`: all other JavaScript. A role: waiting
 * for a frame of that party (for the dealer, server 1's are credits), on a machine with fewer cores than parties also for a core.
 */
export type Part = (typeof WORK)[number] | Role;

/** Seconds of each part. */
export type Profile = Readonly<Record<Part, number>>;

/** A frame without what it carries. */
export interface SeenFrame extends FrameAddress {
  readonly kind: Kind;
  /** Of the payload. */
  readonly bytes: number;
}

/** When, in milliseconds of the common clock. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/** Calls into the kernels, their arguments' way there and back included. */
export interface Calls {
  readonly calls: number;
  readonly milliseconds: number;
}

export interface Message extends Span {
  readonly peer: Role;
  readonly frame: SeenFrame;
}

/** Whom one waits for, and what for where only one kind may come. */
export interface Awaited {
  readonly peer: Role;
  readonly due?: Kind;
}

/** One thing that happened. */
export type Happening =
  | ({ readonly what: 'gate'; readonly gate: string; readonly at: Address } & Calls & Span)
  /** Outside gates. */
  | ({ readonly what: 'kernels' } & Calls & Span)
  /** `sent`: encoding and handing on. `taken`: from asking for a frame to having it. */
  | ({ readonly what: 'sent' } & Message)
  | ({ readonly what: 'taken' } & Message)
  /** Still, for a frame that has not come. */
  | ({ readonly what: 'waiting' } & Awaited & Span)
  /** Which operations a round opens. */
  | ({ readonly what: 'opens'; readonly ops: readonly number[] } & FrameAddress & Span)
  /** Keys and values that earlier steps left out, computed now. */
  | ({ readonly what: 'refill'; readonly step: number; readonly layer: number } & Refill & Span)
  | ({ readonly what: 'epoch' } & Pick<EpochBegun, 'number' | 'heads' | 'bytes'> & Span)
  /** Of a step, at the client. */
  | ({ readonly what: 'part'; readonly name: string; readonly step: number } & Span);

/** Vectors of so many heads at so many positions; a key and a value count once. */
export interface Refill {
  readonly vectors: number;
  readonly heads: number;
  readonly positions: number;
}
