/**
 * A session's weights: those that an epoch of its own has moved, and for all others the ones that every session shares. A later epoch
 * begins from what is here.
 */
import type { DealerWeights } from '../gates/dealer.js';
import type { MatrixName, RowsName } from '../gates/product.js';
import type { ServerWeights } from '../gates/server.js';
import type { BiasName } from '../model/plan.js';
import type { DealerMatrices, ServerMatrices, TensorId } from '../provision/mask.js';
import type { Words } from '../wires/wire.js';

/** Weights that know which tensors they have, and can make room for others. */
interface Store<S> {
  has(id: TensorId): boolean;
  /** The same place and party, and no weights. */
  empty(): S;
  free(): Promise<void>;
  /** A tensor as this party holds it: `F`, or `L`. */
  words(id: TensorId): Words | Promise<Words>;
}

class EpochWeights<S extends Store<S>> {
  protected readonly own: S;

  /** @param shared stays as it is */
  constructor(private readonly shared: S) {
    this.own = shared.empty();
  }

  words(id: TensorId): Words | Promise<Words> {
    return this.of(id).words(id);
  }

  /** Gives the memory of what was moved back. */
  free(): Promise<void> {
    return this.own.free();
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

  /** `F'` and this server's share of the weights take the place of what was there. */
  put(id: TensorId, masked: Words, share: Words): Promise<void> {
    return this.own.put(id, masked, share);
  }
}

export class DealerEpochWeights extends EpochWeights<DealerMatrices> implements DealerWeights {
  matrix(layer: number, name: MatrixName): ReturnType<DealerWeights['matrix']> {
    return this.of({ layer, name }).matrix(layer, name);
  }
  rows(layer: number, name: RowsName): ReturnType<DealerWeights['rows']> {
    return this.of({ layer, name }).rows(layer, name);
  }

  /** `L'` takes the place of what was there. */
  put(id: TensorId, mask: Words): Promise<void> {
    return this.own.put(id, mask);
  }
}
