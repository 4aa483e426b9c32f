/** Secret orders: one a layer and epoch, of neurons and of heads. */
import { Random } from './random.js';
import type { OpenedSets, OpenedView, ViewShape } from './view.js';

/** A run of tokens under one order. */
export interface Epoch {
  readonly start: number;
  /** As its owners see it, and as it is opened. */
  readonly plain: readonly OpenedSets[];
  readonly opened: readonly OpenedSets[];
  /** For each layer, the name under which each output is opened. */
  readonly orders: readonly Uint16Array[];
}

/** A view under secret orders that change every `epochTokens` tokens. */
export function shuffled({ shape, tokens }: OpenedView, epochTokens: number, seed: number): Epoch[] {
  const epochs: Epoch[] = [];
  for (let start = 0; start < tokens.length; start += epochTokens) {
    const random = new Random(seed, start);
    const orders = Array.from({ length: shape.layers }, () => order(shape, random));
    const plain = tokens.slice(start, start + epochTokens);
    epochs.push({ start, plain, opened: plain.map((sets) => renamed(sets, orders)), orders });
  }
  return epochs;
}

/** The epochs' openings, one after the other. */
export const openings = (epochs: readonly Epoch[]): OpenedSets[] => epochs.flatMap(({ opened }) => opened);

function order({ neurons, heads }: ViewShape, random: Random): Uint16Array {
  return Uint16Array.of(...random.order(neurons), ...random.order(heads).map((head) => neurons + head));
}

const renamed = (sets: OpenedSets, orders: readonly Uint16Array[]): OpenedSets =>
  sets.map((set, layer) => set.map((index) => orders[layer][index]).sort());
