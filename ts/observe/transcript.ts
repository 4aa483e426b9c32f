/**
 * A digest of what the servers and the dealer say to each other in one session, for comparing runs: openings and tape, without the ids.
 * Frames of one direction of one link have one order, whatever the timing; so each direction has its own hash.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { ROLES } from '../core/config.js';
import { type FrameAddress, type Kind, KINDS } from '../net/frame.js';
import type { Link } from '../net/link.js';
import type { Session } from '../net/session.js';

type Hash = ReturnType<typeof sha256.create>;
type Said = Partial<FrameAddress> & { readonly kind: Kind; readonly payload?: Uint8Array };

const OBSERVED: readonly Kind[] = ['opening', 'refill', 'tape'];

/** Watches a session. Only what is sent and read through `session` counts. */
export class Transcript {
  readonly session: Session;
  private readonly hashes = new Map<string, Hash>();

  constructor(inner: Session) {
    const links = new Map<string, Link>();
    for (const peer of ROLES) if (peer !== inner.role) links.set(peer, this.watched(inner.link(peer), inner.role));
    this.session = { ...inner, link: (peer) => links.get(peer) ?? inner.link(peer) };
  }

  /** SHA-256, hexadecimal, over the hashes of all directions by name: the ends of a link hash it alike. */
  digest(): string {
    const all = sha256.create();
    for (const [name, hash] of [...this.hashes].sort(([a], [b]) => (a < b ? -1 : 1))) {
      all.update(new TextEncoder().encode(`${name}\n`)).update(hash.clone().digest());
    }
    return bytesToHex(all.digest());
  }

  private watched(link: Link, me: string): Link {
    const read = <T extends Said>(frame: T): T => (this.add(`${link.peer} to ${me}`, frame), frame);
    return {
      peer: link.peer,
      meter: link.meter,
      ended: link.ended,
      send: (frame) => (this.add(`${me} to ${link.peer}`, frame), link.send(frame)),
      receive: async (signal) => read(await link.receive(signal)),
      expect: async (kind, address, signal) => read(await link.expect(kind, address, signal)),
      waiting: (kind, address) => link.waiting(kind, address),
      drained: (signal, unsent) => link.drained(signal, unsent),
      close: (error) => link.close(error),
    };
  }

  private add(direction: string, { kind, step = 0, layer = 0, round = 0, payload = new Uint8Array(0) }: Said): void {
    if (!OBSERVED.includes(kind)) return;
    let hash = this.hashes.get(direction);
    if (!hash) this.hashes.set(direction, (hash = sha256.create()));
    const head = new DataView(new ArrayBuffer(20));
    [KINDS[kind], step, layer, round, payload.length].forEach((value, i) => head.setUint32(4 * i, value, true));
    hash.update(new Uint8Array(head.buffer)).update(payload);
  }
}
