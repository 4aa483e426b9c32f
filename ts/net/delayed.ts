/**
 * Channels that behave as if the peer were farther away: every message is delivered a one-way delay after it was sent, in order. The
 * moment of sending travels ahead of each message, so a receiver that is busy when one arrives does not make the way longer. Both ends
 * must be wrapped, and be threads of one process. Timers are accurate to about a millisecond; what is late is never early.
 */
import { commonNow } from '../core/clock.js';
import type { Channel, Receiver } from './channel.js';
import type { Dial } from './gathering.js';

/** The same peers, farther away. */
export const delayedDial =
  (dial: Dial, oneWayMs: number): Dial =>
  async (peer, signal) =>
    delayed(await dial(peer, signal), oneWayMs);

/** The same channel, longer. */
export function delayed(channel: Channel, oneWayMs: number): Channel {
  return {
    get bufferedAmount() {
      return channel.bufferedAmount;
    },
    send(bytes) {
      channel.send(new Uint8Array(Float64Array.of(commonNow()).buffer));
      channel.send(bytes);
    },
    attach: (receiver) => channel.attach(new Held(receiver, oneWayMs)),
    close: () => channel.close(),
  };
}

/** Holds messages until they are due. */
class Held implements Receiver {
  readonly #waiting: { readonly due: number; readonly deliver: () => void }[] = [];
  #sent?: number;
  #timer?: ReturnType<typeof setTimeout>;

  constructor(
    private readonly receiver: Receiver,
    private readonly oneWayMs: number,
  ) {}

  message(bytes: Uint8Array): void {
    if (this.#sent === undefined) {
      [this.#sent] = new Float64Array(bytes.slice().buffer);
      return;
    }
    this.#hold(this.#sent + this.oneWayMs, () => this.receiver.message(bytes));
    this.#sent = undefined;
  }

  closed(error?: Parameters<Receiver['closed']>[0]): void {
    this.#hold(commonNow() + this.oneWayMs, () => this.receiver.closed(error));
  }

  #hold(due: number, deliver: () => void): void {
    this.#waiting.push({ due, deliver });
    if (this.#timer === undefined) this.#release();
  }

  #release(): void {
    this.#timer = undefined;
    while (this.#waiting.length > 0 && this.#waiting[0].due <= commonNow()) this.#waiting.shift()!.deliver();
    if (this.#waiting.length === 0) return;
    this.#timer = setTimeout(() => this.#release(), Math.ceil(this.#waiting[0].due - commonNow()));
  }
}
