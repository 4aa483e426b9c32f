/**
 * A session's weights: those that an epoch of its own has moved, and for all others the ones that every session shares. A later epoch
 * begins from what is here; what it makes is kept aside until it begins, because steps run meanwhile.
 */
import type { DealerWeights } from '../gates/dealer.js';
import type { MatrixName, RowsName } from '../gates/product-spec.js';
import type { ServerWeights } from '../gates/server.js';
import type { BiasName, PrefixName } from '../plan/formats.js';
import type { DealerMatrices } from '../weights/dealer-weights.js';
import type { ServerMatrices } from '../weights/server-weights.js';
import type { TensorId } from '../weights/tensors.js';
import type { Words } from '../wires/wire.js';

/** Weights that know which tensors they have, and can make room for others. */
interface Store<S> {
  has(id: TensorId): boolean;
  /** The same place and party, and no weights. */
  empty(): S;
  /** Moves all tensors of another place here, where they take the place of what was there. */
  take(other: S): Promise<void>;
  free(): Promise<void>;
  /** A tensor as this party holds it: `F`, or `L`. */
  words(id: TensorId): Words | Promise<Words>;
}

class EpochWeights<S extends Store<S>> {
  protected readonly own: S;
  /** Of the epoch that will be the next. */
  protected readonly aside: S;

  /** @param shared stays as it is */
  constructor(private readonly shared: S) {
    this.own = shared.empty();
    this.aside = shared.empty();
  }

  words(id: TensorId): Words | Promise<Words> {
    return this.of(id).words(id);
  }

  /** What was put aside takes the place of what was there, whose memory is given back. */
  swap(): Promise<void> {
    return this.own.take(this.aside);
  }

  /** Gives the memory of what was moved back. */
  async free(): Promise<void> {
    await this.aside.free();
    await this.own.free();
  }

  protected of(id: TensorId): S {
    return this.own.has(id) ? this.own : this.shared;
  }
}

export class ServerEpochWeights extends EpochWeights<ServerMatrices> implements ServerWeights {
  matrix(layer: number, name: MatrixName): ReturnType<ServerWeights['matrix']> {
    return this.of({ layer, name }).matrix(layer, name);
  }
  rows(layer: number, name: RowsName): ReturnType<ServerWeights['rows']> {
    return this.of({ layer, name }).rows(layer, name);
  }
  bias(layer: number, name: BiasName): Words {
    return this.of({ layer, name }).bias(layer, name);
  }

  prefix(layer: number, name: PrefixName): ReturnType<ServerWeights['prefix']> {
    return this.of({ layer, name }).prefix(layer, name);
  }

  /** Keeps `F'` and this server's share of the weights until {@link swap}. */
  put(id: TensorId, masked: Words, share: Words): Promise<void> {
    return this.aside.put(id, masked, share);
  }
}

export class DealerEpochWeights extends EpochWeights<DealerMatrices> implements DealerWeights {
  matrix(layer: number, name: MatrixName): ReturnType<DealerWeights['matrix']> {
    return this.of({ layer, name }).matrix(layer, name);
  }
  rows(layer: number, name: RowsName): ReturnType<DealerWeights['rows']> {
    return this.of({ layer, name }).rows(layer, name);
  }

  prefix(layer: number, name: PrefixName): Words {
    return this.of({ layer, name }).prefix(layer, name);
  }

  /** Keeps `L'` until {@link swap}. */
  put(id: TensorId, mask: Words): Promise<void> {
    return this.aside.put(id, mask);
  }
}
