/**
 * What two parties draw from the key that they share, each for itself, when an epoch begins. Addresses are (epoch, layer, op, part): the
 * operations are none of those of steps, and an epoch's number never repeats in a session.
 */
import { EPOCH_OP, nonce } from '../core/address.js';
import type { Kernels } from '../kernels/load.js';
import type { Epoch } from '../plan/epoch.js';
import type { Plan } from '../plan/formats.js';
import type { LayerOrder } from '../provision/owned.js';
import { headOrderFrom, headOrderWords, orderFrom } from '../weights/permutation.js';
import { Consumed } from '../wires/consumed.js';
import type { Words } from '../wires/wire.js';
import { type MovedTensor, predictsHeads, unmovedLayer } from './tensors.js';

/** Parts of addresses: of an order, and of a tensor. */
const ORDER = { neurons: 0, heads: 1 } as const;
export const EPOCH_PART = { noise: 0, fresh: 1 } as const;

export class EpochStream {
  readonly #consumed = new Consumed();

  /** @param key of the session, 32 bytes */
  constructor(
    private readonly kernels: Kernels,
    private readonly key: Uint8Array,
  ) {}

  /** The pair's order of every layer's neurons and heads. */
  orders(plan: Plan, epoch: Epoch): LayerOrder[] {
    const { shape } = plan;
    const still = unmovedLayer(plan);
    const draw = (layer: number, part: number, count: number): Words =>
      this.#words(epoch, layer, EPOCH_OP, part, count);
    const headsOf = (layer: number): Uint32Array =>
      headOrderFrom(draw(layer, ORDER.heads, headOrderWords(shape)), shape);
    return plan.layers.map((_, layer) => ({
      neurons: orderFrom(draw(layer, ORDER.neurons, shape.ffn)),
      heads: epoch.heads && predictsHeads(plan, layer) ? headsOf(layer) : still.heads,
    }));
  }

  /** Hides a tensor on its way to who does not know this key. */
  noise(epoch: Epoch, tensor: MovedTensor): Words {
    return this.#tensor(epoch, tensor, EPOCH_PART.noise);
  }

  /** A half of a tensor's mask in the new epoch. */
  fresh(epoch: Epoch, tensor: MovedTensor): Words {
    return this.#tensor(epoch, tensor, EPOCH_PART.fresh);
  }

  #tensor(epoch: Epoch, { layer, place, rows, cols }: MovedTensor, part: number): Words {
    return this.#words(epoch, layer, EPOCH_OP + 1 + place, part, rows * cols);
  }

  #words({ number: step }: Epoch, layer: number, op: number, part: number, count: number): Words {
    const at = { step, layer, op };
    this.#consumed.take(at, part);
    return this.kernels.prgWords(this.key, nonce(at, part), 0, count, 64) as Words;
  }
}
