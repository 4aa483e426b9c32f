/** A server's weights while it runs: `F` and its own share of every tensor. */
import { CometError } from '../core/errors.js';
import type { MatrixName, RowsName } from '../gates/product-spec.js';
import type { Masked } from '../gates/product.js';
import type { ServerWeights } from '../gates/server.js';
import type { Kernels, RingMatrix, RingRows } from '../kernels/load.js';
import { type BiasName, type Plan, prefixFormat, type PrefixName } from '../plan/formats.js';
import type { Multiplier, RowsMultiplier } from '../wires/effects.js';
import type { Words } from '../wires/wire.js';
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

/** A server's weights, `W0 = F - L0` or `W1 = -L1`, its shares of biases, and the cached constants, filled tensor by tensor. */
export class ServerMatrices implements ServerWeights {
  readonly #matrices = new Map<string, Masked<Multiplier>>();
  readonly #rows = new Map<string, Masked<RowsMultiplier>>();
  readonly #words = new Map<string, Masked<Words>>();
  /** What has come of a tensor that comes in pieces. */
  #begun?: { readonly at: string; words: number; readonly masked: RingMatrix | RingRows };

  constructor(
    private readonly kernels: Kernels,
    private readonly plan: Plan,
    private readonly party: 0 | 1,
    private readonly seed: Uint8Array,
    private readonly place: Place = inThread,
  ) {}

  /** Takes a tensor, or the next piece of one. @throws CometError E_PROVISIONING for a tensor of another size. */
  async add({ from, bytes, ...id }: MaskedTensor): Promise<void> {
    const [[rows, cols], bits] = [tensorShape(this.plan, id), wordBits(this.plan, id)];
    const { RingMatrix, RingRows } = this.kernels;
    const kind = isRows(id.name) ? RingRows : RingMatrix;
    const begun = (this.#begun ??= { at: where(id), words: 0, masked: kind.zeros(rows, cols, bits) });
    const end = from + bytes.length / (bits / 8);
    if (begun.at !== where(id) || begun.words !== from || !(end <= rows * cols) || end % 1 !== 0) {
      const message = `the share of layer ${id.layer}, ${id.name} has the wrong size; provision this server again`;
      throw new CometError('E_PROVISIONING', message);
    }
    begun.masked.addPacked(from, bytes);
    begun.words = end;
    if (end < rows * cols) return;
    this.#begun = undefined;
    const { masked } = begun;
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

  matrix(layer: number, name: MatrixName): Masked<Multiplier> {
    return this.#matrices.get(where({ layer, name }))!;
  }
  rows(layer: number, name: RowsName): Masked<RowsMultiplier> {
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
    return this.#words.get(at)?.masked ?? (this.#matrices.get(at) ?? this.#rows.get(at))!.masked.words();
  }

  /** The same party and place, and no tensors. */
  empty(): ServerMatrices {
    return new ServerMatrices(this.kernels, this.plan, this.party, this.seed, this.place);
  }

  /** Moves all tensors of another place here, where they take the place of what was there. */
  async take(other: ServerMatrices): Promise<void> {
    const before = [...moved(other.#matrices, this.#matrices), ...moved(other.#rows, this.#rows)];
    moved(other.#words, this.#words);
    for (const { share, masked } of before) await freeAll(share, masked);
  }

  /** Gives the memory of all tensors back. */
  async free(): Promise<void> {
    for (const tensors of [this.#matrices, this.#rows]) {
      for (const { share, masked } of tensors.values()) await freeAll(share, masked);
      tensors.clear();
    }
    this.#words.clear();
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
    share.addPrg(this.seed, maskNonce(id), true);
    return share;
  }
}
