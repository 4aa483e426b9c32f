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
import { type BiasName, biasScale, type LayerPlan, type Plan } from '../model/plan.js';
import type { Multiplier, RowsMultiplier } from '../wires/effects.js';
import type { Words } from '../wires/wire.js';
import { type OwnedModel, transposed } from './owned.js';

/**
 * Tensors of a layer in the order of files and frames. Their places are parts of nonces: new ones go to the end. Matrices whose outputs or
 * inputs may be skipped one by one are kept as rows: a vector for each neuron (`up`: its column, transposed), or for each predicted output.
 */
const TENSORS = [
  'qkv', 'o', 'up', 'down', 'qkvBias', 'oBias', 'upBias', 'downBias', 'centers', 'predictDown', 'predictUp', 'thresholds',
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

function has({ bias, predictor }: LayerPlan, name: TensorName): boolean {
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
  };
  return shapes[name];
}

function scaleOf(plan: Plan, { layer, name }: TensorId): number {
  const p = plan.layers[layer];
  if (isBias(name)) return biasScale(plan, p, name);
  const { swDown: predictDown = 0, swUp: predictUp = 0 } = p.predictor ?? {};
  return { qkv: p.swQkv, o: p.swO, up: p.swUp, down: p.swDown, predictDown, predictUp }[name];
}

function valuesOf({ layers, shape }: OwnedModel, { layer, name }: TensorId): Float32Array {
  const { qkv, o, up, down, bias, centers, predictor } = layers[layer];
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
  };
  return values[name]()!;
}

/** Address of a tensor's mask: under the seeds' own keys, so it only needs to be unique among tensors. */
const maskNonce = ({ layer, name }: TensorId): Uint8Array => nonce({ step: 0, layer, op: TENSORS.indexOf(name) }, 0);

/** One masked tensor as it travels and is stored. */
export interface MaskedTensor extends TensorId {
  readonly words: BigUint64Array<ArrayBuffer>;
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
    const [rows, cols] = tensorShape(plan, id);
    const matrix = kernels.RingMatrix.fromF32(rows, cols, valuesOf(model, id), scaleOf(plan, id));
    matrix.addPrg(seed0, maskNonce(id), false);
    matrix.addPrg(seed1, maskNonce(id), false);
    const words = matrix.words() as BigUint64Array<ArrayBuffer>;
    matrix.free();
    yield { ...id, words };
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
  }),
  rows: (rows) => ({
    rows: rows.rows,
    dim: rows.dim,
    dots: (...args) => rows.dots(...args) as Words,
    combine: (...args) => rows.combine(...args) as Words,
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
  readonly #biases = new Map<string, BigUint64Array<ArrayBuffer>>();

  constructor(
    private readonly kernels: Kernels,
    private readonly plan: Plan,
    private readonly party: 0 | 1,
    private readonly seed: Uint8Array,
    private readonly place: Place = inThread,
  ) {}

  /** @throws CometError E_PROVISIONING for a tensor of another size. */
  async add({ words, ...id }: MaskedTensor): Promise<void> {
    const { layer, name } = id;
    const [rows, cols] = tensorShape(this.plan, id);
    if (words.length !== rows * cols) {
      const message = `the share of layer ${layer}, ${name} has the wrong size; provision this server again`;
      throw new CometError('E_PROVISIONING', message);
    }
    const { RingMatrix, RingRows } = this.kernels;
    if (isRows(name)) {
      const masked = new RingRows(rows, cols, words);
      const share = this.#share(masked, RingRows, id);
      this.#rows.set(where(id), { share: await this.place.rows(share), masked: await this.place.rows(masked) });
      return;
    }
    const masked = new RingMatrix(rows, cols, words);
    const share = this.#share(masked, RingMatrix, id);
    if (isBias(name)) {
      this.#biases.set(where(id), share.words() as BigUint64Array<ArrayBuffer>);
      share.free();
      masked.free();
    } else
      this.#matrices.set(where(id), { share: await this.place.matrix(share), masked: await this.place.matrix(masked) });
  }

  matrix(layer: number, name: MatrixName): Masked<Multiplier> {
    return this.#matrices.get(where({ layer, name }))!;
  }
  rows(layer: number, name: RowsName): Masked<RowsMultiplier> {
    return this.#rows.get(where({ layer, name }))!;
  }
  bias(layer: number, name: BiasName): BigUint64Array<ArrayBuffer> {
    return this.#biases.get(where({ layer, name }))!;
  }

  /** `F - L0` or `-L1`. */
  #share<M extends Maskable<M>>(masked: M, kind: { zeros(rows: number, cols: number): M }, id: TensorId): M {
    const share = this.party === 0 ? masked.copy() : kind.zeros(...tensorShape(this.plan, id));
    share.addPrg(this.seed, maskNonce(id), true);
    return share;
  }
}

/** The dealer's masks `L = L0 + L1` of the matrices, expanded from the seeds; it needs none of biases. */
export class DealerMatrices implements DealerWeights {
  readonly #matrices = new Map<string, Multiplier>();
  readonly #rows = new Map<string, RowsMultiplier>();

  static async expand(
    kernels: Kernels,
    plan: Plan,
    { seed0, seed1 }: MaskSeeds,
    place: Place = inThread,
    signal?: AbortSignal,
  ): Promise<DealerMatrices> {
    const weights = new DealerMatrices();
    for (const id of tensorIds(plan)) {
      const { name } = id;
      if (isBias(name)) continue;
      await pause(signal);
      const shape = tensorShape(plan, id);
      const expand = <M extends Maskable<M>>(kind: {
        fromPrg(rows: number, cols: number, key: Uint8Array, nonce: Uint8Array): M;
      }): M => {
        const mask = kind.fromPrg(...shape, seed0, maskNonce(id));
        mask.addPrg(seed1, maskNonce(id), false);
        return mask;
      };
      if (isRows(name)) weights.#rows.set(where(id), await place.rows(expand(kernels.RingRows)));
      else weights.#matrices.set(where(id), await place.matrix(expand(kernels.RingMatrix)));
    }
    await pause(signal);
    return weights;
  }

  matrix(layer: number, name: MatrixName): Multiplier {
    return this.#matrices.get(where({ layer, name }))!;
  }
  rows(layer: number, name: RowsName): RowsMultiplier {
    return this.#rows.get(where({ layer, name }))!;
  }
}
