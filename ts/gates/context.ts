/** What gates get from their party: kernels, masks, correlations. One per session and party. */
import { type Address, nonce } from '../core/address.js';
import { CometError } from '../core/errors.js';
import type { Dealt, Kernels } from '../kernels/load.js';
import { Consumed } from '../wires/consumed.js';
import { Early } from '../wires/early.js';
import { packedBytes, type Section, SectionWriter } from '../wires/section.js';
import type { Later, Words } from '../wires/wire.js';
import type { Ahead } from './ahead.js';

/** Parts of an operation's address: 0 masks the opened wire, the others are dealt (docs/protocol.md section 1). */
export const PART = { mask: 0, gamma: 1, truncated: 2, words: 3, monomials: 4 } as const;
/** What servers draw together is under their own key: this part is in no nonce, it is where that is remembered. */
const DRAWN = 5;

/** Hears of the multiply-accumulates that an operation really did. */
export type CountMacs = (at: Address, macs: number) => void;

/** A server's source of mask halves and dealt shares. */
export class ServerContext {
  readonly #consumed = new Consumed();
  readonly #early = new Early();
  /** By layer: that of the layer whose rounds are under way, and that of the next one's refills. */
  readonly #sections = new Map<number, Section>();

  /**
   * @param party 0 or 1
   * @param key the tape key that this server shares with the dealer
   * @param serversKey what it shares with the other server
   * @param onMacs hears of them when their step runs, also where they were computed before
   * @param ahead where products of steps to come wait
   * @param arrived server 1: the section of a layer in a step to come, if it is here already
   */
  constructor(
    readonly kernels: Kernels,
    readonly party: 0 | 1,
    private readonly key: Uint8Array,
    private readonly serversKey: Uint8Array,
    readonly onMacs: CountMacs = () => {},
    readonly ahead?: Ahead,
    private readonly arrived: (step: number, layer: number) => Section | undefined = () => undefined,
  ) {}

  /** Server 1: the section that the following gates of the layer read; `beside` keeps those of other layers. */
  use(layer: number, section: Section, beside = false): void {
    if (!beside) this.#sections.clear();
    this.#sections.set(layer, section);
  }

  /** This server's half of an opened wire's mask. */
  half(at: Address, count: number, width: number): Words {
    this.#consumed.take(at, PART.mask);
    return this.#early.take(at, PART.mask, () => this.#drawn(at, PART.mask, count, width));
  }

  /** The half of an opening in other steps. That it is known before does not use it up: only what is opened under it does. */
  laterHalf(at: Address, count: number, width: number): Later {
    return (step) => {
      const there = { ...at, step };
      return this.#early.see(there, PART.mask, () => this.#drawn(there, PART.mask, count, width));
    };
  }

  /** This server's half of the client's input mask, from the key that the client drew for it. */
  clientHalf(key: Uint8Array, at: Address, count: number, width: number): Words {
    this.#consumed.take(at, PART.mask);
    return this.kernels.prgWords(key, nonce(at, PART.mask), 0, count, width) as Words;
  }

  /** Words that both servers draw, and the dealer does not know. */
  drawn(at: Address, count: number, width: number): Words {
    this.#consumed.take(at, DRAWN);
    return this.kernels.prgWords(this.serversKey, nonce(at, PART.mask), 0, count, width) as Words;
  }

  /** This server's share of dealt words, for one call of a kernel. */
  dealt(at: Address, part: number, count: number, width: number): Dealt {
    this.#consumed.take(at, part);
    if (this.party === 0) return this.kernels.prgDealt(this.key, nonce(at, part), count, width);
    return this.#take(at, part, count, width, (bytes) => this.kernels.unpackDealt(bytes, width, count));
  }

  /** The same for those that stay, as the half of a wire, or are read outside kernels. */
  dealtWords(at: Address, part: number, count: number, width: number): Words {
    this.#consumed.take(at, part);
    if (this.party === 0) return this.#early.take(at, part, () => this.#drawn(at, part, count, width));
    return this.#take(at, part, count, width, (bytes) =>
      this.#early.take(at, part, () => this.kernels.unpackWords(bytes, width, count) as Words),
    );
  }

  /** Those that are dealt at the same place in other steps; server 1 knows it when their section is here. */
  laterDealt(at: Address, part: number, count: number, width: number): Later {
    return (step) => {
      const there = { ...at, step };
      return this.#early.see(there, part, () => {
        if (this.party === 0) return this.#drawn(there, part, count, width);
        const bytes = this.arrived(step, at.layer)?.peek(at.op, part, packedBytes(count, width));
        return bytes && (this.kernels.unpackWords(bytes, width, count) as Words);
      });
    };
  }

  /** The same at chosen positions of a large table of `count` words; only those are expanded. */
  gather(at: Address, part: number, positions: Uint32Array, count: number, width: number): Words {
    this.#consumed.take(at, part);
    if (this.party === 0) return this.kernels.prgGather(this.key, nonce(at, part), positions, width) as Words;
    return this.#take(at, part, count, width, (bytes) => this.kernels.unpackGather(bytes, width, positions) as Words);
  }

  #drawn(at: Address, part: number, count: number, width: number): Words {
    return this.kernels.prgWords(this.key, nonce(at, part), 0, count, width) as Words;
  }

  #take<T>(at: Address, part: number, count: number, width: number, read: (bytes: Uint8Array) => T): T {
    const section = this.#sections.get(at.layer);
    if (!section) throw new CometError('E_INTERNAL', 'a correlation was asked for before its section came');
    return section.take(at.op, part, packedBytes(count, width), read);
  }
}

/** The dealer's sink of dealt words. */
export class DealerContext {
  readonly #consumed = new Consumed();
  readonly #early = new Early();
  #section = new SectionWriter();

  constructor(
    readonly kernels: Kernels,
    private readonly key0: Uint8Array,
    private readonly key1: Uint8Array,
    private readonly onDeal?: (at: Address, bytes: number) => void,
    readonly onMacs: CountMacs = () => {},
    readonly ahead?: Ahead,
  ) {}

  /** The mask of an opened wire: the sum (or XOR) of both halves. */
  mask(at: Address, count: number, width: number, xor: boolean): Words {
    this.#consumed.take(at, PART.mask);
    return this.#early.take(at, PART.mask, () => this.#maskOf(at, count, width, xor));
  }

  /** The mask of an opening in other steps. */
  laterMask(at: Address, count: number, width: number, xor: boolean): Later {
    return (step) => {
      const there = { ...at, step };
      return this.#early.see(there, PART.mask, () => this.#maskOf(there, count, width, xor));
    };
  }

  /** Deals words: server 0's share is its seed's, server 1's is the remainder, which goes onto the tape. */
  deal(at: Address, part: number, dealt: Dealt, width: number, xor = false): void {
    this.#consumed.take(at, part);
    const bytes = this.kernels.dealRemainder(this.key0, nonce(at, part), dealt, width, xor);
    this.onDeal?.(at, bytes.length);
    this.#section.add(at.op, part, bytes);
  }

  #maskOf(at: Address, count: number, width: number, xor: boolean): Words {
    return this.kernels.maskOf(this.key0, this.key1, nonce(at, PART.mask), count, width, xor) as Words;
  }

  /** Ends a section and returns its payload. */
  finish(): Uint8Array<ArrayBuffer> {
    const payload = this.#section.encode();
    this.#section = new SectionWriter();
    return payload;
  }
}
