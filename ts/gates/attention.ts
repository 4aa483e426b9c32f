/**
 * Products with cached wires: scores `q K` and outputs `p V`, causal, elements in the order (group, position). An inner product costs
 * one opened element however long it is; cached wires are never re-masked or re-sent.
 */
import type { Address } from '../core/address.js';
import type { Kernels, MaskCache, MaskedCache } from '../kernels/load.js';
import type { DealerWire, ServerWire, Words } from '../wires/wire.js';
import { kvHeadOf, type Shape } from '../plan/shape.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt, multiplied, total } from './cost.js';
import type { ActiveHeads } from './sets.js';

/**
 * Who attends to what in a step: group `g` is a row's query of head `heads[g]` over the positions `0..lengths[g]`, at least one, of the
 * head `kvHeads[g]` of keys and values.
 */
export interface Groups {
  readonly heads: Uint32Array;
  readonly kvHeads: Uint32Array;
  readonly lengths: Uint32Array;
}

/** Which vectors of a step a cache keeps: vector `k` is that of head `heads[k]` of keys and values, at `positions[k]`. */
export interface Jobs {
  readonly heads: Uint32Array;
  readonly positions: Uint32Array;
}

/** The groups of active heads whose rows are at positions from `position` on. */
export function groupsOf(shape: Shape, { rows, heads }: ActiveHeads, position: number): Groups {
  const kvHeads = heads.map((head) => kvHeadOf(shape, head));
  return { heads, kvHeads, lengths: rows.map((row) => position + row + 1) };
}

/** Number of (group, position) pairs. */
export const scoreCount = ({ lengths }: Groups): number => lengths.reduce((sum, length) => sum + length, 0);

/** Sums over positions, one a group, of words modulo `2^width`: shares, masks and masked words alike. */
export const sums = (kernels: Kernels, words: Words, { lengths }: Groups, width: number): Words =>
  kernels.maskWords(kernels.sumScores(words, lengths), width) as Words;

/** A word for each of some places. */
const pickWords = (words: Words, places: Uint32Array): Words => {
  const out = new BigUint64Array(places.length);
  for (const [i, place] of places.entries()) out[i] = words[place];
  return out;
};

export const scores = {
  /** `centers` is this server's share of one word a head. */
  server(
    c: ServerContext,
    at: Address,
    q: ServerWire,
    groups: Groups,
    keys: MaskedCache,
    centers: Words,
    headDim: number,
    width: number,
  ): Words {
    const { heads, kvHeads, lengths } = groups;
    const count = scoreCount(groups);
    c.onMacs(at, 2 * count * headDim);
    const gamma = c.dealt(at, PART.gamma, count, width);
    return keys.scores(q.m, q.half!, kvHeads, lengths, gamma, pickWords(centers, heads)) as Words;
  },
  dealer(
    c: DealerContext,
    at: Address,
    q: DealerWire,
    { kvHeads, lengths }: Groups,
    keys: MaskCache,
    headDim: number,
    width: number,
  ): void {
    const gamma = keys.scores(q.mask, kvHeads, lengths);
    c.onMacs(at, gamma.length * headDim);
    c.deal(at, PART.gamma, gamma, width);
  },
  /** Two products a server, one of the dealer. */
  cost(groups: Groups, headDim: number, width: number) {
    const count = scoreCount(groups);
    return total(dealt(count, width), multiplied(5 * count * headDim));
  },
};

export const weighted = {
  server(
    c: ServerContext,
    at: Address,
    p: ServerWire,
    groups: Groups,
    values: MaskedCache,
    headDim: number,
    width: number,
  ): Words {
    const { kvHeads, lengths } = groups;
    c.onMacs(at, 2 * scoreCount(groups) * headDim);
    const gamma = c.dealt(at, PART.gamma, kvHeads.length * headDim, width);
    return values.weighted(p.m, p.half!, kvHeads, lengths, gamma) as Words;
  },
  dealer(
    c: DealerContext,
    at: Address,
    p: DealerWire,
    groups: Groups,
    values: MaskCache,
    headDim: number,
    width: number,
  ): void {
    c.onMacs(at, scoreCount(groups) * headDim);
    c.deal(at, PART.gamma, values.weighted(p.mask, groups.kvHeads, groups.lengths), width);
  },
  cost: (groups: Groups, headDim: number, width: number) =>
    total(dealt(groups.heads.length * headDim, width), multiplied(5 * scoreCount(groups) * headDim)),
};
