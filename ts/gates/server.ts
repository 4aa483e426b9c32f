/** The gates of one server. */
import type { Address } from '../core/address.js';
import { release } from '../core/release.js';
import type { MaskedCache } from '../kernels/load.js';
import { type BiasName, FIXED, type NormPlan, type PrefixName, type SoftmaxLevel } from '../plan/formats.js';
import type { SinesPlan } from '../plan/gate.js';
import type { Shape } from '../plan/shape.js';
import type { Lane, Multiplier, Opening, Program, RowsMultiplier, SectionPart } from '../wires/effects.js';
import { type Format, type ServerWire, sizeOf, type Words } from '../wires/wire.js';
import type { Groups, Jobs } from './attention.js';
import * as attention from './attention.js';
import { addBias } from './bias.js';
import { compareBits, compareDigits, type Comparison } from './compare.js';
import type { ServerContext } from './context.js';
import { exp, type ExpScales } from './exp.js';
import type { CacheName, Gates, Turn } from './gates.js';
import { difference } from './difference.js';
import { type Lifted, liftProduct, liftSquare } from './lift-product.js';
import { sines } from './sines.js';
import { lift, scaleLift, scaleRows, selectLift, selectScaleLift } from './lift.js';
import { octaves, windowCount, windowDigits, windowParts, windowSelect } from './windows.js';
import { arithmetic, lookUp, noise, paddedScores, rowSums } from './padding.js';
import { type Job } from './product-spec.js';
import { type Masked, product, projection, type Public, type Weights } from './product.js';
import { Region } from './region.js';
import { pickRows, stackWords } from './rows.js';
import { signTable } from './sign-table.js';
import { sumSquares } from './sum-squares.js';
import { table } from './table.js';
import { type Tables } from './tables.js';
import { narrow, truncate, view } from './truncate.js';

/** A server's weights: the same for all sessions. */
export interface ServerWeights extends Weights<
  Masked<Multiplier> | Public<Multiplier>,
  Masked<RowsMultiplier> | Public<RowsMultiplier>
> {
  /** This server's share of a bias. */
  bias(layer: number, name: BiasName): Words;
  /** A layer's cached constants: what both servers know, and this one's half of the mask. */
  prefix(layer: number, name: PrefixName): { readonly m: Words; readonly half: Words };
}

export class ServerGates implements Gates<ServerWire, Words> {
  readonly #caches: Record<CacheName, MaskedCache>[];
  readonly #region = new Region();

  constructor(
    private readonly c: ServerContext,
    private readonly shape: Shape,
    private readonly weights: ServerWeights,
    private readonly tables: Tables,
  ) {
    const cache = (): MaskedCache => new c.kernels.MaskedCache(c.party, shape.kvHeads, shape.headDim, shape.context);
    this.#caches = Array.from({ length: shape.layers }, () => ({ keys: cache(), values: cache() }));
  }

  rewind(position: number): void {
    for (const { keys, values } of this.#caches) {
      keys.truncate(position);
      values.truncate(position);
    }
  }

  /** Frees the caches. */
  free(): void {
    for (const { keys, values } of this.#caches.splice(0)) {
      keys.free();
      values.free();
    }
  }

  *correlate(step: number, layer: number, part: SectionPart): Program<void> {
    yield { kind: 'correlate', step, layer, part };
  }

  *open(
    layer: number,
    round: number,
    openings: readonly Opening<Words>[],
    lane: Lane = 'opening',
  ): Program<ServerWire[]> {
    const { kernels } = this.c;
    const prepared = openings.map(({ at, share, width, scale, rows, cols, xor = false, clear = false }) => {
      const half = clear ? new BigUint64Array(rows * cols) : this.c.half(at, rows * cols, width);
      const masked = kernels.openPacked(share, half, width, xor);
      release(share);
      const later = clear ? undefined : this.c.laterHalf(at, rows * cols, width);
      return { at, rows, cols, width, scale, xor, clear, half, later, masked };
    });
    const opened = yield { kind: 'open', lane, layer, round, openings: prepared };
    return prepared.map(({ rows, cols, width, scale, half, later }, i) => {
      return this.#held({ rows, cols, width, scale, half, later, m: opened[i] });
    });
  }

  keep(x: ServerWire): ServerWire {
    this.#region.keep(x.m, x.half);
    return x;
  }
  release(...wires: readonly ServerWire[]): void {
    for (const { m, half } of wires) this.#region.release(m, half);
  }
  endAll(except: readonly ServerWire[]): void {
    this.#region.end(except.flatMap(({ m, half }) => (half ? [m, half] : [m])));
  }
  #held(x: ServerWire): ServerWire {
    this.#region.hold(x.m, x.half);
    return x;
  }

  *beside(program: Program<void>): Program<void> {
    yield { kind: 'beside', program };
  }
  *join(): Program<void> {
    yield { kind: 'join' };
  }

  // The driver has told the dealer what both servers know since the opening.

  *reveal(_at: Address, bits: ServerWire): Program<Words> {
    return bits.m;
  }

  pick(x: ServerWire, rows: Uint32Array): ServerWire {
    const half = x.half && pickRows(x, x.half, rows);
    return this.#held({ ...x, rows: rows.length, m: pickRows(x, x.m, rows), half, later: undefined });
  }
  stack(parts: readonly ServerWire[]): ServerWire {
    if (parts.length === 1) return parts[0];
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    const m = stackWords(parts.map((part) => part.m));
    return this.#held({ ...parts[0], rows, m, half: stackWords(parts.map((part) => part.half!)), later: undefined });
  }

  view = (x: ServerWire, f: number): ServerWire => this.#held(view.server(this.c, x, f));
  truncate = (at: Address, x: ServerWire, f: number): ServerWire => this.#held(truncate.server(this.c, at, x, f));

  difference = (x: ServerWire, y: ServerWire): ServerWire => this.#held(difference.server(this.c, x, y));
  narrow = (x: ServerWire, width: number): ServerWire => this.#held(narrow.server(this.c, x, width));

  constant(format: Format, value: bigint): ServerWire {
    const none = new BigUint64Array(sizeOf(format));
    return { ...format, m: none.slice().fill(value), half: none };
  }
  sum = (a: Words, b: Words): Words => {
    const sum = this.c.kernels.addWords(a, b) as Words;
    release(a, b);
    return sum;
  };

  bias(at: Address, share: Words, name: BiasName, index: Uint32Array): Words {
    const sum = addBias(this.c.kernels, share, this.weights.bias(at.layer, name), index);
    release(share);
    return sum;
  }
  rotate(share: Words, { positions, frequencies, bits }: Turn): Words {
    const turned = this.c.kernels.rotateWords(share, positions, frequencies, bits) as Words;
    release(share);
    return turned;
  }
  plus(share: Words, x: ServerWire): Words {
    const { kernels, party } = this.c;
    const part = party === 0 ? kernels.subWords(x.m, x.half!) : kernels.negWords(x.half!);
    const sum = kernels.addWords(share, part) as Words;
    release(share, part);
    return sum;
  }

  sumSquares = (at: Address, x: ServerWire, width: number): Words => sumSquares.server(this.c, at, x, width);

  rsqrt = (at: Address, norm: NormPlan, sum: ServerWire): Words =>
    table.server(this.c, at, this.tables.rsqrt(norm), norm.w, sum, norm.kR);
  lnParts = (at: Address, z: ServerWire, width: number): Words =>
    windowParts.server(this.c, at, this.tables.ln(), FIXED.ln, z, width);
  rootParts = (at: Address, norm: NormPlan, sum: ServerWire): Words =>
    windowParts.server(this.c, at, this.tables.rootWindows(norm), windowCount(norm), sum, norm.kR);
  windowDigits = (at: Address, z: ServerWire, comparison: Comparison): Words =>
    windowDigits.server(this.c, at, z, comparison);
  windowSelect = (at: Address, digits: ServerWire, parts: ServerWire, comparison: Comparison): Words =>
    windowSelect.server(this.c, at, digits, parts, comparison);

  product = (at: Address, x: ServerWire, job: Job, width: number): Program<Words> =>
    product.server(this.c, at, x, this.weights, job, width);
  projection = (at: Address, x: ServerWire, job: Job): Program<Words> =>
    projection.server(this.c, at, x, this.weights, job);
  lift = (at: Address, x: ServerWire, f: number, width: number): Words => lift.server(this.c, at, x, f, width);
  scaleLift = (at: Address, r: ServerWire, x: ServerWire, f: number, width: number): Words =>
    scaleLift.server(this.c, at, r, x, f, width);
  liftProduct = (at: Address, x: Lifted<ServerWire>, y: Lifted<ServerWire>, width: number): Words =>
    liftProduct.server(this.c, at, x, y, width);
  liftSquare = (at: Address, x: Lifted<ServerWire>, width: number): Words => liftSquare.server(this.c, at, x, width);
  sines = (at: Address, x: ServerWire, plan: SinesPlan, width: number): Words =>
    sines.server(this.c, at, this.tables.sines(plan), x, plan, width);
  scaleRows = (at: Address, r: ServerWire, x: ServerWire, width: number): Words =>
    scaleRows.server(this.c, at, r, x, width);
  exp = (at: Address, x: ServerWire, scales: ExpScales, width: number): Words =>
    exp.server(this.c, at, x, scales, width);
  compareDigits = (at: Address, x: ServerWire, comparison: Comparison): Words =>
    compareDigits.server(this.c, at, x, comparison);
  compareBits = (at: Address, x: ServerWire, opened: ServerWire, comparison: Comparison): Words =>
    compareBits.server(this.c, at, x, opened, comparison);
  selectLift = (at: Address, bit: ServerWire, x: ServerWire, f: number, width: number): Words =>
    selectLift.server(this.c, at, bit, x, f, width);
  selectScaleLift = (at: Address, bit: ServerWire, r: ServerWire, x: ServerWire, f: number, width: number): Words =>
    selectScaleLift.server(this.c, at, bit, r, x, f, width);
  signTable = (at: Address, x: ServerWire, bits: number): Words => signTable.server(this.c, at, x, bits);

  noise = (at: Address, format: Format): ServerWire => this.#held(noise.server(this.c, at, format));
  arithmetic = (at: Address, x: ServerWire, width: number): Words => arithmetic.server(this.c, at, x, width);
  rowSums = (share: Words, rows: number): Words => rowSums(share, rows);
  lookUp = (at: Address, x: ServerWire, _values: () => Words, width: number): Words =>
    lookUp.server(this.c, at, x, width);
  paddedScores = (active: Words, chance: Words, drawn: Words): Words =>
    paddedScores(this.c.party, active, chance, drawn);

  storePrefix(layer: number, { heads, positions }: Jobs): void {
    const { keys, values } = this.#caches[layer];
    for (const [cache, name] of [
      [keys, 'prefixKeys'],
      [values, 'prefixValues'],
    ] as const) {
      const { m, half } = this.weights.prefix(layer, name);
      cache.put(heads, positions, m, half);
    }
  }
  store(layer: number, cache: CacheName, { heads, positions }: Jobs, x: ServerWire): void {
    this.#caches[layer][cache].put(heads, positions, x.m, x.half!);
  }
  scores(at: Address, q: ServerWire, groups: Groups, width: number): Words {
    const centers = this.c.kernels.negWords(this.weights.bias(at.layer, 'centers')) as Words;
    const { keys } = this.#caches[at.layer];
    return attention.scores.server(this.c, at, q, groups, keys, centers, this.shape.headDim, width);
  }
  weighted(at: Address, p: ServerWire, groups: Groups, width: number): Words {
    const { values } = this.#caches[at.layer];
    return attention.weighted.server(this.c, at, p, groups, values, this.shape.headDim, width);
  }

  sums({ m, width, scale }: ServerWire, groups: Groups): ServerWire {
    const sums = attention.sums(this.c.kernels, m, groups, width);
    return { rows: sums.length, cols: 1, width, scale, m: sums };
  }
  between(bits: Words): Words {
    return BigUint64Array.from({ length: bits.length / 2 }, (_, i) => bits[2 * i] ^ bits[2 * i + 1]);
  }
  sumScores(share: Words, groups: Groups): Words {
    const sums = attention.sums(this.c.kernels, share, groups, FIXED.z.width);
    release(share);
    return sums;
  }
  shiftScores(s: ServerWire, ln: Words, { lengths }: Groups, { shift, offset }: SoftmaxLevel): Words {
    const { kernels, party } = this.c;
    const less = party === 0 ? octaves(offset) : 0n;
    const scaled = shift === 0 && offset === 0 ? ln : ln.map((word) => (word - less) << BigInt(shift));
    return kernels.shiftScores(party, s.m, s.half!, scaled, lengths, FIXED.y.shift) as Words;
  }
}
