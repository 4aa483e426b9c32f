/** Signs of wires in a feed-forward half (docs/protocol.md section 3, ops 19 and 20): in two rounds by digits, or in one by a table. */
import { OP } from '../core/address.js';
import { type Comparison, openedBits } from '../gates/compare.js';
import { signDigits } from '../plan/formats.js';
import type { Opening } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';
import { LayerHalf } from './layer.js';

export abstract class SignedHalf<W extends Format, S> extends LayerHalf<W, S> {
  /** Whether a pre-activation is at least zero. */
  get #sign(): Comparison {
    return { thresholds: BigUint64Array.of(0n), digits: Uint8Array.from(signDigits(this.p)) };
  }

  protected signDigits(top: W): Opening<S> {
    const bits = this.g.compareDigits(this.at(OP.signAnd), top, this.#sign);
    return this.opening(OP.signAnd, bits, top.rows, top.cols, 0, openedBits(this.#sign), true);
  }

  /** The sign of the low `width` bits. */
  protected tableBit(x: W, { width, bits }: { width: number; bits: number }, clear: boolean): Opening<S> {
    const positive = this.g.signTable(this.at(OP.signBit), this.g.narrow(x, width), bits);
    return { ...this.opening(OP.signBit, positive, x.rows, x.cols, 0, 1, true), clear };
  }

  protected signBit(top: W, digits: W): Opening<S> {
    const positive = this.g.compareBits(this.at(OP.signAnd), top, digits, this.#sign);
    return this.opening(OP.signBit, positive, top.rows, top.cols, 0, 1, true);
  }
}
