/** What a deployment can do so that openings say less, as changes of the sets before they are renamed and opened. */
import { Random } from './random.js';
import { groups, type OpenedSets, type OpenedView, type ViewShape } from './view.js';

/** The ways, in the order in which they are tried. */
export const MITIGATIONS = ['none', 'budget', 'epochs', 'budget+epochs', 'blocks', 'dummies'] as const;
export type MitigationName = (typeof MITIGATIONS)[number];

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
      return { ...plain, pad: padded((_, own) => 2 * own) };
    case 'budget': {
      const most = budgets(reference);
      return { ...plain, pad: padded((group) => most[group]) };
    }
  }
}

const shorter = (epochTokens: number): number => Math.max(1, Math.floor(epochTokens / SHORTER));

/** The largest count of every group. */
function budgets({ shape, tokens }: OpenedView): number[] {
  const most = new Array<number>(2 * shape.layers).fill(0);
  for (const sets of tokens)
    for (const [i, group] of groups(sets, shape.neurons).entries()) most[i] = Math.max(most[i], group.length);
  return most;
}

/**
 * Fills up every group to a size with indices drawn at random; what is beyond the size is left out at random.
 * @param size of a group, by its number and its own size
 */
const padded =
  (size: (group: number, own: number) => number): Mitigation['pad'] =>
  (sets, { neurons, heads }, random) => {
    const filled = groups(sets, neurons).map((own, i) => {
      const [from, names] = i % 2 === 0 ? [0, neurons] : [neurons, heads];
      return resized(own, from, names, Math.min(names, size(i, own.length)), random);
    });
    return sets.map((_, layer) => Uint16Array.of(...filled[2 * layer], ...filled[2 * layer + 1]).sort());
  };

function resized(own: Uint16Array, from: number, names: number, size: number, random: Random): Iterable<number> {
  const members = new Set(own);
  if (own.length > size) for (const i of random.order(own.length).subarray(size)) members.delete(own[i]);
  // Where much is missing, drawing until something new comes would take long.
  if (size - members.size > names / 4) {
    for (const i of random.order(names)) if (members.size < size) members.add(from + i);
  } else while (members.size < size) members.add(from + random.below(names));
  return members;
}
