/**
 * The largest values that occurred in every opened wire, against what its format holds: the ledger of integer bits (ts/plan/range-budget.ts),
 * measured. Values are those before they are reduced to their width, so one that does not fit shows, and by how much.
 */
import { type Address, COARSE_NAMES, coarseOp, INPUT_LAYER, isCoarse, MOST_COARSE, OP } from '../core/address.js';
import type { Unreduced } from '../plain/twin.js';
import { SINES_REACH } from '../plan/sines-formats.js';
import {
  EXP,
  expCells,
  expRange,
  FIXED,
  type LayerPlan,
  type NormPlan,
  type Plan,
  softmaxWidth,
  Z_OCTAVES,
} from '../plan/formats.js';
import { FINAL_OP } from '../program/decoder.js';

/**
 * What a wire's width means: `signed` holds `|v| < 2^(width-1)`; `lifted` half of that (protocol.md section 1, lift); `table` what the
 * table that reads it covers; `cut` is right modulo its width only, on purpose, so no value is too large for it.
 */
export type WireKind = 'signed' | 'lifted' | 'table' | 'cut';

/** What occurred in one wire of a layer, or of all. */
export interface WirePeak {
  /** Bits of an opened word. */
  readonly width: number;
  /** Bits of the widest value that occurred, sign included: 1 + log2 |v|, 0 where all were zero. */
  readonly peakBits: number;
  /** Bits that the widest value could have grown by; negative where it did not fit. Null for wires that are cut. */
  readonly headroomBits: number | null;
  /** For sums that a table reads from some least value on: bits that the smallest one could have shrunk by. */
  readonly floorBits?: number;
}

/** The least headroom of a wire over all layers, and each layer's. */
export interface WireReport extends WirePeak {
  readonly kind: WireKind;
  /** Where the headroom is least. */
  readonly layer: number;
  readonly layers: readonly (WirePeak & { readonly layer: number })[];
}

/** By name of the operation (protocol.md section 3). The last norm's are `finalSum`, `finalR` and `finalHidden`. */
export type WireReports = Readonly<Record<string, WireReport>>;

/** What a wire holds, in its units: `low <= v < high`, or `0 < floor <= v < high`. */
interface Limits {
  readonly kind: WireKind;
  readonly high: number;
  readonly low: number;
  readonly floor?: number;
}

const signedBits = (bits: number, kind: WireKind = 'signed'): Limits => ({
  kind,
  high: 2 ** (bits - 1),
  low: -(2 ** (bits - 1)),
});
const LIFTED: ReadonlySet<number> = new Set([
  OP.raw, OP.refillRaw, OP.v, OP.refillValue, OP.up, OP.hidden, OP.gate, OP.product, OP.cube, OP.sines,
]); // prettier-ignore

/** What a gated half holds: the pre-activation that sines read must stay where its gate is right. */
function gateLimits(p: LayerPlan, op: number, width: number): Limits | undefined {
  const { matrix, sines, way } = p.gate ?? {};
  if (!sines || op !== (matrix ? OP.gateScaled : OP.uh)) {
    if (op === OP.gateScaled) return signedBits(width - 1, 'lifted');
    return way !== undefined && op === OP.thresholdParts ? signedBits(width, 'cut') : undefined;
  }
  const scale = p.normB.sr + (matrix ? p.normB.sxs + matrix.sw - matrix.f : p.sLiftU);
  const most = (2 ** (sines.width - sines.scale - 1) - SINES_REACH[sines.gate]) * 2 ** scale;
  const { high, low } = signedBits(width - 1);
  return { kind: 'table', high: Math.min(high, most), low: Math.max(low, -most) };
}

/** The table of a norm reads sums from its first cell on, `2^w` cells, the last of which is for carries alone (protocol.md section 2, RSQRT). */
function sumLimits({ f, w, t, dmin, windows, kSum }: NormPlan): Limits {
  const cell = 2 ** (f + t);
  if (windows) return { kind: 'table', high: 2 ** (kSum - 1), low: 0, floor: (2 ** (w - windows.step) - 1) * cell };
  return { kind: 'table', high: (2 ** w + dmin - 1) * cell, low: 0, floor: dmin * cell };
}

function limitsOf(plan: Plan, { layer, op }: Omit<Address, 'step'>, width: number): Limits {
  // Post-norm layers lift the stream.
  const lifted = plan.layers[0].postNorm !== undefined;
  const stream = (): Limits => (lifted ? signedBits(width - 1, 'lifted') : signedBits(width));
  if (layer === INPUT_LAYER) return stream();
  const p = plan.layers[layer];
  if (!p && op === FINAL_OP.parts) return signedBits(width, 'cut');
  if (!p) return op === FINAL_OP.sum ? sumLimits(plan.final) : signedBits(width);
  if (op === OP.x1 || op === OP.x2) return stream();
  if (op === OP.sumA) return sumLimits(p.normA);
  if (op === OP.sumB) return sumLimits(p.normB);
  if (op === OP.up && p.signTable && !p.bias) return signedBits(p.signTable.width, 'lifted');
  const ofGate = gateLimits(p, op, width);
  if (ofGate) return ofGate;
  if (LIFTED.has(op)) return signedBits(width - 1, 'lifted');
  // What one window of ln adds to the one before means something only where it is reached; elsewhere it is any number.
  const kind = kindOf(op);
  if (kind === 'parts') return signedBits(width, 'cut');
  if (kind === 'z') {
    const { low, high } = Z_OCTAVES[expCells(p).z];
    return { kind: 'table', high: 2 ** (FIXED.z.scale + high), low: 0, floor: 2 ** (FIXED.z.scale + low) };
  }
  // A difference of logarithms is never much above zero: exp takes all of the circle but its top cells for negative numbers.
  if (kind === 'y') {
    const { p: cellBits } = expCells(p);
    const { low, high } = expRange(cellBits, EXP[cellBits].p.dtop, softmaxWidth(p));
    const unit = 2 ** FIXED.y.shift;
    return { kind: 'table', high: high * unit, low: low * unit };
  }
  if (op === OP.padCount) return { kind: 'table', high: 2 ** width, low: 0 };
  const narrow = (op === OP.nA && p.postNorm?.kA) || (op === OP.nB && p.postNorm?.kB) || (op === OP.o && p.oLift);
  if (narrow) return signedBits(width - 1, 'lifted');
  if (op === OP.uh) {
    const lifts = width === p.kUh;
    // Signs may be taken of the low bits alone.
    if (p.bias && (p.signTable || !lifts)) return signedBits(p.signTable?.width ?? p.kUh);
    return lifts ? signedBits(width - 1, 'lifted') : signedBits(width);
  }
  return signedBits(width);
}

/** What a sum, its parts and its differences are called, in the norms, softmax and its coarse levels. */
function kindOf(op: number): 'z' | 'parts' | 'y' | undefined {
  if (op === OP.z || isCoarse('z', op)) return 'z';
  if (op === OP.y || isCoarse('y', op)) return 'y';
  const parts = op === OP.lnParts || op === OP.rAParts || op === OP.rBParts || isCoarse('parts', op);
  return parts ? 'parts' : undefined;
}

const NAMES = new Map<number, string>(Object.entries(OP).map(([name, op]) => [op, name]));
for (let level = 0; level < MOST_COARSE; level++)
  for (const which of COARSE_NAMES) NAMES.set(coarseOp(which, level), `coarse${level} ${which}`);
const FINAL_NAMES = new Map<number, string>([
  [FINAL_OP.sum, 'finalSum'],
  [FINAL_OP.r, 'finalR'],
  [FINAL_OP.hidden, 'finalHidden'],
  [FINAL_OP.parts, 'finalRParts'],
]);

/** Extremes of one wire. */
interface Extremes {
  readonly limits: Limits;
  readonly width: number;
  min: number;
  max: number;
}

/** Collects what occurs in wires, over any number of steps and sessions. */
export class Peaks {
  /** By operation, then layer. */
  readonly #seen = new Map<string, Map<number, Extremes>>();

  constructor(private readonly plan: Plan) {}

  /** Takes note of a wire as the twin computed it; wires of bits have no magnitude. */
  see({ layer, op }: Omit<Address, 'step'>, unreduced: Unreduced | undefined): void {
    if (!unreduced || unreduced.exact.length === 0) return;
    const { exact, width } = unreduced;
    const name = (layer === this.plan.shape.layers ? FINAL_NAMES : NAMES).get(op);
    if (!name) return;
    const layers = this.#seen.get(name) ?? new Map<number, Extremes>();
    this.#seen.set(name, layers);
    const place = layer === INPUT_LAYER ? 0 : layer;
    let found = layers.get(place);
    if (!found) {
      found = { limits: limitsOf(this.plan, { layer, op }, width), width, min: Infinity, max: -Infinity };
      layers.set(place, found);
    }
    const halves = new Int32Array(exact.buffer, exact.byteOffset, 2 * exact.length);
    for (let low = 0; low < halves.length; low += 2) {
      const value = 2 ** 32 * halves[low + 1] + (halves[low] >>> 0);
      found.min = Math.min(found.min, value);
      found.max = Math.max(found.max, value);
    }
  }

  /** What was seen so far. */
  report(): WireReports {
    return Object.fromEntries(
      [...this.#seen].map(([name, layers]) => {
        const all = [...layers].map(([layer, one]) => ({ layer, ...peakOf(one) })).sort((a, b) => a.layer - b.layer);
        const tightest = all.reduce((least, one) => (tightness(one) < tightness(least) ? one : least));
        const { kind } = [...layers.values()][0].limits;
        return [name, { kind, ...tightest, layers: all }];
      }),
    );
  }
}

/** Less is nearer to its end. Of wires that are cut, the widest. */
const tightness = ({ headroomBits, floorBits, peakBits }: WirePeak): number =>
  headroomBits === null ? -peakBits : Math.min(headroomBits, floorBits ?? Infinity);

function peakOf({ limits, width, min, max }: Extremes): WirePeak {
  const peak = Math.max(max, -min);
  const peakBits = peak === 0 ? 0 : 1 + Math.log2(peak);
  const { kind, high, low, floor } = limits;
  if (kind === 'cut') return { width, peakBits, headroomBits: null };
  const above = max > 0 ? Math.log2(high / max) : Infinity;
  // A sum that may not be negative and is one has wrapped in 64 bits.
  const below = min < 0 ? (low < 0 ? Math.log2(low / min) : -width) : Infinity;
  const headroomBits = Math.min(above, below, width);
  return { width, peakBits, headroomBits, ...(floor !== undefined && { floorBits: floorOf(min, floor, width) }) };
}

const floorOf = (min: number, floor: number, width: number): number =>
  min > 0 ? Math.min(Math.log2(min / floor), width) : -width;
