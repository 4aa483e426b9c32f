/** Formats of a feed-forward half other than OPT's (docs/protocol.md section 3.10). */
import { bitsFor, HEADROOM, LIFTED } from './bits.js';
import { digitsOfSign, type FeedForwardPlan, SIGN_TABLE } from './feed-forward-formats.js';
import { signWidth } from './formats.js';
import type { GatePlan, LiftedWire } from './gate.js';
import type { LayerBuilder } from './layer-builder.js';
import { type BareNorm, exponent, largestRms, octavesOf } from './norm-formats.js';
import type { GateRange } from './ranges.js';
import { sinesPlan } from './sines-formats.js';

/** The way of a half; undefined for that of OPT. */
export function gateWay({
  activation: { kind },
  gated,
  biased = false,
}: LayerBuilder['feedForward']): GatePlan['way'] | undefined {
  if (kind === 'relu' && !gated) return undefined;
  if (kind === 'silu' || kind === 'gelu' || kind === 'gelu_tanh') return 'sines';
  if (biased) return 'signs';
  return kind === (gated ? 'relu' : 'relu2') || (gated && kind === 'fatrelu') ? 'squares' : 'signs';
}

/** Bits of a typical `r²`, and of the product that it multiplies; of `r` by sines, and of what it multiplies: gate and up. */
const BITS = { square: 13, product: 11, root: 12, gate: 8, up: 10 } as const;
/** Octaves that the rms may lie away from the typical one before the scales by squares are finer. */
const SPREAD = { below: 1.5, above: 2 } as const;

/** The norm before the half, whose table is that of `r²` where it multiplies the product of both. */
export function gateNorm({ range, stream, feedForward }: LayerBuilder, norm: BareNorm): BareNorm {
  const way = gateWay(feedForward);
  const e = exponent(range.normB, stream.width);
  const { above } = octavesOf(range.normB);
  if (way === 'squares') {
    const finer = Math.max(0, Math.ceil(2 * (above - SPREAD.above)));
    return { ...norm, power: -2, sr: Math.max(0, BITS.square + 2 * e + finer) };
  }
  return way === 'sines' ? { ...norm, sr: Math.max(0, BITS.root + e + Math.max(0, Math.ceil(above) - 4)) } : norm;
}

type Seen = Omit<GateRange, 'activationMax'>;

/** What the formats of all ways are made from. */
interface Gate extends LayerBuilder {
  readonly norm: BareNorm;
  readonly seen: Seen;
  /** Scale of activations. */
  readonly sa: number;
}

/** What was seen of gates; where nothing is gated, of pre-activations. */
function seenOf({ range: { gate, rawUpMax, uhMax }, feedForward: { gated } }: LayerBuilder): Seen {
  if (gated) return gate!;
  return { rawMax: rawUpMax, max: uhMax, rawProductMax: rawUpMax ** 2, productMax: uhMax ** 2 };
}

/** The formats of the half. */
export function gatePlan(b: LayerBuilder, norm: BareNorm): FeedForwardPlan {
  const { range, scales, stream, variant, feedForward } = b;
  const gate: Gate = { ...b, norm, seen: seenOf(b), sa: stream.sx - scales.down };
  const way = gateWay(feedForward)!;
  const { plan, sLiftU, uh, sLiftG } = { squares, signs, sines }[way](gate);
  const { activation, gated, biased } = feedForward;
  const matrix = gated && { ...raw(gate), f: norm.sxs + scales.gate! - sLiftG, sw: scales.gate! };
  const kU = norm.sxs + scales.up + bitsFor(range.rawUpMax) + LIFTED;
  const compared = plan.scaled?.k ?? (way === 'squares' ? (matrix ? matrix.k : kU) : uh.k);
  const fuses = variant.fused && way === 'squares' && stream.wx + uh.f <= 64;
  const rounded = plan.scaled ?? (way === 'squares' ? undefined : uh);
  const scale = rounded ? sLiftG + norm.sr : norm.sxs + (scales.gate ?? scales.up);
  const digits = way === 'sines' ? undefined : digitsOfSign(b, compared, scale, rounded !== undefined);
  const table = variant.signTable && way !== 'sines' && !digits && (fuses || way === 'signs');
  const all: FeedForwardPlan = {
    ...{ kU, fLiftU: norm.sxs + scales.up - sLiftU, sLiftU, fUh: uh.f, kUh: uh.k },
    gate: { activation, way, ...(matrix && { matrix }), ...(biased && { bias: true }), ...plan },
    ...(fuses && { fused: true }),
    ...(digits && { signDigits: digits }),
    ...(table && { signTable: { width: compared - SIGN_TABLE.narrower, bits: SIGN_TABLE.bits } }),
  };
  check(gate, all, compared);
  return all;
}

/** The gate's raw product; a threshold that is subtracted from it must fit, too. */
function raw({ norm, scales, seen, feedForward, range, shape }: Gate): { readonly k: number } {
  const { activation } = feedForward;
  const threshold = activation.kind === 'fatrelu' ? activation.threshold * largestRms(range.normB, shape.width) : 0;
  return { k: norm.sxs + scales.gate! + bitsFor(Math.max(seen.rawMax, Math.abs(threshold))) + LIFTED };
}

/** Formats of one way: of what only it has, of op 21's wire, and the scales that raw products are lifted to. */
interface Way {
  readonly plan: Pick<GatePlan, 'scaled' | 'product' | 'cube' | 'sines'>;
  readonly uh: LiftedWire;
  readonly sLiftU: number;
  readonly sLiftG: number;
}

/** A wire of values up to `max` that is lifted from a scale to another. */
const wire = (scale: number, max: number, to: number): LiftedWire => {
  // A lift needs two bits above its shift.
  return { k: Math.max(scale - to + 2, scale + bitsFor(max) + LIFTED), f: scale - to };
};

function squares({ norm, seen, sa, range, stream }: Gate): Way {
  const e = exponent(range.normB, stream.width);
  const finer = Math.max(0, Math.ceil(2 * (octavesOf(range.normB).below - SPREAD.below)));
  const lifted = Math.max(BITS.product - 2 * e + finer, sa - norm.sr);
  return {
    plan: { product: wire(2 * norm.sxs, seen.rawProductMax, lifted) },
    uh: wire(lifted + norm.sr, seen.productMax, sa),
    ...{ sLiftU: norm.sxs, sLiftG: norm.sxs },
  };
}

/** Bits below the point of a factor of the last product by signs. */
const FACTOR = 12;

function signs({ norm, seen, sa, range, feedForward: { gated, activation } }: Gate): Way {
  const scale = norm.sxs + norm.sr;
  const factor = Math.max(FACTOR, Math.ceil(sa / 2));
  const cubes = gated && activation.kind === 'relu2';
  const multiplies = gated || activation.kind === 'relu2';
  return {
    plan: {
      ...(gated && { scaled: wire(scale, seen.max, factor) }),
      ...(multiplies && { product: wire(2 * factor, seen.productMax, cubes ? factor : sa) }),
      ...(cubes && { cube: wire(2 * factor, seen.productMax * seen.max, sa) }),
    },
    uh: wire(scale, range.uhMax, multiplies ? factor : sa),
    ...{ sLiftU: norm.sxs, sLiftG: norm.sxs },
  };
}

function sines({ norm, seen, sa, range, stream, feedForward: { gated, activation } }: Gate): Way {
  const e = exponent(range.normB, stream.width);
  const finer = norm.sxs - (11 - e);
  const [sLiftG, sLiftU] = [BITS.gate - e + finer, BITS.up - e + finer];
  const { sines, factor } = sinesPlan(activation.kind, seen.max, { sa, room: 64 - stream.wx });
  const [g, u] = [sLiftG, sLiftU].map((lifted) => lifted + norm.sr);
  const gate = wire(g, seen.max, sines.scale);
  return {
    plan: {
      ...(gated && { scaled: { ...gate, k: Math.max(gate.k, gate.f + sines.width) } }),
      ...(gated && { product: wire(sines.scale + BITS.up, seen.productMax, factor) }),
      sines,
    },
    uh: gated ? wire(u, range.uhMax, BITS.up) : ungated(wire(u, range.uhMax, factor), u - sines.scale + sines.width),
    ...{ sLiftU, sLiftG },
  };
}

/** The phase is read of the pre-activation itself. */
const ungated = (uh: LiftedWire, least: number): LiftedWire => ({ ...uh, k: Math.max(uh.k, least) });

function check(gate: Gate, plan: FeedForwardPlan, compared: number): void {
  const { name, range, scales, stream, budget, norm, seen, sa } = gate;
  const { kU, kUh, fLiftU, fUh, sLiftU } = plan;
  const { matrix, scaled, product, cube, sines, way } = plan.gate!;
  // What is gated is a product with the gate, but where only its sign or its sines are read.
  const activations = (product ? seen.productMax : range.uhMax) * (cube ? seen.max : 1);
  const lifted = HEADROOM + LIFTED - 1;
  budget.add(`${name}.up`, norm.sxs + scales.up, kU, range.rawUpMax, lifted);
  if (matrix) budget.add(`${name}.gate`, norm.sxs + matrix.sw, matrix.k, seen.rawMax, lifted);
  const ofRoot = sLiftU + norm.sr;
  if (way === 'squares') {
    budget.add(`${name}.product`, 2 * norm.sxs, product!.k, seen.rawProductMax, lifted);
    budget.add(`${name}.uh`, fUh + sa, kUh, seen.productMax, lifted);
  } else {
    budget.add(`${name}.uh`, ofRoot, kUh, range.uhMax, lifted);
    if (matrix && scaled)
      budget.add(`${name}.gateScaled`, norm.sxs + matrix.sw - matrix.f + norm.sr, scaled.k, seen.max, lifted);
  }
  if (sines) budget.add(`${name}.phase`, sines.scale, sines.width, seen.max, HEADROOM);
  budget.add(`${name}.a`, sa, stream.wx, activations, HEADROOM);
  const shifts = [fLiftU, fUh, sa, matrix?.f, scaled?.f, product?.f, cube?.f, sines?.f, sines?.fA];
  const widths = [kU, kUh, matrix?.k, scaled?.k, product?.k, cube?.k, sines?.k].map((k) => k ?? 0);
  budget.require(Math.max(kU, matrix?.k ?? 0) <= stream.wx - norm.fx, `${name}: pre-activations need ${kU} bits`);
  budget.require(Math.min(...shifts.map((f) => f ?? 0)) >= 0, `${name}: a scale of feed-forward would grow`);
  budget.require(Math.max(...widths) <= 64, `${name}: a product of feed-forward needs ${Math.max(...widths)} bits`);
  budget.require(
    way === 'sines' || compared >= signWidth(plan),
    `${name}: pre-activations need ${signWidth(plan)} bits for their sign`,
  );
}
