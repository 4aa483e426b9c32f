/**
 * The cache of one layer with weights of a known shape: what attention sends by how many of its holes are ever filled, against a dense layer. By
 * the ledger, over sets that are made for it: what is sent depends on them and the shape alone.
 */
import { type Address, OP } from '../core/address.js';
import type { Cost } from '../gates/cost.js';
import type { Kernels } from '../kernels/load.js';
import type { Plan } from '../plan/formats.js';
import { shapeOf } from '../plan/shapes.js';
import type { StepShape } from '../plan/step.js';
import { provision } from '../provision/owner.js';
import { syntheticModel, syntheticPredictors } from '../provision/synthetic.js';
import type { Run } from './cache-ways.js';

/** As many as a prompt of 32 tokens and those that follow. */
const PROMPT = 32;
/** Heads of twelve, and part of the neurons, as `comet cost --sparse` takes them. */
const HEADS = 7 / 12;
const NEURONS = 0.1;
/** The layer whose heads are predicted. */
export const LAYER = 1;

/** Which heads a token has: `steady` always the same, so no hole is ever filled; `turning` others, so that the next token fills them all. */
export const PATTERNS = ['steady', 'random', 'turning'] as const;
export type HeadPattern = (typeof PATTERNS)[number];

/** A plan of two layers of a shape: the first predicts what the second has. */
export async function layerPlan(kernels: Kernels, shape: string, tokens: number, signal?: AbortSignal): Promise<Plan> {
  const sizes = { ...shapeOf(shape), layers: LAYER + 1, context: PROMPT + tokens, vocab: 64 };
  const { model, calibration } = await syntheticModel(kernels, sizes, { signal });
  const density = { neurons: NEURONS, heads: Math.round(HEADS * sizes.heads) };
  const rank = Math.ceil(sizes.width / 6);
  const predictors = syntheticPredictors(kernels, model, density, rank, { before: [], steps: [[1, 2, 3, 4]] });
  return provision(kernels, shape, model, calibration, { predictors }).manifest.plan;
}

/** Tokens after a prompt without holes, with heads of a pattern and as many neurons each. */
export function layerRun(plan: Plan, tokens: number, pattern: HeadPattern): Run {
  const { ffn, heads } = plan.shape;
  const active = Math.round(HEADS * heads);
  const neurons = Math.round(NEURONS * ffn);
  const draw = drawing(heads);
  const chosen = Array.from({ length: tokens }, (_, token) =>
    pattern === 'random'
      ? draw(active)
      : Array.from({ length: active }, (_, i) => (pattern === 'turning' ? active * token + i : i) % heads),
  );
  const steps = Array.from({ length: tokens }, (_, step): StepShape => ({
    ...{ step, rows: 1, position: PROMPT + step, outputs: 'none', sparse: true },
  }));
  const revealed = ({ step }: Address, count: number): BigUint64Array<ArrayBuffer> => {
    const bits = new BigUint64Array(count);
    bits.fill(1n, 0, neurons);
    if (count > ffn) for (const head of chosen[step]) bits[ffn + head] = 1n;
    return bits;
  };
  return { plan, steps, revealed, cached: PROMPT };
}

/** Bytes of a layer's attention, between the servers and from the dealer, without frame headers: the predictor is none of it. */
export function attentionBytes(): {
  readonly onCost: (at: Address, cost: Cost) => void;
  readonly bytes: () => { online: number; offline: number };
} {
  let [online, offline] = [0, 0];
  const onCost = ({ layer, op }: Address, cost: Cost): void => {
    const isAttention = op <= OP.x1 || (op >= OP.refillRaw && op <= OP.refillLift);
    if (layer !== LAYER || !isAttention) return;
    online += cost.onlineBytes;
    offline += cost.offlineBytes;
  };
  return { onCost, bytes: () => ({ online, offline }) };
}

/** Sets of so many of `count`, the same in every run. */
function drawing(count: number): (size: number) => number[] {
  let state = 1;
  const below = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  return (size) => {
    const left = [...Array(count).keys()];
    return Array.from({ length: size }, () => left.splice(below(left.length), 1)[0]);
  };
}
