/**
 * Keys and values that a layer's cache lacks of earlier positions, computed before the layer's own rounds (docs/protocol.md section 5.2): three
 * exchanges under addresses of their own, from the masked inputs that were kept. The layer's first round then finds nothing missing.
 */
import type { Holes } from '../cache/holes.js';
import { OP } from '../core/address.js';
import type { Jobs } from '../gates/attention.js';
import type { ActiveHeads } from '../gates/sets.js';
import { type Program, SECTION } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';
import { HeadProducts } from './head-products.js';
import type { Place } from './layer.js';

const OPS = { raw: OP.refillRaw, qk: OP.refillKey, v: OP.refillValue, vLift: OP.refillLift };
const NONE = { rows: new Uint32Array(0), positions: new Uint32Array(0), heads: new Uint32Array(0) };

/** @param jobs of positions before the step, at least one; they are filled when the program ends */
export function* refill<W extends Format, S>(
  place: Place<W, S>,
  holes: Holes<W>,
  jobs: Jobs,
  active: ActiveHeads,
): Program<void> {
  const { g, layer, step } = place;
  yield* g.correlate(step.step, layer, SECTION.refill);
  const positions = [...new Set(jobs.positions)];
  const rowOf = new Map(positions.map((at, row) => [at, row]));
  const rows = jobs.positions.map((at) => rowOf.get(at)!);
  const kept = positions.map((at) => holes.input(at));
  const products = new HeadProducts(place, OPS, NONE, { rows, ...jobs });
  const [raw] = yield* g.open(layer, 1, [yield* products.raw(g.stack(kept.map(({ xs }) => xs)))], 'refill');
  const scaled = products.scaled(g.stack(kept.map(({ r }) => r)), raw);
  const [wide, v] = yield* g.open(layer, 2, scaled, 'refill');
  g.store(layer, 'keys', jobs, products.split(wide).keys);
  const [values] = yield* g.open(layer, 3, [products.lifted(v)], 'refill');
  g.store(layer, 'values', jobs, values);
  holes.fill(jobs, active, step.position);
}
