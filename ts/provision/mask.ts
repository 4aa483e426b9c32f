/**
 * Masks a prepared model: `F = W + L0 + L1`, public to both servers; `Li` is expanded from the seed of server i, which the dealer knows
 * too (protocol section 3). The owner's plaintext weights go nowhere else.
 */
import { nonce } from '../core/address.js';
import { CometError } from '../core/errors.js';
import { pause } from '../core/pause.js';
import type { ServerWeights } from '../gates/server.js';
import type { DealerWeights } from '../gates/dealer.js';
import type { Masked, MatrixName, RowsName } from '../gates/product.js';
import type { Kernels, RingMatrix, RingRows } from '../kernels/load.js';
import { type BiasName, biasScale, type LayerPlan, type Plan, productBits, type WordBits } from '../model/plan.js';
import type { Multiplier, RowsMultiplier } from '../wires/effects.js';
import type { Words } from '../wires/wire.js';
import { type OwnedModel, transposed } from './owned.js';

/**
 * Tensors of a layer in the order of files and frames. Their places are parts of nonces: new ones go to the end. Matrices whose outputs or
 * inputs may be skipped one by one are kept as rows: a vector for each neuron (`up`: its column, transposed), or for each predicted output.
 */
export const TENSORS = [
  'qkv', 'o', 'up', 'down', 'qkvBias', 'oBias', 'upBias', 'downBias', 'centers', 'predictDown', 'predictUp', 'thresholds',
  'skipA', 'skipB',
] as const satisfies readonly (MatrixName | RowsName | BiasName)[]; // prettier-ignore
export type TensorName = (typeof TENSORS)[number];
const BIASES: readonly TensorName[] = ['qkvBias', 'oBias', 'upBias', 'downBias', 'centers', 'thresholds'];
const ROWS: readonly TensorName[] = ['up', 'down', 'predictUp'];
const isBias = (name: TensorName): name is BiasName => BIASES.includes(name);
const isRows = (name: TensorName): name is RowsName => ROWS.includes(name);

/** Which tensor of which layer. */
export interface TensorId {
  readonly layer: number;
  readonly name: TensorName;
}

/** Every masked tensor of a model, in the order of files and frames. */
export const tensorIds = (plan: Plan): TensorId[] =>
  plan.layers.flatMap((p, layer) => TENSORS.filter((name) => has(p, name)).map((name) => ({ layer, name })));

function has({ bias, predictor, postNorm }: LayerPlan, name: TensorName): boolean {
  if (name === 'skipA' || name === 'skipB') return postNorm !== undefined;
  if (name === 'centers') return true;
  if (isBias(name) && name !== 'thresholds') return bias !== undefined;
  return predictor !== undefined || !['predictDown', 'predictUp', 'thresholds'].includes(name);
}

/** Rows and columns of a tensor as its words are ordered; a bias is one row. */
export function tensorShape({ shape, layers }: Plan, { layer, name }: TensorId): readonly [rows: number, cols: number] {
  const { width, ffn, heads } = shape;
  const { rank = 0, outputs = 0 } = layers[layer].predictor ?? {};
  const shapes: Record<TensorName, readonly [number, number]> = {
    qkv: [width, 3 * width],
    o: [width, width],
    up: [ffn, width],
    down: [ffn, width],
    qkvBias: [1, 3 * width],
    oBias: [1, width],
    upBias: [1, ffn],
    downBias: [1, width],
    centers: [1, heads],
    predictDown: [width, rank],
    predictUp: [outputs, rank],
    thresholds: [1, outputs],
    skipA: [width, width],
    skipB: [width, width],
  };
  return shapes[name];
}

/** Bits of the words that a tensor is kept in. */
export const wordBits = (plan: Plan, { layer, name }: TensorId): WordBits => productBits(plan, layer, name);

function scaleOf(plan: Plan, { layer, name }: TensorId): number {
  const p = plan.layers[layer];
  if (isBias(name)) return biasScale(plan, p, name);
  const { swDown: predictDown = 0, swUp: predictUp = 0 } = p.predictor ?? {};
  const { swA: skipA = 0, swB: skipB = 0 } = p.postNorm ?? {};
  return { qkv: p.swQkv, o: p.swO, up: p.swUp, down: p.swDown, predictDown, predictUp, skipA, skipB }[name];
}

function valuesOf({ layers, shape }: OwnedModel, { layer, name }: TensorId): Float32Array {
  const { qkv, o, up, down, bias, centers, predictor, skip } = layers[layer];
  const values: Record<TensorName, () => Float32Array | undefined> = {
    qkv: () => qkv,
    o: () => o,
    up: () => transposed(up, shape.width),
    down: () => down,
    qkvBias: () => bias?.qkv,
    oBias: () => bias?.o,
    upBias: () => bias?.up,
    downBias: () => bias?.down,
    centers: () => centers,
    predictDown: () => predictor?.down,
    predictUp: () => predictor && transposed(predictor.up, predictor.up.length / predictor.thresholds.length),
    thresholds: () => predictor?.thresholds,
    skipA: () => skip?.a,
    skipB: () => skip?.b,
  };
  return values[name]()!;
}

/** Address of a tensor's mask: under the seeds' own keys, so it only needs to be unique among tensors. */
const maskNonce = ({ layer, name }: TensorId): Uint8Array => nonce({ step: 0, layer, op: TENSORS.indexOf(name) }, 0);

/** A masked tensor as it travels and is stored, or a piece of one: pieces come in their order. */
export interface MaskedTensor extends TensorId {
  /** The place of its first word. */
  readonly from: number;
  /** Words of {@link wordBits} each, little endian. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Seeds of the two mask halves, 32 bytes each: `seed0` goes to server 0 and the dealer, `seed1` to server 1 and the dealer. */
export interface MaskSeeds {
  readonly seed0: Uint8Array;
  readonly seed1: Uint8Array;
}

/** The masked tensors of a model, one at a time, in the model's order. @throws CometError E_RANGE for weights outside the fixed-point range. */
export function* maskModel(
  kernels: Kernels,
  model: OwnedModel,
  plan: Plan,
  { seed0, seed1 }: MaskSeeds,
): Generator<MaskedTensor> {
  for (const id of tensorIds(plan)) {
    const [[rows, cols], bits] = [tensorShape(plan, id), wordBits(plan, id)];
    const matrix = kernels.RingMatrix.fromF32(rows, cols, valuesOf(model, id), scaleOf(plan, id), bits);
    matrix.addPrg(seed0, maskNonce(id), false);
    matrix.addPrg(seed1, maskNonce(id), false);
    const bytes = kernels.packWords(matrix.words(), bits) as Uint8Array<ArrayBuffer>;
    matrix.free();
    yield { ...id, from: 0, bytes };
  }
}

/** Puts a matrix where its products are computed: here, or sliced over a pool. */
export interface Place {
  matrix(matrix: RingMatrix): Multiplier | Promise<Multiplier>;
  rows(rows: RingRows): RowsMultiplier | Promise<RowsMultiplier>;
}

/** Products in this thread. */
export const inThread: Place = {
  matrix: (matrix) => ({
    rows: matrix.rows,
    cols: matrix.cols,
    mul: (...args) => matrix.mul(...args) as Words,
    mulColumnBlocks: (...args) => matrix.mulColumnBlocks(...args) as Words,
    mulRowBlocks: (...args) => matrix.mulRowBlocks(...args) as Words,
    words: () => matrix.words() as Words,
    free: () => matrix.free(),
  }),
  rows: (rows) => ({
    rows: rows.rows,
    dim: rows.dim,
    dots: (...args) => rows.dots(...args) as Words,
    combine: (...args) => rows.combine(...args) as Words,
    words: () => rows.words() as Words,
    free: () => rows.free(),
  }),
};

/** What a matrix and rows have in common. */
interface Maskable<M> {
  copy(): M;
  addPrg(key: Uint8Array, nonce: Uint8Array, negate: boolean): void;
}

const where = ({ layer, name }: TensorId): string => `${layer}.${name}`;

/** A server's weights, `W0 = F - L0` or `W1 = -L1`, and its shares of biases, filled tensor by tensor. */
export class ServerMatrices implements ServerWeights {
  readonly #matrices = new Map<string, Masked<Multiplier>>();
  readonly #rows = new Map<string, Masked<RowsMultiplier>>();
  readonly #biases = new Map<string, Masked<Words>>();
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
    if (!isBias(id.name)) return this.#putMatrix(id, masked, share);
    this.#biases.set(where(id), { share: share.words() as Words, masked: masked.words() as Words });
    share.free();
    masked.free();
  }

  /** Puts a tensor, `F` and this server's share, where none was. */
  async put(id: TensorId, masked: Words, share: Words): Promise<void> {
    const [[rows, cols], bits] = [tensorShape(this.plan, id), wordBits(this.plan, id)];
    const { RingMatrix, RingRows } = this.kernels;
    if (isBias(id.name)) this.#biases.set(where(id), { share, masked });
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
    return this.#biases.get(where({ layer, name }))!.share;
  }

  has(id: TensorId): boolean {
    return [this.#matrices, this.#rows, this.#biases].some((tensors) => tensors.has(where(id)));
  }

  /** `F`, whatever the tensor. */
  async words(id: TensorId): Promise<Words> {
    const at = where(id);
    return this.#biases.get(at)?.masked ?? (this.#matrices.get(at) ?? this.#rows.get(at))!.masked.words();
  }

  /** The same party and place, and no tensors. */
  empty(): ServerMatrices {
    return new ServerMatrices(this.kernels, this.plan, this.party, this.seed, this.place);
  }

  /** Moves all tensors of another place here, where they take the place of what was there. */
  async take(other: ServerMatrices): Promise<void> {
    const before = [...moved(other.#matrices, this.#matrices), ...moved(other.#rows, this.#rows)];
    moved(other.#biases, this.#biases);
    for (const { share, masked } of before) await freeAll(share, masked);
  }

  /** Gives the memory of all tensors back. */
  async free(): Promise<void> {
    for (const tensors of [this.#matrices, this.#rows]) {
      for (const { share, masked } of tensors.values()) await freeAll(share, masked);
      tensors.clear();
    }
    this.#biases.clear();
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

/** Moves all entries, and returns what they took the place of. */
function moved<T>(from: Map<string, T>, to: Map<string, T>): T[] {
  const before = [...from.keys()].flatMap((at) => to.get(at) ?? []);
  for (const [at, tensor] of from) to.set(at, tensor);
  from.clear();
  return before;
}

async function freeAll(...placed: readonly (Multiplier | RowsMultiplier)[]): Promise<void> {
  for (const one of placed) await one.free();
}

/** The dealer's masks `L = L0 + L1`, expanded from the seeds; it multiplies by none of biases. */
export class DealerMatrices implements DealerWeights {
  readonly #matrices = new Map<string, Multiplier>();
  readonly #rows = new Map<string, RowsMultiplier>();
  readonly #biases = new Map<string, Words>();

  private constructor(
    private readonly kernels: Kernels,
    private readonly plan: Plan,
    private readonly place: Place,
    private readonly seeds?: MaskSeeds,
  ) {}

  static async expand(
    kernels: Kernels,
    plan: Plan,
    seeds: MaskSeeds,
    place: Place = inThread,
    signal?: AbortSignal,
  ): Promise<DealerMatrices> {
    const weights = new DealerMatrices(kernels, plan, place, seeds);
    for (const id of tensorIds(plan)) {
      const { name } = id;
      if (isBias(name)) continue;
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
    if (isBias(id.name)) return void this.#biases.set(at, mask);
    if (isRows(id.name)) this.#rows.set(at, await this.place.rows(new RingRows(rows, cols, mask, bits)));
    else this.#matrices.set(at, await this.place.matrix(new RingMatrix(rows, cols, mask, bits)));
  }

  matrix(layer: number, name: MatrixName): Multiplier {
    return this.#matrices.get(where({ layer, name }))!;
  }
  rows(layer: number, name: RowsName): RowsMultiplier {
    return this.#rows.get(where({ layer, name }))!;
  }

  has(id: TensorId): boolean {
    return [this.#matrices, this.#rows, this.#biases].some((tensors) => tensors.has(where(id)));
  }

  /** `L`, whatever the tensor: a bias's, which is not kept, from the seeds. */
  async words(id: TensorId): Promise<Words> {
    const at = where(id);
    const kept = this.#biases.get(at) ?? (this.#matrices.get(at) ?? this.#rows.get(at))?.words();
    if (kept) return kept;
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
    moved(other.#biases, this.#biases);
    await freeAll(...before);
  }

  /** Gives the memory of all tensors back. */
  async free(): Promise<void> {
    await freeAll(...this.#matrices.values(), ...this.#rows.values());
    for (const tensors of [this.#matrices, this.#rows, this.#biases]) tensors.clear();
  }
}
