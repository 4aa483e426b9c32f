/** Server 1's end of the dealer's tape: sections in their order, and those that have come before they are needed. */
import { releaseFrame } from '../core/release.js';
import type { FrameAddress } from '../net/frame.js';
import type { Link } from '../net/link.js';
import { SECTION, type SectionPart } from '../wires/effects.js';
import { Section } from '../wires/section.js';

export class Tape {
  /** Decoded, by the payloads that they are views of. */
  readonly #sections = new WeakMap<Uint8Array, Section>();

  constructor(private readonly dealer: Link) {}

  /** The section that is due; the dealer may send another. @throws CometError E_FRAME where it is not, or no section. */
  async next(step: number, layer: number, part: SectionPart): Promise<Section> {
    const at: FrameAddress = { step, layer, round: part };
    const { payload } = await this.dealer.expect('tape', at);
    const section = this.#decoded(payload);
    this.dealer.send({ kind: 'credit', ...at });
    return section;
  }

  /** The first section of a layer in a step to come, if it is here; it stays to be read. */
  arrived(step: number, layer: number): Section | undefined {
    const frame = this.dealer.waiting('tape', { step, layer, round: SECTION.layer });
    return frame && this.#decoded(frame.payload);
  }

  #decoded(payload: Uint8Array): Section {
    const known = this.#sections.get(payload);
    if (known) return known;
    const section = new Section(payload, () => releaseFrame(payload));
    this.#sections.set(payload, section);
    return section;
  }
}
