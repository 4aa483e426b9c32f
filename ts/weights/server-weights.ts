/** A server's weights while it runs: `F` and its own share of every tensor. */
import { CometError } from '../core/errors.js';
import type { MatrixName, RowsName } from '../gates/product-spec.js';
import type { Masked, Public } from '../gates/product.js';
import type { ServerWeights } from '../gates/server.js';
import type { IntegerRows, Kernels, RingMatrix, RingRows } from '../kernels/load.js';
import { type BiasName, type Plan, prefixFormat, type PrefixName } from '../plan/formats.js';
import type { Multiplier, RowsMultiplier } from '../wires/effects.js';
import type { Words } from '../wires/wire.js';
import { integerLayout, placedIntegers } from './integers.js';
import { freeAll, inThread, type Maskable, moved, type Place } from './place.js';
import {
  isRows,
  isWords,
  type MaskedTensor,
  maskNonce,
  type TensorId,
  tensorShape,
  where,
  wordBits,
} from './tensors.js';

/** Bytes of a public integer as it travels. */
const INTEGER_BYTES = 2;

/**
 * A server's weights, `W0 = F - L0` or `W1 = -L1`, its shares of biases, and the cached constants, filled tensor by tensor. Public
 * weights have no masks: `L0 = L1 = 0`.
 */
export class ServerMatrices implements ServerWeights {
  readonly #matrices = new Map<string, Masked<Multiplier> | Public<Multiplier>>();
  readonly #rows = new Map<string, Masked<RowsMultiplier> | Public<RowsMultiplier>>();
  readonly #words = new Map<string, Masked<Words>>();
  /** What has come of a tensor that comes in pieces. */
  #begun?: { readonly at: string; words: number; readonly masked: RingMatrix | RingRows | IntegerRows };

  constructor(
    private readonly kernels: Kernels,
    private readonly plan: Plan,
    private readonly party: 0 | 1,
    private readonly seed: Uint8Array | undefined,
    private readonly place: Place = inThread,
  ) {}

  /** Takes a tensor, or the next piece of one. @throws CometError E_PROVISIONING for a tensor of another size. */
  async add({ from, bytes, integers, ...id }: MaskedTensor): Promise<void> {
    const [rows, cols] = tensorShape(this.plan, id);
    const size = integers ? INTEGER_BYTES : wordBits(this.plan, id) / 8;
    const begun = (this.#begun ??= { at: where(id), words: 0, masked: this.#zeros(id, integers) });
    const end = from + bytes.length / size;
    if (begun.at !== where(id) || begun.words !== from || !(end <= rows * cols) || end % 1 !== 0) {
      const message = `the share of layer ${id.layer}, ${id.name} has the wrong size; provision this server again`;
      throw new CometError('E_PROVISIONING', message);
    }
    const { masked } = begun;
    if ('addPacked' in masked) masked.addPacked(from, bytes);
    else masked.setF32(from, Float32Array.from(new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / size)), 0);
    begun.words = end;
    if (end < rows * cols) return;
    this.#begun = undefined;
    await this.#finished(id, masked);
  }

  /** Room for a tensor. */
  #zeros(id: TensorId, integers?: true): RingMatrix | RingRows | IntegerRows {
    const { RingMatrix, RingRows, IntegerRows } = this.kernels;
    if (integers) {
      const { vectors, dim } = integerLayout(this.plan, id);
      return new IntegerRows(vectors, dim);
    }
    return (isRows(id.name) ? RingRows : RingMatrix).zeros(...tensorShape(this.plan, id), wordBits(this.plan, id));
  }

  /** All of a tensor is here. */
  async #finished(id: TensorId, masked: RingMatrix | RingRows | IntegerRows): Promise<void> {
    const { RingMatrix, RingRows, IntegerRows } = this.kernels;
    if (masked instanceof IntegerRows || (this.plan.publicWeights && !isWords(id.name)))
      return this.#putOpen(id, masked);
    if (masked instanceof RingRows) return this.#putRows(id, masked, this.#share(masked, RingRows, id));
    const share = this.#share(masked, RingMatrix, id);
    if (!isWords(id.name)) return this.#putMatrix(id, masked, share);
    this.#words.set(where(id), { share: share.words() as Words, masked: masked.words() as Words });
    share.free();
    masked.free();
  }

  /** Puts a tensor, `F` and this server's share, where none was. */
  async put(id: TensorId, masked: Words, share: Words): Promise<void> {
    const [[rows, cols], bits] = [tensorShape(this.plan, id), wordBits(this.plan, id)];
    const { RingMatrix, RingRows } = this.kernels;
    if (isWords(id.name)) this.#words.set(where(id), { share, masked });
    else if (isRows(id.name)) {
      const vectors = (words: Words) => new RingRows(rows, cols, words, bits);
      await this.#putRows(id, vectors(masked), vectors(share));
    } else {
      const matrix = (words: Words) => new RingMatrix(rows, cols, words, bits);
      await this.#putMatrix(id, matrix(masked), matrix(share));
    }
  }

  matrix(layer: number, name: MatrixName): Masked<Multiplier> | Public<Multiplier> {
    return this.#matrices.get(where({ layer, name }))!;
  }
  rows(layer: number, name: RowsName): Masked<RowsMultiplier> | Public<RowsMultiplier> {
    return this.#rows.get(where({ layer, name }))!;
  }
  bias(layer: number, name: BiasName): Words {
    return this.#words.get(where({ layer, name }))!.share;
  }

  /** A constant as a cached wire: `m` is `F`, and the half is this server's mask of it. */
  prefix(layer: number, name: PrefixName): { readonly m: Words; readonly half: Words } {
    const { share, masked } = this.#words.get(where({ layer, name }))!;
    const { width } = prefixFormat(this.plan.layers[layer], name);
    const mask = this.party === 0 ? this.kernels.subWords(masked, share) : this.kernels.negWords(share);
    const narrow = (words: BigUint64Array): Words => this.kernels.maskWords(words, width) as Words;
    return { m: narrow(masked), half: narrow(mask) };
  }

  has(id: TensorId): boolean {
    return [this.#matrices, this.#rows, this.#words].some((tensors) => tensors.has(where(id)));
  }

  /** `F`, whatever the tensor. */
  async words(id: TensorId): Promise<Words> {
    const at = where(id);
    const tensor = (this.#matrices.get(at) ?? this.#rows.get(at))!;
    return this.#words.get(at)?.masked ?? ('open' in tensor ? tensor.open : tensor.masked).words();
  }

  /** The same party and place, and no tensors. */
  empty(): ServerMatrices {
    return new ServerMatrices(this.kernels, this.plan, this.party, this.seed, this.place);
  }

  /** Moves all tensors of another place here, where they take the place of what was there. */
  async take(other: ServerMatrices): Promise<void> {
    const before = [...moved(other.#matrices, this.#matrices), ...moved(other.#rows, this.#rows)];
    moved(other.#words, this.#words);
    for (const tensor of before) await freeAll(...partsOf(tensor));
  }

  /** Gives the memory of all tensors back. */
  async free(): Promise<void> {
    for (const tensors of [this.#matrices, this.#rows]) {
      for (const tensor of tensors.values()) await freeAll(...partsOf(tensor));
      tensors.clear();
    }
    this.#words.clear();
  }

  async #putOpen(id: TensorId, weights: RingMatrix | RingRows | IntegerRows): Promise<void> {
    const { RingMatrix, RingRows } = this.kernels;
    const placed =
      weights instanceof RingMatrix
        ? this.place.matrix(weights)
        : weights instanceof RingRows
          ? this.place.rows(weights)
          : placedIntegers(this.plan, id, weights, wordBits(this.plan, id));
    const open = await placed;
    if (isRows(id.name)) this.#rows.set(where(id), { open: open as RowsMultiplier });
    else this.#matrices.set(where(id), { open: open as Multiplier });
  }

  async #putRows(id: TensorId, masked: RingRows, share: RingRows): Promise<void> {
    this.#rows.set(where(id), { share: await this.place.rows(share), masked: await this.place.rows(masked) });
  }

  async #putMatrix(id: TensorId, masked: RingMatrix, share: RingMatrix): Promise<void> {
    this.#matrices.set(where(id), { share: await this.place.matrix(share), masked: await this.place.matrix(masked) });
  }

  /** `F - L0` or `-L1`. */
  #share<M extends Maskable<M>>(
    masked: M,
    kind: { zeros(rows: number, cols: number, bits: number): M },
    id: TensorId,
  ): M {
    const { plan } = this;
    const share = this.party === 0 ? masked.copy() : kind.zeros(...tensorShape(plan, id), wordBits(plan, id));
    if (this.seed) share.addPrg(this.seed, maskNonce(id), true);
    return share;
  }
}

/** Everything that a tensor takes memory with. */
const partsOf = (
  tensor: Masked<Multiplier | RowsMultiplier> | Public<Multiplier | RowsMultiplier>,
): (Multiplier | RowsMultiplier)[] => ('open' in tensor ? [tensor.open] : [tensor.share, tensor.masked]);
