/**
 * The reciprocal root of a norm (docs/protocol.md section 2, RSQRT): a share, by one table; or, where the norm's range
 * is too wide for one, by windows, of which comparisons choose one: a round more.
 */
import type { Address } from '../core/address.js';
import { type Comparison, openedBits } from '../gates/compare.js';
import type { Gates } from '../gates/gates.js';
import type { NormPlan, RootWindows } from '../plan/formats.js';
import type { Opening, Program } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';

/** Operations: the root, and of windows the bits of comparisons and what each window adds to the one before. */
export interface RootOps {
  readonly r: number;
  readonly digits: number;
  readonly parts: number;
}

/** What a root is computed from. */
export interface Root<W extends Format, S> {
  readonly g: Gates<W, S>;
  readonly at: (op: number) => Address;
  readonly ops: RootOps;
  readonly norm: NormPlan;
  /** The opened sum of squares, `rows x 1`. */
  readonly sum: W;
}

/** Where the windows after the first begin, in units of the wire that is compared. */
const comparison = ({ count, step, digits }: RootWindows): Comparison => ({
  thresholds: BigUint64Array.from({ length: count - 1 }, (_, i) => 1n << BigInt(step * (i + 1))),
  digits: Uint8Array.from(digits),
});

/** The share of `r`; `open` opens one round. */
export function* rootShare<W extends Format, S>(
  { g, at, ops, norm, sum }: Root<W, S>,
  open: (...openings: readonly Opening<S>[]) => Program<W[]>,
): Program<S> {
  const { windows } = norm;
  if (!windows) return g.rsqrt(at(ops.r), norm, sum);
  const sizes = comparison(windows);
  const { rows } = sum;
  const bits = g.windowDigits(at(ops.digits), g.view(sum, windows.shift), sizes);
  const parts = g.rootParts(at(ops.parts), norm, sum);
  const of = { rows, scale: norm.sr };
  const [digits, added] = yield* open(
    { ...of, at: at(ops.digits), share: bits, cols: windows.count - 1, scale: 0, width: openedBits(sizes), xor: true },
    { ...of, at: at(ops.parts), share: parts, cols: windows.count, width: norm.kR },
  );
  return g.windowSelect(at(ops.r), digits, added, sizes);
}
