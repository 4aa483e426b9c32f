/** What a deployment can do so that openings say less, as changes of the sets before they are renamed and opened. */
import { chances, PADDING } from '../../gates/padding.js';
import type { MitigationName } from './mitigation-names.js';
import { Random } from './random.js';
import { groups, type OpenedSets, type OpenedView, type ViewShape } from './view.js';

/** Neurons of a block, in the order of the checkpoint. */
const BLOCK = 8;
/** A short epoch is this part of the normal one. */
const SHORTER = 8;

/** A way to open less. */
export interface Mitigation {
  readonly name: MitigationName;
  readonly epochTokens: number;
  /** The part of the change that the adversary can repeat. */
  coarse(sets: OpenedSets): OpenedSets;
  coarseShape(shape: ViewShape): ViewShape;
  /** The part that is drawn anew for every token; the same seed draws the same. */
  pad(sets: OpenedSets, shape: ViewShape, random: Random): OpenedSets;
}

/** A whole view as it is opened, but for the secret orders. */
export function mitigated({ shape, tokens }: OpenedView, mitigation: Mitigation, seed: number): OpenedView {
  const coarse = mitigation.coarseShape(shape);
  const random = new Random(seed);
  return { shape: coarse, tokens: tokens.map((sets) => mitigation.pad(mitigation.coarse(sets), coarse, random)) };
}

/**
 * @param reference text on which public budgets are chosen: the largest count of each layer
 * @param epochTokens tokens of an epoch where it is not made shorter
 */
export function mitigation(name: MitigationName, reference: OpenedView, epochTokens: number): Mitigation {
  const plain: Mitigation = {
    name,
    epochTokens,
    coarse: (sets) => sets,
    coarseShape: (shape) => shape,
    pad: (sets) => sets,
  };
  switch (name) {
    case 'none':
      return plain;
    case 'epochs':
      return { ...plain, epochTokens: shorter(epochTokens) };
    case 'budget+epochs':
      return { ...mitigation('budget', reference, shorter(epochTokens)), name };
    case 'blocks': {
      const { neurons } = reference.shape;
      const blocks = Math.ceil(neurons / BLOCK);
      const block = (index: number): number => (index < neurons ? Math.floor(index / BLOCK) : index - neurons + blocks);
      return {
        ...plain,
        coarse: (sets) => sets.map((set) => Uint16Array.from(new Set(Array.from(set, block)))),
        coarseShape: (shape) => ({ ...shape, neurons: blocks }),
      };
    }
    case 'dummies':
      return { ...plain, pad: doubled };
    case 'budget':
      return { ...plain, pad: asBuilt(budgets(reference).map((most) => chances(reference.shape.neurons, most))) };
  }
}

const shorter = (epochTokens: number): number => Math.max(1, Math.floor(epochTokens / SHORTER));

/** The most neurons of every layer. */
function budgets({ shape, tokens }: OpenedView): number[] {
  const most = new Array<number>(shape.layers).fill(0);
  for (const sets of tokens)
    for (const [i, group] of groups(sets, shape.neurons).entries())
      if (i % 2 === 0) most[i / 2] = Math.max(most[i / 2], group.length);
  return most;
}

/** What a session with a constant budget opens (docs/protocol.md section 5.1): every other neuron with one chance, and all heads. */
const asBuilt =
  (tables: readonly BigUint64Array[]): Mitigation['pad'] =>
  (sets, { neurons, heads }, random) => {
    const own = groups(sets, neurons);
    const allHeads = Uint16Array.from({ length: heads }, (_, i) => neurons + i);
    return sets.map((_, layer) => {
      const active = new Set(own[2 * layer]);
      const chance = Number(tables[layer][active.size]);
      const opened: number[] = [];
      for (let i = 0; i < neurons; i++) if (active.has(i) || random.below(2 ** PADDING.bits) < chance) opened.push(i);
      return Uint16Array.of(...opened, ...allHeads);
    });
  };

/** As many random indices more as every group has. */
const doubled: Mitigation['pad'] = (sets, { neurons, heads }, random) => {
  const filled = groups(sets, neurons).map((own, i) => {
    const [from, names] = i % 2 === 0 ? [0, neurons] : [neurons, heads];
    return filledUp(own, from, names, Math.min(names, 2 * own.length), random);
  });
  return sets.map((_, layer) => Uint16Array.of(...filled[2 * layer], ...filled[2 * layer + 1]).sort());
};

function filledUp(own: Uint16Array, from: number, names: number, size: number, random: Random): Iterable<number> {
  const members = new Set(own);
  // Where much is missing, drawing until something new comes would take long.
  if (size - members.size > names / 4) {
    for (const i of random.order(names)) if (members.size < size) members.add(from + i);
  } else while (members.size < size) members.add(from + random.below(names));
  return members;
}
