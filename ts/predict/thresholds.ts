/**
 * Chooses thresholds by what they cost. A trained score tells the worth of an output in its layer's prices; how much a price's worth
 * matters differs between layers, so each layer's gain is measured first: how far the predictions move per price of worth missed, with
 * this layer alone made sparse. Then one price for all neurons, and one for all heads, is found by trials on real text: the highest that
 * keeps the increase of cross-entropy within the budget.
 */
import type { Kernels } from '../kernels/load.js';
import type { FloatWeights } from '../plain/float.js';
import { ln } from './functions.js';
import type { Ruler } from './loss.js';
import type { ByKind, Kind, LayerPredictor, Predictors } from './predictor.js';
import { PredictedOnly } from './sparse-run.js';

const TRIALS = 6;
/** Between trials, until one is on either side of the budget. */
const STRIDE = 4;
/** Windows on which gains are measured. */
const GAIN_WINDOWS = 4;

/** Everything that a search needs. */
export interface Search {
  readonly kernels: Kernels;
  readonly weights: FloatWeights;
  readonly ruler: Ruler;
  /** Called with windows run. */
  readonly onRun?: (windows: number) => void;
  readonly signal?: AbortSignal;
}

/** Windows that {@link chooseThresholds} runs on a ruler of `windows`. */
export const searchWindows = (layers: number, windows: number): number =>
  (2 * layers - 1) * Math.min(GAIN_WINDOWS, windows) + 2 * TRIALS * windows;

/**
 * The predictors with thresholds that keep the increase of cross-entropy within `budget` (fractions), each kind alone.
 * @throws CometError `E_ABORTED` by the signal.
 */
export async function chooseThresholds(search: Search, predictors: Predictors, budget: ByKind): Promise<Predictors> {
  const neurons = await choose(search, predictors, 'neurons', budget.neurons);
  const heads = await choose(search, predictors, 'heads', budget.heads);
  return moved(search, predictors, (layer, kind) => (kind === 'neurons' ? neurons : heads)[layer] ?? 0);
}

/** How far to move each layer's thresholds of one kind. */
async function choose(search: Search, predictors: Predictors, kind: Kind, most: number): Promise<number[]> {
  const { kernels, ruler } = search;
  const gains: number[] = [];
  // The last layer's predictor has no heads to move.
  const layers = [...predictors.layers.keys()].slice(0, kind === 'heads' ? -1 : undefined);
  for (const layer of layers) gains.push(await gain(search, predictors, kind, layer));
  const shifts = (price: number): number[] => gains.map((g) => ln(kernels, price / g));
  let low = 0;
  let high = Infinity;
  let price = [...gains].sort((a, b) => a - b)[gains.length >> 1];
  for (let trial = 0; trial < TRIALS; trial++) {
    const by = shifts(price);
    const { crossEntropy } = await run(
      search,
      moved(search, predictors, (layer, of) => (of === kind ? (by[layer] ?? 0) : -Infinity)),
    );
    if (crossEntropy / ruler.crossEntropy - 1 <= most) low = price;
    else high = price;
    price = low === 0 ? price / STRIDE : high === Infinity ? price * STRIDE : Math.sqrt(low * high);
  }
  // Where no trial was within the budget, the next and lowest price is taken: almost everything is computed.
  return shifts(low || price);
}

/** Divergence per price of worth missed, with one layer's outputs of one kind left out where they are not worth their price. */
async function gain(search: Search, predictors: Predictors, kind: Kind, layer: number): Promise<number> {
  const alone = moved(search, predictors, (at, of) => (at === layer && of === kind ? 0 : -Infinity));
  const { divergence, missed } = await run(search, alone, GAIN_WINDOWS);
  const prices = missed[layer][kind] / predictors.layers[layer].prices[kind];
  return Math.max(divergence, 1e-9) / Math.max(prices, 1e-9);
}

async function run({ kernels, weights, ruler, onRun, signal }: Search, predictors: Predictors, windows?: number) {
  const sparse = new PredictedOnly(kernels, weights, predictors);
  try {
    const loss = await ruler.measure(sparse, { windows, onRun, signal });
    return { ...loss, missed: sparse.missed() };
  } finally {
    sparse.free();
  }
}

/** Predictors whose thresholds are moved: up computes less, by minus infinity computes all. */
function moved({ kernels }: Search, predictors: Predictors, by: (layer: number, kind: Kind) => number): Predictors {
  const { ffn } = predictors.shape;
  const layers = predictors.layers.map((layer, i): LayerPredictor => {
    const shift = { neurons: by(i, 'neurons'), heads: by(i, 'heads') };
    return {
      ...layer,
      thresholds: layer.thresholds.map((threshold, j) => threshold + (j < ffn ? shift.neurons : shift.heads)),
      prices: {
        neurons: layer.prices.neurons * kernels.exp(shift.neurons),
        heads: layer.prices.heads * kernels.exp(shift.heads),
      },
    };
  });
  return { ...predictors, layers };
}
