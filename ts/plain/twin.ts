/**
 * The fixed-point twin: the values of every opened wire, from docs/protocol.md alone. Shares no code with the gates. Values are truncated
 * only where they are opened, so a wire is its value and its mask, and no shares are needed: both tape keys give the masks.
 */
import { INPUT_LAYER, OP } from '../core/address.js';
import type { Kernels } from '../kernels/load.js';
import type { Plan } from '../plan/formats.js';
import { TwinAttention } from './twin/attention.js';
import { feedForward } from './twin/feed-forward.js';
import { TwinGated } from './twin/gated.js';
import {
  freeWeights,
  type LayerState,
  layerState,
  prefixOf,
  type TwinMode,
  type TwinModel,
  weightsOf,
} from './twin/state.js';
import { type NormOps, type OnWire, type TwinKeys, TwinWires, type Wire } from './twin/wires.js';
import { levelled, pairsWhere } from './twin/words.js';

export type { TwinMode, TwinModel } from './twin/state.js';
export type { OnWire, TwinKeys, Unreduced } from './twin/wires.js';

const FINAL: NormOps = { sum: 1, r: 2, parts: 6 };

export class Twin {
  /** Positions read so far: those of the prefix are from the first on. */
  position: number;
  readonly #wires: TwinWires;
  readonly #layers: LayerState[];

  constructor(
    kernels: Kernels,
    private model: TwinModel,
    private readonly plan: Plan,
    keys: TwinKeys,
    onWire: OnWire = () => {},
  ) {
    this.position = plan.prefix?.length ?? 0;
    this.#wires = new TwinWires(kernels, plan, keys, onWire);
    this.#layers = model.layers.map((layer, i) => layerState(this.#wires, layer, i));
  }

  /**
   * Runs one step of `ids` from the current position on.
   * @returns the hidden states that the client reads, for the rows that the step outputs: rows x d
   */
  step(
    step: number,
    ids: readonly number[],
    outputs: 'none' | 'last' | 'all' = 'all',
    { sparse = false, modes = '', constant = false, ...rules }: TwinMode = {},
  ): Float32Array {
    this.#wires.step = step;
    const rows = ids.length;
    const { heads, ffn } = this.plan.shape;
    let x = this.#input(ids);
    let active = pairsWhere(rows, heads, () => true);
    let ahead = false;
    for (const [layer, p] of this.plan.layers.entries()) {
      const mode = sparse ? (modes[layer] ?? 'p') : 'd';
      const budget = sparse && constant ? p.predictor?.budget : undefined;
      this.#layers[layer].filled.length = this.position;
      const place = { wires: this.#wires, layer, p, state: this.#layers[layer], rows, position: this.position };
      const attention = new TwinAttention(place);
      if (ahead || rules.apart) attention.refill(active, rules);
      const { x1, bits: own } = attention.run(x, active, { predicts: mode === 'p', budget }, rules.keep);
      ahead = own !== undefined && rules.prefetch !== undefined;
      const outputsOf = budget === undefined ? (p.predictor?.outputs ?? 0) : ffn;
      const bits = own && budget !== undefined ? levelled(own, ffn, budget) : own;
      const has = (row: number, output: number): boolean => !bits || bits[row * outputsOf + output] === 1n;
      const pairs = pairsWhere(rows, ffn, has);
      active = pairsWhere(rows, heads, (row, head) => outputsOf === ffn || has(row, ffn + head));
      const exact = mode === 'e';
      x = p.gate ? new TwinGated(place, x1, pairs, exact).run() : feedForward(place, x1, pairs, exact);
    }
    this.position += rows;
    if (outputs === 'none') return new Float32Array(0);
    const d = this.plan.shape.width;
    const from = outputs === 'last' ? (rows - 1) * d : 0;
    return this.#final({ ...x, v: x.v.slice(from), mask: x.mask.slice(from) }, outputs === 'last' ? 1 : rows);
  }

  /** An epoch begins: `model` is in its order. What is cached stays. */
  begin(epoch: number, model: TwinModel): void {
    this.model = model;
    for (const [i, layer] of model.layers.entries()) {
      freeWeights(this.#layers[i]);
      this.#layers[i] = { ...this.#layers[i], ...weightsOf(this.#wires, layer, i, epoch) };
      // The order of heads lasts a session: an epoch that changes it begins before anything else is cached.
      if (this.position === (this.plan.prefix?.length ?? 0))
        Object.assign(this.#layers[i], prefixOf(this.#wires, layer, i));
    }
  }

  /** Gives the kernels' memory back. */
  free(): void {
    for (const layer of this.#layers) freeWeights(layer);
  }

  #input(ids: readonly number[]): Wire {
    const { sx, wx, shape } = this.plan;
    const { embedding, positions, positionOffset } = this.model;
    const d = shape.width;
    const x = Float32Array.from({ length: ids.length * d }, (_, i) => {
      const row = Math.floor(i / d);
      const place = (this.position + row + positionOffset) * d + (i % d);
      return embedding[ids[row] * d + (i % d)] + (positions?.[place] ?? 0);
    });
    const { client0, client1 } = this.#wires.keys;
    return this.#wires.opened({ layer: INPUT_LAYER, op: OP.input }, this.#wires.kernels.quantise(x, sx), wx, [
      client0,
      client1,
    ]);
  }

  #final(x: Wire, rows: number): Float32Array {
    const wires = this.#wires;
    const { final, shape } = this.plan;
    const layer = shape.layers;
    const r = wires.norm(x, final, rows, FINAL, wires.openIn(layer));
    const product = wires.kernels.plainScaleRows(r.v, wires.truncated(x, final.fx).v);
    const hidden = wires.kernels.plainReduce(product, final.kOut);
    wires.show({ layer, op: 3 }, hidden, { exact: product, width: final.kOut });
    const unit = 2 ** -(final.sxs + final.sr);
    return Float32Array.from(hidden, (word) => Number(BigInt.asIntN(final.kOut, word)) * unit);
  }
}
