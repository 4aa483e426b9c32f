/** Finds out which output is opened under which name, from tokens whose plain sets are known. */
import { Noise } from './noise.js';
import { groups, type OpenedSets, type ViewShape } from './view.js';

/** For each layer, the output that stands behind each opened name, or -1 where that is not certain. */
export type Names = readonly Int32Array[];

/**
 * Compares for every output in which of the tokens it was opened. A name is taken as an output's where each is the only best match of the
 * other.
 */
export function matchNames(shape: ViewShape, plain: readonly OpenedSets[], opened: readonly OpenedSets[]): Names {
  const { layers, neurons, heads } = shape;
  const ours = plain.map((sets) => groups(sets, neurons));
  const theirs = opened.map((sets) => groups(sets, neurons));
  return Array.from({ length: layers }, (_, layer) => {
    const names = new Int32Array(neurons + heads).fill(-1);
    for (const [group, from, count] of [
      [2 * layer, 0, neurons],
      [2 * layer + 1, neurons, heads],
    ]) {
      const mine = new Signatures(
        ours.map((lists) => lists[group]),
        from,
        count,
      );
      const seen = new Signatures(
        theirs.map((lists) => lists[group]),
        from,
        count,
      );
      for (const [name, output] of mutualBest(mine, seen)) names[from + name] = from + output;
    }
    return names;
  });
}

/** In which tokens each index occurs, as bits. */
class Signatures {
  readonly words: number;
  readonly bits: Int32Array;
  readonly sizes: Int32Array;
  total = 0;

  constructor(
    readonly lists: readonly Uint16Array[],
    from: number,
    readonly count: number,
  ) {
    this.words = Math.ceil(lists.length / 32);
    this.bits = new Int32Array(count * this.words);
    this.sizes = new Int32Array(count);
    for (const [t, list] of lists.entries()) {
      this.total += list.length;
      for (const index of list) {
        this.bits[(index - from) * this.words + (t >> 5)] |= 1 << (t & 31);
        this.sizes[index - from]++;
      }
    }
  }

  /** Indices that occur. */
  active(): Int32Array {
    return Int32Array.from(this.sizes.keys()).filter((index) => this.sizes[index] > 0);
  }
}

/** Pairs of a name and an output that prefer each other to all others. */
function mutualBest(mine: Signatures, seen: Signatures): [name: number, output: number][] {
  const { words, count } = mine;
  const tokens = mine.lists.length;
  const noise = new Noise(count, mine.total / tokens, seen.total / tokens);
  const outputs = new Best(count);
  const names = new Best(count);
  // What was never opened looks like everything else that was not.
  const candidates = mine.active();
  for (const name of seen.active()) {
    for (const output of candidates) {
      let shared = 0;
      for (let w = 0; w < words; w++) shared += ones(mine.bits[output * words + w] & seen.bits[name * words + w]);
      const value = noise.logLikelihood(shared, mine.sizes[output], seen.sizes[name], tokens);
      outputs.offer(output, name, value);
      names.offer(name, output, value);
    }
  }
  const pairs: [number, number][] = [];
  for (let name = 0; name < count; name++) {
    const output = names.only(name);
    if (output >= 0 && outputs.only(output) === name) pairs.push([name, output]);
  }
  return pairs;
}

/** The best partner of each of `count` things, and whether another is as good. */
class Best {
  readonly #values: Float64Array;
  readonly #partners: Int32Array;

  constructor(count: number) {
    this.#values = new Float64Array(count).fill(-Infinity);
    this.#partners = new Int32Array(count).fill(-1);
  }

  offer(of: number, partner: number, value: number): void {
    if (value < this.#values[of]) return;
    this.#partners[of] = value === this.#values[of] ? -1 : partner;
    this.#values[of] = value;
  }

  /** -1 where there are several. */
  only(of: number): number {
    return this.#partners[of];
  }
}

function ones(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
