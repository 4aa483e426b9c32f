/** What was seen of wires: maxima, and sums of squares before norms. */
import type { Kernels } from '../kernels/load.js';
import type { NormRange } from '../plan/ranges.js';

/** The largest magnitude; NaN where there is one. */
export const largest = (kernels: Kernels, values: Float32Array): number =>
  values.length === 0 ? 0 : kernels.rowPeaks(values, values.length, 0, values.length)[0];

/** Sums of squares before one norm, in any order. */
export interface NormSums {
  readonly first: readonly number[];
  readonly others: readonly number[];
}

/** Sums of squares before one norm: of the first position that steps run, and of all others. */
export class NormSeen {
  readonly #first: number[] = [];
  readonly #others: number[] = [];

  constructor(
    private readonly width: number,
    private readonly first: number,
    private readonly eps: number,
  ) {}

  /** Takes note of rows at these positions; returns what the norm divides each by. */
  see(x: Float32Array, positions: Uint32Array): Float64Array {
    const { width } = this;
    return Float64Array.from(positions, (position, row) => {
      let sum = 0;
      for (let i = row * width; i < (row + 1) * width; i++) sum += x[i] * x[i];
      (position === this.first ? this.#first : this.#others).push(sum);
      return Math.sqrt(sum / width + this.eps);
    });
  }

  /** Everything that was seen, for {@link join}. */
  seen(): NormSums {
    return { first: this.#first, others: this.#others };
  }

  /** Takes note of what another one has seen. */
  join({ first, others }: NormSums): void {
    for (const sum of first) this.#first.push(sum);
    for (const sum of others) this.#others.push(sum);
  }

  range(): NormRange {
    const first = Float64Array.from(this.#first).sort();
    // A context of one position has no others.
    const sorted = this.#others.length > 0 ? Float64Array.from(this.#others).sort() : first;
    return {
      sumSquares: { min: sorted[0], median: sorted[sorted.length >> 1], max: sorted[sorted.length - 1] },
      first: { min: first[0], max: first[first.length - 1] },
    };
  }
}
