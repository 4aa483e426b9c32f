/** Bounds how far the dealer's tape runs ahead, in bytes and in steps: sections sent and not yet credited by server 1. */
import { CometError } from '../core/errors.js';
import { release } from '../core/release.js';
import { tooLong } from '../cost/tape-bound.js';
import { MOST_STEPS } from '../gates/ahead.js';
import type { Frame } from '../net/frame.js';
import type { Link } from '../net/link.js';

/** Which section it is. */
export interface SentSection {
  readonly step: number;
  readonly layer: number;
  readonly part: number;
  readonly manyRows: boolean;
}

/** Bytes that sections of a step of many rows may have together: they are used one after the other, none of them before its step. */
const MANY_ROWS_BYTES = 2 ** 22;

export class Window {
  readonly #outstanding: { step: number; layer: number; round: number; bytes: number }[] = [];
  #bytes = 0;
  /** What came while a section waited for room, and is no credit. */
  #early?: Frame;

  constructor(
    private readonly link: Link,
    private readonly limit: number,
    private readonly frameBytes: number,
  ) {}

  /**
   * Sends a section once the window has room for it; one section always fits. @throws CometError E_FRAME for a credit out of order, E_LIMIT
   * for a section that refilled keys and values have made too long: how many these are is not known when the step is announced.
   */
  async send({ step, layer, part, manyRows }: SentSection, payload: Uint8Array): Promise<void> {
    const bytes = payload.length;
    if (bytes > this.frameBytes) throw tooLong(bytes, this.frameBytes);
    const limit = manyRows ? Math.min(MANY_ROWS_BYTES, this.limit) : this.limit;
    while (this.#outstanding.length > 0 && (this.#bytes + bytes > limit || this.#isFarAhead(step)))
      await this.#makeRoom();
    this.link.send({ kind: 'tape', step, layer, round: part, payload });
    this.#outstanding.push({ step, layer, round: part, bytes });
    this.#bytes += bytes;
    release(payload);
    await this.link.drained();
  }

  /** The next frame of server 1 that is no credit. */
  async receive(): Promise<Frame> {
    for (;;) {
      const frame = this.#early ?? (await this.#next());
      this.#early = undefined;
      if (frame.kind !== 'credit') return frame;
      this.#credited(frame);
    }
  }

  /** In steps of many rows the servers reveal a set before they need the layer's last sections: one, because they cannot go on without its answer. */
  async #makeRoom(): Promise<void> {
    const frame = await this.#next();
    if (frame.kind === 'reveal' && !this.#early) this.#early = frame;
    else this.#credited(frame);
  }

  /** After bye nothing comes but the reason why. */
  async #next(): Promise<Frame> {
    const frame = await this.link.receive();
    return frame.kind === 'bye' ? this.link.receive() : frame;
  }

  /** Whether no product of the step that server 1 is in could use its masks. */
  #isFarAhead(step: number): boolean {
    return step - this.#outstanding[0].step > MOST_STEPS;
  }

  #credited({ kind, step, layer, round }: Frame): void {
    const due = this.#outstanding.shift();
    if (kind !== 'credit' || due?.step !== step || due.layer !== layer || due.round !== round)
      throw new CometError('E_FRAME', `server 1 sent ${kind} of step ${step} where a credit was due`);
    this.#bytes -= due.bytes;
  }
}
