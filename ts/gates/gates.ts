/**
 * The gates as a decoder program sees them. Three implementations walk the same program: a server computes shares, the dealer computes
 * correlations, the ledger adds up costs. `W` is what the party holds of a wire, `S` what it holds of a share.
 */
import type { Address } from '../core/address.js';
import type { BiasName, NormPlan, SoftmaxLevel } from '../plan/formats.js';
import type { SinesPlan } from '../plan/gate.js';
import type { Lane, Opening, Program, SectionPart } from '../wires/effects.js';
import type { Format, Words } from '../wires/wire.js';
import type { Groups, Jobs } from './attention.js';
import type { Comparison } from './compare.js';
import type { ExpScales } from './exp.js';
import type { Lifted } from './lift-product.js';
import type { Job } from './product-spec.js';

/** How rows of one head each are rotated: `bits` is how much finer they are then. */
export interface Turn {
  readonly positions: Uint32Array;
  readonly frequencies: Float32Array;
  readonly bits: number;
}

/** Which cache of a layer. */
export type CacheName = 'keys' | 'values';

export interface Gates<W extends Format, S> {
  /** Forgets cached positions from `position` on. */
  rewind(position: number): void;
  /** Waits for the correlations of one part of (step, layer). */
  correlate(step: number, layer: number, part: SectionPart): Program<void>;
  /** One round: opens shares as wires. The lane is that of the layer's rounds unless given. */
  open(layer: number, round: number, openings: readonly Opening<S>[], lane?: Lane): Program<W[]>;
  /** Ends the life of wires that nothing reads any more. */
  release(...wires: readonly W[]): void;
  /** The same wire, which lives on when those of its layer end. */
  keep(x: W): W;
  /** Ends the life of all wires that were made since the last time and are not kept, but of these. */
  endAll(except: readonly W[]): void;
  /** Begins a program that servers go on with while rounds are in flight; nothing else may be beside. */
  beside(program: Program<void>): Program<void>;
  /** Ends what was begun beside. */
  join(): Program<void>;

  /** The bits of a wire that was opened in the clear: `at` is its address. */
  reveal(at: Address, bits: W): Program<Words>;

  /** Rows of a wire, in the given order; halves included where there are. */
  pick(x: W, rows: Uint32Array): W;
  /** The rows of several wires of one format, at least one, halves included. */
  stack(parts: readonly W[]): W;
  /** Truncate-reduce without halves. */
  view(x: W, f: number): W;
  /** Truncate-reduce with halves. */
  truncate(at: Address, x: W, f: number): W;
  /** The difference of two wires of one format; no halves. */
  difference(x: W, y: W): W;
  /** The same wire in a narrower ring, which its value must fit; no halves. */
  narrow(x: W, width: number): W;
  /** A wire of one public value everywhere, at most as wide as its width: `rows x 1`, under no mask. */
  constant(format: Format, value: bigint): W;
  /** The share of a sum. */
  sum(a: S, b: S): S;
  /** The share of rows of one head each, turned by their positions. */
  rotate(share: S, turn: Turn): S;
  /** The share `share + x`. */
  plus(share: S, x: W): S;
  /** The share `share + b`, with element `index[i]` of a secret static bias for element i. */
  bias(at: Address, share: S, name: BiasName, index: Uint32Array): S;

  sumSquares(at: Address, x: W, width: number): S;
  rsqrt(at: Address, norm: NormPlan, sum: W): S;
  /** What each window of ln adds to the one before. */
  lnParts(at: Address, z: W, width: number): S;
  /** What each window of a norm's root adds to the one before. */
  rootParts(at: Address, norm: NormPlan, sum: W): S;
  /** The bits of `z < threshold` for every threshold, in windows. */
  windowDigits(at: Address, z: W, comparison: Comparison): S;
  /** The sum of those parts whose threshold is reached. */
  windowSelect(at: Address, digits: W, parts: W, comparison: Comparison): S;
  /** A product with secret static weights. */
  product(at: Address, x: W, job: Job, width: number): Program<S>;
  /** The same for a wire, opened at `at`, that only tables and comparisons use: no correlation. */
  projection(at: Address, x: W, job: Job): Program<S>;
  lift(at: Address, x: W, f: number, width: number): S;
  scaleLift(at: Address, r: W, x: W, f: number, width: number): S;
  /** `(lift(x) + plus) * lift(y)`. */
  liftProduct(at: Address, x: Lifted<W>, y: Lifted<W>, width: number): S;
  /** `lift(x)^2`. */
  liftSquare(at: Address, x: Lifted<W>, width: number): S;
  /** A gate less a half, as a sum of sines. */
  sines(at: Address, x: W, plan: SinesPlan, width: number): S;
  scaleRows(at: Address, r: W, x: W, width: number): S;
  exp(at: Address, x: W, scales: ExpScales, width: number): S;
  compareDigits(at: Address, x: W, comparison: Comparison): S;
  compareBits(at: Address, x: W, opened: W, comparison: Comparison): S;
  /** `bit * lift(x)` in one product. */
  selectLift(at: Address, bit: W, x: W, f: number, width: number): S;
  /** `bit * r * lift(x)` in one product. */
  selectScaleLift(at: Address, bit: W, r: W, x: W, f: number, width: number): S;
  /** Whether x is at least zero, by one table of its top bits. */
  signTable(at: Address, x: W, bits: number): S;

  /** A uniform wire under a XOR mask: nobody knows its value. */
  noise(at: Address, format: Format): W;
  /** The value of a wire under a XOR mask, modulo `2^width`. */
  arithmetic(at: Address, x: W, width: number): S;
  rowSums(share: S, rows: number): S;
  /** `values()[x]`, of as many values as x can have; only the dealer makes them. */
  lookUp(at: Address, x: W, values: () => Words, width: number): S;
  /** At least zero where an element is active or its noise is below the chance of its row (padding.ts). */
  paddedScores(active: S, chance: S, noise: S): S;

  /** Caches the keys and values of a layer's prefix, whose heads and positions `jobs` are. Once a session, before anything else is cached. */
  storePrefix(layer: number, jobs: Jobs): void;
  /** Caches the vectors of `x`, `jobs x headDim`. */
  store(layer: number, cache: CacheName, jobs: Jobs, x: W): void;
  /** `q K` less the heads' centres, (group, position); `q` is `groups x headDim`. */
  scores(at: Address, q: W, groups: Groups, width: number): S;
  /** `p V`, `groups x headDim`. */
  weighted(at: Address, p: W, groups: Groups, width: number): S;
  /** The wire of the sums over positions, one a group, without halves. */
  sums(x: W, groups: Groups): W;
  /** Of XOR-shared bits in pairs, first at least as large as second: the bit that is 1 where only the first is. */
  between(bits: S): S;
  /** Sums over positions, one a group. */
  sumScores(share: S, groups: Groups): S;
  /** `2^3 s - T (ln - offset ln 2)`, `T = 2^shift`, the latter one a group, spread over positions. */
  shiftScores(s: W, ln: S, groups: Groups, level: Pick<SoftmaxLevel, 'shift' | 'offset'>): S;
}
