/**
 * Chooses how each layer is computed (Comet section 5: where skipping pays): dense, predicted, or with exact signs. Counts come from the
 * cost ledger, so they are what will be sent and multiplied; time from a few measured constants of the machine and the link.
 */
import type { LayerCost } from '../gates/ledger.js';
import { HEADER_BYTES } from '../net/frame.js';
import type { Plan } from '../plan/formats.js';
import { modeOf, MODES, type Mode, type StepShape } from '../plan/step.js';
import type { Words } from '../wires/wire.js';
import { productSeconds, type ProductSpeed } from './speed.js';
import { walkLedger } from './walk.js';

/** What a machine and a link can do. */
export interface Constants extends ProductSpeed {
  /** What a round costs beside its delay: frames, calls. */
  readonly secondsPerRound: number;
  /** Of everything that is proportional to what is sent and dealt: key streams, packing, tables. */
  readonly secondsPerByte: number;
  /** One way, between any two parties. */
  readonly oneWaySeconds: number;
  /** Of a link, each way. */
  readonly bytesPerSecond: number;
  /** How many of the three hosted parties compute at the same time. */
  readonly parallel: number;
}

/** How much of a layer is computed when it is predicted, and when signs are exact; parts of 1. */
export interface LayerDensity {
  readonly predicted: number;
  readonly active: number;
  /** Of the layer's own heads, found by the layer before. */
  readonly heads: number;
}

/** A layer as planned. */
export interface PlannedLayer {
  readonly mode: Mode;
  readonly rounds: number;
  /** Delays that a round waits for the dealer's answer. */
  readonly waits: number;
  readonly onlineBytes: number;
  readonly offlineBytes: number;
  readonly macs: number;
  readonly seconds: number;
}

export interface StepPlan {
  /** A letter for each layer, as steps are announced. */
  readonly modes: string;
  readonly layers: readonly PlannedLayer[];
  readonly seconds: number;
}

/** One-way delays between the reveal of exact signs and the dealer's answer, which the next round needs at once. */
const EXACT_WAITS = 2;

/** What a step costs with given modes. */
export function priceStep(
  plan: Plan,
  densities: readonly LayerDensity[],
  step: StepShape,
  constants: Constants,
): StepPlan {
  const { layers, ffn, heads } = plan.shape;
  const mode = (layer: number): Mode => modeOf(step, layer, plan.layers[layer].predictor !== undefined);
  const ledger = walkLedger(plan, [step], {
    cached: step.position,
    revealed: ({ layer }, count) => {
      const { predicted, active } = densities[layer];
      if (mode(layer) === 'exact') return spread(count, ffn, [active, 1]);
      return spread(count, layer + 1 < layers ? ffn + heads : ffn, [predicted, densities[layer + 1]?.heads ?? 1], ffn);
    },
  });
  const planned = plan.layers.map((_, layer) => price(ledger.of(layer), mode(layer), constants));
  return {
    modes: planned.map((layer) => MODES[layer.mode]).join(''),
    layers: planned,
    seconds: planned.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

/** Rows of bits of which the given parts are ones: of the first `split`, and of the rest. */
function spread(count: number, cols: number, [first, rest]: readonly [number, number], split = cols): Words {
  return BigUint64Array.from({ length: count }, (_, i) => {
    const at = i % cols;
    const [ones, place] = at < split ? [first * split, at] : [rest * (cols - split), at - split];
    return place < Math.round(ones) ? 1n : 0n;
  });
}

function price(cost: LayerCost, mode: Mode, c: Constants): PlannedLayer {
  const { rounds, sections, reveals, macs } = cost;
  const waits = mode === 'exact' ? EXACT_WAITS : 0;
  const onlineBytes = cost.onlineBytes + HEADER_BYTES * (2 * rounds + sections + reveals);
  const offlineBytes = cost.offlineBytes + HEADER_BYTES * sections;
  const work = productSeconds(cost, c) / c.parallel + (onlineBytes + offlineBytes) * c.secondsPerByte;
  const online = rounds * (c.secondsPerRound + c.oneWaySeconds) + waits * c.oneWaySeconds + work;
  // The dealer's bytes travel beside the rounds, half of the online bytes each way in them.
  const seconds = Math.max(online + onlineBytes / 2 / c.bytesPerSecond, offlineBytes / c.bytesPerSecond);
  return { mode, rounds, waits, onlineBytes, offlineBytes, macs, seconds };
}

/** The modes with the least time: from all predicted on, each layer takes another mode as long as that helps. */
export function planStep(
  plan: Plan,
  densities: readonly LayerDensity[],
  shape: Omit<StepShape, 'sparse' | 'modes'>,
  constants: Constants,
): StepPlan {
  const priced = (modes: string): StepPlan => priceStep(plan, densities, { ...shape, sparse: true, modes }, constants);
  const first = plan.layers.map(({ predictor }) => (predictor ? MODES.predicted : MODES.dense)).join('');
  let best = priced(first);
  for (let better = true; better;) {
    better = false;
    for (let layer = 0; layer < plan.layers.length; layer++) {
      for (const letter of Object.values(MODES)) {
        if (best.modes[layer] === letter) continue;
        const other = priced(best.modes.slice(0, layer) + letter + best.modes.slice(layer + 1));
        if (other.seconds >= best.seconds) continue;
        best = other;
        better = true;
      }
    }
  }
  return best;
}
