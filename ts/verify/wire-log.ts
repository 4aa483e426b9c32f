/** Compares the wires that two servers opened with the twin's values: all of them, and all of the twin's. */
import { type Address, INPUT_LAYER } from '../core/address.js';
import type { Kernels } from '../kernels/load.js';
import { FINAL_OP } from '../program/decoder.js';
import type { Exchange } from '../wires/effects.js';
import type { Words } from '../wires/wire.js';

/** One round as a server saw it. */
export interface Frame {
  readonly step: number;
  readonly exchange: Exchange;
  readonly opened: readonly Words[];
}

/** A round as it is now: its words end with their layer. */
export const frameOf = (step: number, exchange: Exchange, opened: readonly Words[]): Frame => ({
  step,
  exchange: {
    ...exchange,
    openings: exchange.openings.map((opening) => ({ ...opening, half: opening.half.slice() })),
  },
  opened: opened.map((words) => words.slice()),
});

const nameOf = ({ step, layer, op }: Address): string => `${step}.${layer}.${op}`;

/** Addresses that a report names. */
const NAMED = 8;

export class WireLog {
  readonly #expected = new Map<string, { readonly at: Address; readonly values: BigUint64Array; opened: boolean }>();
  compared = 0;
  equal = true;
  /** Addresses that differed, the first few. */
  readonly differences: string[] = [];
  /** Addresses that the twin has and the servers did not open, the first few. */
  readonly unopened: string[] = [];

  /** @param layers of the model */
  constructor(private readonly layers: number) {}

  /** The twin's value of an opened wire. */
  expect(at: Address, values: BigUint64Array): void {
    this.#expected.set(nameOf(at), { at, values, opened: false });
  }

  /** Checks the frames of finished steps and forgets what was expected of them. */
  check(server0: readonly Frame[], server1: readonly Frame[], kernels: Kernels): void {
    if (server0.length !== server1.length) this.equal = false;
    for (const [i, frame] of server0.entries()) this.#checkFrame(frame, server1[i], kernels);
    for (const { at, opened } of this.#expected.values()) {
      if (opened || this.#staysClosed(at)) continue;
      this.equal = false;
      if (this.unopened.length < NAMED) this.unopened.push(nameOf(at));
    }
    this.#expected.clear();
  }

  /** The client's input and the hidden states that it gets are the twin's wires, too. */
  #staysClosed({ layer, op }: Address): boolean {
    return layer === INPUT_LAYER || (layer === this.layers && op === FINAL_OP.hidden);
  }

  #checkFrame({ exchange, opened }: Frame, other: Frame, kernels: Kernels): void {
    for (const [i, { at, half, width, xor }] of exchange.openings.entries()) {
      const wire = this.#expected.get(nameOf(at));
      if (!wire) continue; // bits inside a comparison are no wires of the specification
      wire.opened = true;
      const expected = wire.values;
      this.compared++;
      const otherHalf = other.exchange.openings[i].half;
      const mask = xor ? kernels.xorWords(half, otherHalf) : kernels.joinWords(half, otherHalf, width);
      const value = xor
        ? kernels.xorWords(opened[i], mask)
        : kernels.maskWords(kernels.subWords(opened[i], mask), width);
      const same =
        value.length === expected.length &&
        value.every((word, j) => word === expected[j]) &&
        equal(opened[i], other.opened[i]);
      if (same) continue;
      this.equal = false;
      if (this.differences.length < NAMED) this.differences.push(nameOf(at));
    }
  }
}

const equal = (a: Words, b: Words): boolean => a.length === b.length && a.every((word, i) => word === b[i]);
