/** Bounds how far the dealer's tape runs ahead: sections sent and not yet credited by server 1. */
import type { Link } from '../net/link.js';

export class Window {
  readonly #outstanding: { step: number; layer: number; bytes: number }[] = [];
  #bytes = 0;

  constructor(
    private readonly link: Link,
    private readonly limit: number,
    private readonly signal?: AbortSignal,
  ) {}

  /** Sends a section once the window has room for it; one section always fits. @throws CometError E_FRAME for a credit out of order. */
  async send(step: number, layer: number, payload: Uint8Array): Promise<void> {
    while (this.#outstanding.length > 0 && this.#bytes + payload.length > this.limit) await this.#credit();
    this.link.send({ kind: 'tape', step, layer, payload });
    this.#outstanding.push({ step, layer, bytes: payload.length });
    this.#bytes += payload.length;
    await this.link.drained();
  }

  async #credit(): Promise<void> {
    const { step, layer, bytes } = this.#outstanding[0];
    await this.link.expect('credit', { step, layer, round: 0 }, this.signal);
    this.#outstanding.shift();
    this.#bytes -= bytes;
  }
}
