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

/** A function of one sum: where it is opened, and what of. */
export interface RootFunction {
  readonly r: number;
  readonly parts: number;
  readonly norm: NormPlan;
}

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
export function* rootShare<W extends Format, S>({ ops, norm, ...root }: Root<W, S>, open: OpenRound<W, S>): Program<S> {
  const [share] = yield* rootShares({ ...root, digits: ops.digits }, [{ ...ops, norm }], open);
  return share;
}

type OpenRound<W, S> = (...openings: readonly Opening<S>[]) => Program<W[]>;

/** Shares of several functions of one sum, at least one, whose norms differ in nothing else; windows are chosen once for all. */
export function* rootShares<W extends Format, S>(
  { g, at, digits: op, sum }: Pick<Root<W, S>, 'g' | 'at' | 'sum'> & Pick<RootOps, 'digits'>,
  functions: readonly RootFunction[],
  open: OpenRound<W, S>,
): Program<S[]> {
  const { windows } = functions[0].norm;
  if (!windows) return functions.map(({ r, norm }) => g.rsqrt(at(r), norm, sum));
  const sizes = comparison(windows);
  const { rows } = sum;
  const bits = g.windowDigits(at(op), g.view(sum, windows.shift), sizes);
  const shares = functions.map(({ parts, norm }) => g.rootParts(at(parts), norm, sum));
  const [digits, ...parts] = yield* open(
    { rows, at: at(op), share: bits, cols: windows.count - 1, scale: 0, width: openedBits(sizes), xor: true },
    ...functions.map(({ parts: at_, norm: { sr, kR } }, i) => ({
      ...{ rows, at: at(at_), share: shares[i], cols: windows.count, scale: sr, width: kR },
    })),
  );
  return functions.map(({ r }, i) => g.windowSelect(at(r), digits, parts[i], sizes));
}
