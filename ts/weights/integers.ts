/**
 * Public weights as small integers (docs/protocol.md section 4.5), and products with them in words
 * of a product's size. They are kept as one vector for each output; where inputs are skipped, as one
 * for each input.
 */
import type { IntegerRows } from '../kernels/load.js';
import type { Plan } from '../plan/formats.js';
import type { Multiplier, RowsMultiplier } from '../wires/effects.js';
import type { Words } from '../wires/wire.js';
import { isRows, type TensorId, type TensorName, tensorShape } from './tensors.js';

/** How the integers of a tensor lie: a vector for each of its outputs, or for each of its inputs. */
export interface IntegerLayout {
  readonly vectors: number;
  readonly dim: number;
  /** Whether vectors are the columns of the tensor, as its words are ordered. */
  readonly transposed: boolean;
}

/** Tensors that some layers read in part of their inputs. */
const SKIPS_INPUTS: readonly TensorName[] = ['o', 'down'];
/** Tensors whose words lie output by output. */
const BY_OUTPUTS: readonly TensorName[] = ['gate', 'up', 'predictUp'];

/** The layout of a tensor: by inputs only where a layer may skip some. */
export function integerLayout(plan: Plan, id: TensorId): IntegerLayout {
  const [rows, cols] = tensorShape(plan, id);
  const byInputs = SKIPS_INPUTS.includes(id.name) && plan.layers.some(({ predictor }) => predictor);
  const transposed = !byInputs && !BY_OUTPUTS.includes(id.name);
  return transposed ? { vectors: cols, dim: rows, transposed } : { vectors: rows, dim: cols, transposed };
}

/** Integers as a product multiplies by them, in words of `bits`. */
export function placedIntegers(
  plan: Plan,
  id: TensorId,
  integers: IntegerRows,
  bits: number,
): Multiplier | RowsMultiplier {
  const { transposed } = integerLayout(plan, id);
  if (isRows(id.name)) return transposed ? new OutputsOfNeurons(integers, bits) : new Neurons(integers, bits);
  return transposed ? new Outputs(integers, bits) : new Inputs(integers, bits);
}

abstract class Integers {
  constructor(
    protected readonly integers: IntegerRows,
    protected readonly bits: number,
  ) {}

  free(): void {
    this.integers.free();
  }

  /** Public weights do not move, so nobody asks for their words. */
  words(): Words {
    return BigUint64Array.from(this.integers.values(), (value) => BigInt.asUintN(64, BigInt(value)));
  }

  protected dots(x: Words, t: number, starts: Uint32Array, vectors: Uint32Array): Words {
    return this.integers.dots(x, t, starts, vectors, this.bits) as Words;
  }

  protected combine(a: Words, t: number, starts: Uint32Array, vectors: Uint32Array): Words {
    return this.integers.combine(a, t, starts, vectors, this.bits) as Words;
  }

  /** Every vector for each of so many rows. */
  protected all(t: number): [starts: Uint32Array, vectors: Uint32Array] {
    const count = this.integers.rows;
    const vectors = new Uint32Array(t * count);
    for (let i = 0; i < vectors.length; i++) vectors[i] = i % count;
    return [Uint32Array.from({ length: t + 1 }, (_, row) => row * count), vectors];
  }
}

/** A vector for each output of a matrix. */
class Outputs extends Integers implements Multiplier {
  get rows(): number {
    return this.integers.dim;
  }
  get cols(): number {
    return this.integers.rows;
  }
  mul(x: Words, t: number): Words {
    return this.dots(x, t, ...this.all(t));
  }
  mulColumnBlocks(x: Words, t: number, jobRows: Uint32Array, jobBlocks: Uint32Array, size: number): Words {
    const { starts, vectors, places } = blockPairs(t, jobRows, jobBlocks, size);
    const sums = this.dots(x, t, starts, vectors);
    return sums.map((_, i) => sums[places[i]]);
  }
  /** Of all blocks of each row, one after the other: nothing is skipped where weights lie so. */
  mulRowBlocks(x: Words, t: number): Words {
    return this.mul(x, t);
  }
}

/** A vector for each input of a matrix. */
class Inputs extends Integers implements Multiplier {
  get rows(): number {
    return this.integers.rows;
  }
  get cols(): number {
    return this.integers.dim;
  }
  mul(x: Words, t: number): Words {
    return this.combine(x, t, ...this.all(t));
  }
  mulColumnBlocks(): never {
    throw new Error('outputs are skipped only where weights lie by outputs');
  }
  mulRowBlocks(x: Words, t: number, jobRows: Uint32Array, jobBlocks: Uint32Array): Words {
    const { starts, vectors, places } = blockPairs(t, jobRows, jobBlocks, x.length / jobRows.length);
    const ordered = new BigUint64Array(x.length);
    for (let i = 0; i < x.length; i++) ordered[places[i]] = x[i];
    return this.combine(ordered, t, starts, vectors);
  }
}

/** A vector for each neuron, or predicted output. */
class Neurons extends Integers implements RowsMultiplier {
  get rows(): number {
    return this.integers.rows;
  }
  get dim(): number {
    return this.integers.dim;
  }
  override dots(x: Words, t: number, starts: Uint32Array, neurons: Uint32Array): Words {
    return super.dots(x, t, starts, neurons);
  }
  override combine(a: Words, t: number, starts: Uint32Array, neurons: Uint32Array): Words {
    return super.combine(a, t, starts, neurons);
  }
}

/** What all neurons of a row add up to, a vector for each output. */
class OutputsOfNeurons extends Integers implements RowsMultiplier {
  get rows(): number {
    return this.integers.dim;
  }
  get dim(): number {
    return this.integers.rows;
  }
  override dots(): never {
    throw new Error('neurons are read one by one only where weights lie by neurons');
  }
  /** Of all neurons of each row: nothing is skipped where weights lie so. */
  override combine(a: Words, t: number): Words {
    return super.dots(a, t, ...this.all(t));
  }
}

/** Vectors of each row's blocks, ascending, and the place among them of every element of the jobs. */
function blockPairs(
  t: number,
  jobRows: Uint32Array,
  jobBlocks: Uint32Array,
  size: number,
): { starts: Uint32Array; vectors: Uint32Array; places: Uint32Array } {
  const order = Array.from(jobRows, (_, job) => job).sort(
    (a, b) => jobRows[a] - jobRows[b] || jobBlocks[a] - jobBlocks[b],
  );
  const starts = new Uint32Array(t + 1);
  for (const row of jobRows) starts[row + 1] += size;
  for (let row = 0; row < t; row++) starts[row + 1] += starts[row];
  const vectors = new Uint32Array(order.length * size);
  const places = new Uint32Array(vectors.length);
  for (const [place, job] of order.entries())
    for (let i = 0; i < size; i++) {
      vectors[place * size + i] = jobBlocks[job] * size + i;
      places[job * size + i] = place * size + i;
    }
  return { starts, vectors, places };
}
