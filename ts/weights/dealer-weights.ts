/** The dealer's weights while it runs: the masks of every tensor. */
import { pause } from '../core/pause.js';
import type { DealerWeights } from '../gates/dealer.js';
import type { MatrixName, RowsName } from '../gates/product-spec.js';
import type { Kernels } from '../kernels/load.js';
import { type Plan, prefixFormat, type PrefixName } from '../plan/formats.js';
import type { Multiplier, RowsMultiplier } from '../wires/effects.js';
import type { Words } from '../wires/wire.js';
import { freeAll, inThread, type Maskable, moved, type Place } from './place.js';
import {
  isBias,
  isPrefix,
  isRows,
  isWords,
  maskNonce,
  type MaskSeeds,
  type TensorId,
  tensorIds,
  tensorShape,
  where,
  wordBits,
} from './tensors.js';

/** The dealer's masks `L = L0 + L1`, expanded from the seeds; it needs none of biases until they move. */
export class DealerMatrices implements DealerWeights {
  readonly #matrices = new Map<string, Multiplier>();
  readonly #rows = new Map<string, RowsMultiplier>();
  readonly #words = new Map<string, Words>();

  private constructor(
    private readonly kernels: Kernels,
    private readonly plan: Plan,
    private readonly place: Place,
    private readonly seeds?: MaskSeeds,
  ) {}

  /** Of public weights there are no masks: without `seeds` nothing is expanded. */
  static async expand(
    kernels: Kernels,
    plan: Plan,
    seeds: MaskSeeds | undefined,
    place: Place = inThread,
    signal?: AbortSignal,
  ): Promise<DealerMatrices> {
    const weights = new DealerMatrices(kernels, plan, place, seeds);
    if (!seeds) return weights;
    for (const id of tensorIds(plan)) {
      const { name } = id;
      if (isBias(name)) continue;
      if (isPrefix(name)) {
        weights.#words.set(where(id), weights.#expanded(id));
        continue;
      }
      await pause(signal);
      const shape = tensorShape(plan, id);
      const expand = <M extends Maskable<M>>(kind: {
        fromPrg(rows: number, cols: number, key: Uint8Array, nonce: Uint8Array, bits: number): M;
      }): M => {
        const mask = kind.fromPrg(...shape, seeds.seed0, maskNonce(id), wordBits(plan, id));
        mask.addPrg(seeds.seed1, maskNonce(id), false);
        return mask;
      };
      if (isRows(name)) weights.#rows.set(where(id), await place.rows(expand(kernels.RingRows)));
      else weights.#matrices.set(where(id), await place.matrix(expand(kernels.RingMatrix)));
    }
    await pause(signal);
    return weights;
  }

  /** Puts a tensor's mask where none was. */
  async put(id: TensorId, mask: Words): Promise<void> {
    const [[rows, cols], bits] = [tensorShape(this.plan, id), wordBits(this.plan, id)];
    const { RingMatrix, RingRows } = this.kernels;
    const at = where(id);
    if (isWords(id.name)) return void this.#words.set(at, mask);
    if (isRows(id.name)) this.#rows.set(at, await this.place.rows(new RingRows(rows, cols, mask, bits)));
    else this.#matrices.set(at, await this.place.matrix(new RingMatrix(rows, cols, mask, bits)));
  }

  matrix(layer: number, name: MatrixName): Multiplier | undefined {
    return this.#matrices.get(where({ layer, name }));
  }
  rows(layer: number, name: RowsName): RowsMultiplier | undefined {
    return this.#rows.get(where({ layer, name }));
  }

  /** The mask of a cached constant. */
  prefix(layer: number, name: PrefixName): Words {
    const { width } = prefixFormat(this.plan.layers[layer], name);
    const [positions, cols] = tensorShape(this.plan, { layer, name });
    const mask = this.#words.get(where({ layer, name })) ?? new BigUint64Array(positions * cols);
    return this.kernels.maskWords(mask, width) as Words;
  }

  has(id: TensorId): boolean {
    return [this.#matrices, this.#rows, this.#words].some((tensors) => tensors.has(where(id)));
  }

  /** `L`, whatever the tensor: a bias's, which is not kept, from the seeds. */
  async words(id: TensorId): Promise<Words> {
    const at = where(id);
    return this.#words.get(at) ?? (this.#matrices.get(at) ?? this.#rows.get(at))?.words() ?? this.#expanded(id);
  }

  #expanded(id: TensorId): Words {
    const [rows, cols] = tensorShape(this.plan, id);
    const { seed0, seed1 } = this.seeds!;
    const [half0, half1] = [seed0, seed1].map((seed) => this.kernels.prgWords(seed, maskNonce(id), 0, rows * cols, 64));
    return this.kernels.addWords(half0, half1) as Words;
  }

  /** The same place, and no tensors. */
  empty(): DealerMatrices {
    return new DealerMatrices(this.kernels, this.plan, this.place);
  }

  /** Moves all tensors of another place here, where they take the place of what was there. */
  async take(other: DealerMatrices): Promise<void> {
    const before = [...moved(other.#matrices, this.#matrices), ...moved(other.#rows, this.#rows)];
    moved(other.#words, this.#words);
    await freeAll(...before);
  }

  /** Gives the memory of all tensors back. */
  async free(): Promise<void> {
    await freeAll(...this.#matrices.values(), ...this.#rows.values());
    for (const tensors of [this.#matrices, this.#rows, this.#words]) tensors.clear();
  }
}
