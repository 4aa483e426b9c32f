import { KINDS, type Kind } from './frame.js';

export type Direction = 'sent' | 'received';

/** Frames, and their bytes with headers. */
export interface Count {
  readonly frames: number;
  readonly bytes: number;
}

/** What a link had carried at one moment; subtract two with {@link difference}. */
export type MeterSnapshot = Readonly<Record<Direction, Readonly<Record<Kind, Count>>>>;

const KIND_NAMES = Object.keys(KINDS) as Kind[];
const perKind = <T>(value: (kind: Kind) => T) =>
  Object.fromEntries(KIND_NAMES.map((kind) => [kind, value(kind)])) as Record<Kind, T>;

const nothing = () => ({
  sent: perKind(() => ({ frames: 0, bytes: 0 })),
  received: perKind(() => ({ frames: 0, bytes: 0 })),
});

/** Counts what a link carries, by direction, kind and layer. The transport's own framing is not counted. */
export class Meter {
  readonly #total = nothing();
  readonly #layers = new Map<number, ReturnType<typeof nothing>>();
  #received = 0;

  /** Frames of all kinds that came: whoever waits asks often. */
  get received(): number {
    return this.#received;
  }

  count(direction: Direction, kind: Kind, bytes: number, layer = 0): void {
    if (direction === 'received') this.#received += 1;
    let own = this.#layers.get(layer);
    if (!own) this.#layers.set(layer, (own = nothing()));
    for (const counts of [this.#total, own]) {
      const entry = counts[direction][kind];
      entry.frames += 1;
      entry.bytes += bytes;
    }
  }

  /** All that the link carried, or what belongs to one layer. Frames that belong to none count as layer 0's. */
  snapshot(layer?: number): MeterSnapshot {
    const counts = layer === undefined ? this.#total : (this.#layers.get(layer) ?? nothing());
    const copy = (direction: Direction) => perKind((kind) => ({ ...counts[direction][kind] }));
    return { sent: copy('sent'), received: copy('received') };
  }
}

/** What was carried between two moments of the same link. */
export function difference(later: MeterSnapshot, earlier: MeterSnapshot): MeterSnapshot {
  const side = (direction: Direction) =>
    perKind((kind) => ({
      frames: later[direction][kind].frames - earlier[direction][kind].frames,
      bytes: later[direction][kind].bytes - earlier[direction][kind].bytes,
    }));
  return { sent: side('sent'), received: side('received') };
}

/** The sum over some kinds (all unless given) in one direction or, by default, both. */
export function total(
  snapshot: MeterSnapshot,
  {
    kinds = KIND_NAMES,
    directions = ['sent', 'received'],
  }: { kinds?: readonly Kind[]; directions?: readonly Direction[] } = {},
): Count {
  const sum = { frames: 0, bytes: 0 };
  for (const direction of directions) {
    for (const kind of kinds) {
      sum.frames += snapshot[direction][kind].frames;
      sum.bytes += snapshot[direction][kind].bytes;
    }
  }
  return sum;
}

/** Rounds between S0 and S1: simultaneous exchanges of one `opening` frame, one one-way delay each. */
export function rounds({ sent, received }: MeterSnapshot): number {
  return Math.max(sent.opening.frames, received.opening.frames);
}
