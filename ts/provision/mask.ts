/**
 * Masks a prepared model: `F = W + L0 + L1`, public to both servers; `Li` is expanded from the seed of server i, which the dealer knows
 * too (protocol section 3). The owner's plaintext weights go nowhere else.
 */
import { nonce } from '../core/address.js';
import { CometError } from '../core/errors.js';
import { pause } from '../core/pause.js';
import type { MatrixName } from '../gates/gates.js';
import type { ServerWeights } from '../gates/server.js';
import type { DealerWeights } from '../gates/dealer.js';
import type { MaskedMatrix } from '../gates/linear.js';
import type { Kernels, RingMatrix, RingRows } from '../kernels/load.js';
import { type BiasName, biasScale, type Plan } from '../model/plan.js';
import type { Shape } from '../model/shape.js';
import type { Multiplier, RowsMultiplier } from '../wires/products.js';
import type { Words } from '../wires/wire.js';
import type { PreparedModel } from './prepare.js';

/** Matrices of a layer in the order of files and frames; its biases, where it has them, come after. */
export const MATRICES: readonly MatrixName[] = ['qkv', 'o', 'up', 'down'];
const BIASES: readonly BiasName[] = ['qkvBias', 'oBias', 'upBias', 'downBias'];
type TensorName = MatrixName | BiasName;
const TENSORS: readonly TensorName[] = [...MATRICES, ...BIASES];

/** A bias belongs to the matrix of its name. */
const matrixOf = (name: BiasName): MatrixName => MATRICES[BIASES.indexOf(name)];
const isBias = (name: TensorName): name is BiasName => BIASES.includes(name as BiasName);

/** Which tensor of which layer. */
export interface TensorId {
  readonly layer: number;
  readonly name: TensorName;
}

/** Every masked tensor of a model, in the order of files and frames. */
export const tensorIds = (plan: Plan): TensorId[] =>
  plan.layers.flatMap(({ bias }, layer) => (bias ? TENSORS : MATRICES).map((name) => ({ layer, name })));

/** Inputs and outputs of a matrix; a bias is a row of its outputs. */
export function tensorShape(shape: Shape, name: TensorName): [rows: number, cols: number] {
  if (isBias(name)) return [1, tensorShape(shape, matrixOf(name))[1]];
  const { width, ffn } = shape;
  return { qkv: [width, 3 * width], o: [width, width], up: [width, ffn], down: [ffn, width] }[name] as [number, number];
}

function scaleOf(plan: Plan, { layer, name }: TensorId): number {
  const p = plan.layers[layer];
  if (isBias(name)) return biasScale(plan, p, name);
  return { qkv: p.swQkv, o: p.swO, up: p.swUp, down: p.swDown }[name];
}

const valuesOf = (model: PreparedModel, { layer, name }: TensorId): Float32Array => {
  const weights = model.layers[layer];
  return isBias(name) ? weights.bias![matrixOf(name)] : weights[name];
};

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

/** The masked tensors of a model, one at a time. @throws CometError E_RANGE for weights outside the fixed-point range. */
export function* maskModel(
  kernels: Kernels,
  model: PreparedModel,
  plan: Plan,
  { seed0, seed1 }: MaskSeeds,
): Generator<MaskedTensor> {
  for (const id of tensorIds(plan)) {
    const [rows, cols] = tensorShape(plan.shape, id.name);
    const matrix = kernels.RingMatrix.fromF32(rows, cols, valuesOf(model, id), scaleOf(plan, id));
    matrix.addPrg(seed0, maskNonce(id), false);
    matrix.addPrg(seed1, maskNonce(id), false);
    const words = matrix.words() as BigUint64Array<ArrayBuffer>;
    matrix.free();
    yield { ...id, words };
  }
}

/** Puts weights where their products are computed: here, or sliced over a pool. */
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

/** A server's weights, `W0 = F - L0` or `W1 = -L1`, and its shares of biases, filled tensor by tensor. */
export class ServerMatrices implements ServerWeights {
  readonly #matrices = new Map<string, MaskedMatrix>();
  readonly #biases = new Map<string, BigUint64Array<ArrayBuffer>>();

  constructor(
    private readonly kernels: Kernels,
    private readonly shape: Shape,
    private readonly party: 0 | 1,
    private readonly seed: Uint8Array,
    private readonly place: Place = inThread,
  ) {}

  /** @throws CometError E_PROVISIONING for a tensor of another size. */
  async add({ words, ...id }: MaskedTensor): Promise<void> {
    const { RingMatrix } = this.kernels;
    const { layer, name } = id;
    const [rows, cols] = tensorShape(this.shape, name);
    if (words.length !== rows * cols) {
      const message = `the share of layer ${layer}, ${name} has the wrong size; provision this server again`;
      throw new CometError('E_PROVISIONING', message);
    }
    const masked = new RingMatrix(rows, cols, words);
    const share = this.party === 0 ? masked.copy() : RingMatrix.zeros(rows, cols);
    share.addPrg(this.seed, maskNonce(id), true);
    if (isBias(name)) {
      this.#biases.set(`${layer}.${name}`, share.words() as BigUint64Array<ArrayBuffer>);
      share.free();
      masked.free();
    } else
      this.#matrices.set(`${layer}.${name}`, {
        share: await this.place.matrix(share),
        masked: await this.place.matrix(masked),
      });
  }

  matrix(layer: number, name: MatrixName): MaskedMatrix {
    return this.#matrices.get(`${layer}.${name}`)!;
  }
  bias(layer: number, name: BiasName): BigUint64Array<ArrayBuffer> {
    return this.#biases.get(`${layer}.${name}`)!;
  }
}

/** The dealer's masks `L = L0 + L1` of the matrices, expanded from the seeds; it needs none of biases. */
export class DealerMatrices implements DealerWeights {
  readonly #masks = new Map<string, Multiplier>();

  static async expand(
    kernels: Kernels,
    shape: Shape,
    { seed0, seed1 }: MaskSeeds,
    place: Place = inThread,
    signal?: AbortSignal,
  ): Promise<DealerMatrices> {
    const weights = new DealerMatrices();
    for (let layer = 0; layer < shape.layers; layer++) {
      await pause(signal);
      for (const name of MATRICES) {
        const [rows, cols] = tensorShape(shape, name);
        const mask = kernels.RingMatrix.fromPrg(rows, cols, seed0, maskNonce({ layer, name }));
        mask.addPrg(seed1, maskNonce({ layer, name }), false);
        weights.#masks.set(`${layer}.${name}`, await place.matrix(mask));
      }
    }
    await pause(signal);
    return weights;
  }

  mask(layer: number, name: MatrixName): Multiplier {
    return this.#masks.get(`${layer}.${name}`)!;
  }
}
