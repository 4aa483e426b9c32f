/**
 * A section of the tape: everything the dealer sends server 1 for one (step, layer), as entries `op u16 | part u16 | length u32 | bytes`.
 * Server 0 expands its halves from its seed and receives nothing.
 */
import { CometError } from '../core/errors.js';
import { release } from '../core/release.js';

/** Bytes of an entry's head. */
export const ENTRY_HEADER = 8;

/** Collects the entries of one section. */
export class SectionWriter {
  readonly #entries: { op: number; part: number; bytes: Uint8Array }[] = [];

  add(op: number, part: number, bytes: Uint8Array): void {
    this.#entries.push({ op, part, bytes });
  }

  /** The section as a frame's payload. */
  encode(): Uint8Array<ArrayBuffer> {
    const total = this.#entries.reduce((sum, entry) => sum + ENTRY_HEADER + entry.bytes.length, 0);
    const out = new Uint8Array(total);
    const view = new DataView(out.buffer);
    let offset = 0;
    for (const { op, part, bytes } of this.#entries) {
      view.setUint16(offset, op, true);
      view.setUint16(offset + 2, part, true);
      view.setUint32(offset + 4, bytes.length, true);
      out.set(bytes, offset + ENTRY_HEADER);
      offset += ENTRY_HEADER + bytes.length;
      release(bytes);
    }
    return out;
  }
}

const position = (op: number, part: number): number => op * 0x10000 + part;

/** The entries of one section, taken by address. */
export class Section {
  readonly #entries = new Map<number, Uint8Array>();

  /**
   * Decodes a payload.
   * @param ended hears that all entries were read
   * @throws CometError E_FRAME when it is not a section
   */
  constructor(
    payload: Uint8Array,
    private readonly ended: () => void = () => {},
  ) {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    for (let offset = 0; offset < payload.length;) {
      if (offset + ENTRY_HEADER > payload.length)
        throw new CometError('E_FRAME', 'a tape section ends inside an entry');
      const length = view.getUint32(offset + 4, true);
      const key = position(view.getUint16(offset, true), view.getUint16(offset + 2, true));
      const start = offset + ENTRY_HEADER;
      if (start + length > payload.length || this.#entries.has(key))
        throw new CometError('E_FRAME', 'a tape section has a broken entry');
      this.#entries.set(key, payload.subarray(start, start + length));
      offset = start + length;
    }
  }

  /** The bytes of an entry that stays; undefined where it is absent or of another length. */
  peek(op: number, part: number, length: number): Uint8Array | undefined {
    const bytes = this.#entries.get(position(op, part));
    return bytes?.length === length ? bytes : undefined;
  }

  /** Reads the bytes of an entry, once. @throws CometError E_FRAME when it is absent or of another length. */
  take<T>(op: number, part: number, length: number, read: (bytes: Uint8Array) => T): T {
    const bytes = this.#entries.get(position(op, part));
    if (bytes?.length !== length) {
      throw new CometError(
        'E_FRAME',
        `the tape entry of operation ${op}, part ${part} has ${bytes?.length ?? 'no'} bytes instead of ${length}`,
      );
    }
    this.#entries.delete(position(op, part));
    const words = read(bytes);
    if (this.#entries.size === 0) this.ended();
    return words;
  }
}

/** Bytes of `count` values of `width` bits, packed. */
export const packedBytes = (count: number, width: number): number => Math.ceil((count * width) / 8);
