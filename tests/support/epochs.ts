/** Epochs as who knows all keys sees them: written from docs/epochs.md, beside ts/epoch. */
import { nonce } from '../../ts/core/address.js';
import type { Session } from '../../ts/net/session.js';
import type { Twin } from '../../ts/plain/twin.js';
import type { Epoch } from '../../ts/plan/epoch.js';
import { provisioningId } from '../../ts/provision/manifest.js';
import { inOrder, type LayerOrder, type OwnedModel } from '../../ts/provision/owned.js';
import { type Pair, sessionKey } from '../../ts/wires/keys.js';
import type { Bench } from './parties.js';

/** The keys of a session's three pairs, in the order in which their permutations are put to work. */
export function pairKeys({ owner, parties }: Bench, { nonces, id }: Session): readonly Uint8Array[] {
  const all = { ...nonces, session: id, provisioning: provisioningId(owner.manifest) };
  const { dealer, server0 } = parties.pairSeeds;
  const seeds: [Pair, Uint8Array][] = [
    ['server0-dealer', dealer.server0!],
    ['server1-dealer', dealer.server1!],
    ['server0-server1', server0.server1!],
  ];
  return seeds.map(([pair, seed]) => sessionKey(seed, pair, all));
}

/** The order in which an epoch finds the weights before it, for every layer. */
export function composedOrders(
  { kernels, owner }: Bench,
  keys: readonly Uint8Array[],
  { number: step, heads: moved }: Epoch,
): LayerOrder[] {
  const { layers, shape } = owner.manifest.plan;
  const drawn = (layer: number, part: number, count: number): Uint32Array =>
    keys.reduce((before, key) => {
      const words = kernels.prgWords(key, nonce({ step, layer, op: 0x80 }, part), 0, count, 64);
      return Uint32Array.from(orderOf(words), (from) => before[from]);
    }, still(count));
  /** Heads that read the same keys stay together: first an order of groups, then one of the heads within each. */
  const headsDrawn = (layer: number): Uint32Array => {
    const size = shape.heads / shape.kvHeads;
    if (size === 1) return drawn(layer, 1, shape.heads);
    return keys.reduce((before, key) => {
      const words = kernels.prgWords(key, nonce({ step, layer, op: 0x80 }, 1), 0, shape.kvHeads + shape.heads, 64);
      const order = orderOf(words.subarray(0, shape.kvHeads)).flatMap((group, i) => {
        const from = shape.kvHeads + i * size;
        return orderOf(words.subarray(from, from + size)).map((head) => group * size + head);
      });
      return Uint32Array.from(order, (from) => before[from]);
    }, still(shape.heads));
  };
  return layers.map((_, layer) => ({
    neurons: drawn(layer, 0, shape.ffn),
    heads: moved && layer > 0 ? headsDrawn(layer) : still(shape.heads),
  }));
}
function orderOf(words: BigUint64Array): number[] {
  const order = Array.from(words, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Number(words[i] % BigInt(i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

const still = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);

/** The owner's model as the epochs of a session have ordered it. */
export class EpochModel {
  model: OwnedModel;
  #number = 0;
  readonly #keys: readonly Uint8Array[];

  constructor(
    private readonly bench: Bench,
    session: Session,
  ) {
    this.model = bench.owner.model;
    this.#keys = pairKeys(bench, session);
  }

  /** Begins an epoch, unless it has begun. */
  reach(epoch: Epoch, twin?: Twin): void {
    if (epoch.number === this.#number) return;
    this.#number = epoch.number;
    this.model = inOrder(this.model, this.model.layers, composedOrders(this.bench, this.#keys, epoch));
    twin?.begin(epoch.number, { ...this.model, positionOffset: 2 });
  }
}
