/** Compares the wires that two servers opened with the twin's values. */
import type { Address } from '../core/address.js';
import type { Kernels } from '../kernels/load.js';
import type { Exchange } from '../wires/effects.js';
import type { Words } from '../wires/wire.js';

/** One round as a server saw it. */
export interface Frame {
  readonly step: number;
  readonly exchange: Exchange;
  readonly opened: readonly Words[];
}

const nameOf = ({ step, layer, op }: Address): string => `${step}.${layer}.${op}`;

export class WireLog {
  readonly #expected = new Map<string, BigUint64Array>();
  compared = 0;
  equal = true;
  /** Addresses that differed, the first few. */
  readonly differences: string[] = [];

  /** The twin's value of an opened wire. */
  expect(at: Address, values: BigUint64Array): void {
    this.#expected.set(nameOf(at), values);
  }

  /** Checks the frames of finished steps and forgets what was expected of them. */
  check(server0: readonly Frame[], server1: readonly Frame[], kernels: Kernels): void {
    if (server0.length !== server1.length) this.equal = false;
    for (const [i, frame] of server0.entries()) this.#checkFrame(frame, server1[i], kernels);
    // What the twin has beyond the openings is its input and its hidden states, which the servers never open.
    this.#expected.clear();
  }

  #checkFrame({ exchange, opened }: Frame, other: Frame, kernels: Kernels): void {
    for (const [i, { at, half, width, xor }] of exchange.openings.entries()) {
      const expected = this.#expected.get(nameOf(at));
      if (!expected) continue; // bits inside a comparison are no wires of the specification
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
      if (this.differences.length < 8) this.differences.push(nameOf(at));
    }
  }
}

const equal = (a: Words, b: Words): boolean => a.length === b.length && a.every((word, i) => word === b[i]);
