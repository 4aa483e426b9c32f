/** Vectors of neurons spread over a pool, with the products of {@link RingRows}. */
import { CometError } from '../core/errors.js';
import { loadKernels } from './load.js';
import { type CallAll, sent, type Slice } from './slices.js';

/** The pairs of one slice's neurons, which it counts from its own first. */
interface Part {
  readonly starts: Uint32Array;
  readonly neurons: Uint32Array;
  /** Where each row's pairs begin among all pairs. */
  readonly firsts: Uint32Array;
}

export class PooledRows {
  /** @internal made by {@link KernelPool.shareRows} */
  constructor(
    private readonly call: CallAll,
    private readonly id: number,
    readonly rows: number,
    readonly dim: number,
    private readonly wordBits: number,
    private readonly slices: readonly Slice[],
  ) {}

  /**
   * The inner product of a row of `x` (`t x dim`) and a neuron's vector, for each pair of a row and a neuron: those of row `r` are
   * `neurons[starts[r] .. starts[r + 1]]`, ascending.
   * @throws CometError `E_ARGUMENT` for another number of words, other pairs or freed vectors, `E_ABORTED` when the pool has ended.
   */
  async dots(
    x: BigUint64Array,
    t: number,
    starts: Uint32Array,
    neurons: Uint32Array,
  ): Promise<BigUint64Array<ArrayBuffer>> {
    const parts = this.#partsOf(t, starts, neurons);
    const results = await this.call(this.slices, ({ engine }, i) =>
      engine.dots(this.id, sent(x), t, parts[i].starts, parts[i].neurons),
    );
    const sums = new BigUint64Array(neurons.length);
    results.forEach((result, i) => {
      eachRun(parts[i], (own, first) => sums.set(result.subarray(...own), first));
    });
    return sums;
  }

  /**
   * For each of `t` rows the sum of its neurons' vectors, each times the pair's word of `a`: `t x dim`.
   * @throws CometError as {@link dots}.
   */
  async combine(
    a: BigUint64Array,
    t: number,
    starts: Uint32Array,
    neurons: Uint32Array,
  ): Promise<BigUint64Array<ArrayBuffer>> {
    if (a.length !== neurons.length)
      throw new CometError('E_ARGUMENT', `a has ${a.length} elements, not ${neurons.length}`);
    const parts = this.#partsOf(t, starts, neurons);
    const sums = await this.call(this.slices, ({ engine }, i) => {
      const factors = new BigUint64Array(parts[i].neurons.length);
      eachRun(parts[i], ([from, to], first) => factors.set(a.subarray(first, first + to - from), from));
      return engine.combine(this.id, sent(factors), t, parts[i].starts, parts[i].neurons);
    });
    const { addWords, maskWords } = await loadKernels();
    const sum = sums.reduce(addWords, new BigUint64Array(t * this.dim));
    return maskWords(sum, this.wordBits) as BigUint64Array<ArrayBuffer>;
  }

  /** All vectors, one after the other. @throws CometError as {@link dots}. */
  async words(): Promise<BigUint64Array<ArrayBuffer>> {
    const all = new BigUint64Array(this.rows * this.dim);
    const parts = await this.call(this.slices, ({ engine }) => engine.words(this.id));
    parts.forEach((part, i) => all.set(part, this.slices[i].from * this.dim));
    return all;
  }

  /** Gives the workers' memory back. */
  async free(): Promise<void> {
    await this.call(this.slices, ({ engine }) => engine.free(this.id));
  }

  /** The pairs of each slice. The workers check the rest of what {@link RingRows} asks of pairs. */
  #partsOf(t: number, starts: Uint32Array, neurons: Uint32Array): Part[] {
    const ascend = starts.every((start, row) => start >= (row === 0 ? 0 : starts[row - 1]));
    const whole = ascend && starts.length === t + 1 && starts[0] === 0 && starts[t] === neurons.length;
    const next = starts.slice(0, -1);
    const parts = this.slices.map((slice) => partOf(slice, starts, neurons, next));
    const found = parts.reduce((sum, part) => sum + part.neurons.length, 0);
    if (!whole || found !== neurons.length) {
      const message =
        'starts must ascend from 0 to the number of neurons, and the neurons of a row among those that exist';
      throw new CometError('E_ARGUMENT', message);
    }
    return parts;
  }
}

/** The pairs from `next` of each row up to the end of the slice, where `next` is left. */
function partOf({ from, to }: Slice, starts: Uint32Array, neurons: Uint32Array, next: Uint32Array): Part {
  const [firsts, own] = [next.slice(), new Uint32Array(next.length + 1)];
  next.forEach((first, row) => {
    let end = first;
    while (end < starts[row + 1] && neurons[end] < to) end++;
    next[row] = end;
    own[row + 1] = own[row] + end - first;
  });
  const part = { starts: own, neurons: new Uint32Array(own[next.length]), firsts };
  eachRun(part, (run, first) => {
    for (let i = run[0]; i < run[1]; i++) part.neurons[i] = neurons[first + i - run[0]] - from;
  });
  return part;
}

/** Visits each row's pairs: where they are in the part, and where they begin among all. */
function eachRun({ starts, firsts }: Part, visit: (own: [from: number, to: number], first: number) => void): void {
  firsts.forEach((first, row) => visit([starts[row], starts[row + 1]], first));
}
