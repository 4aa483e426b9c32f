/** The twin's feed-forward half: rows 16 to 23 of docs/protocol.md section 3. */
import { OP } from '../../core/address.js';
import { biased, type TwinPlace } from './state.js';
import { derived, type NormOps, type Wire } from './wires.js';
import { everyRow, type Pairs, pick, type Words } from './words.js';

const NORM_B: NormOps = { sum: OP.sumB, r: OP.rB, parts: OP.rBParts };

/** Rows 16 to 23, for some pairs (row, neuron); with `exact` for those of them that are not negative. */
export function feedForward(place: TwinPlace, x1: Wire, pairs: Pairs, exact: boolean): Wire {
  const { wires, layer, p, rows, state } = place;
  const { plan, kernels } = wires;
  const { ffn, width: d } = plan.shape;
  const { matrices } = state;
  const open = wires.openIn(layer);
  const reducible = (p.fused || exact) && plan.wx + p.fUh <= 64 && plan.wx + p.fUh >= p.kUh;
  const uhWidth = reducible ? plan.wx + p.fUh : p.kUh;
  const r = wires.norm(x1, { ...p.normB, kR: Math.max(p.normB.kR, uhWidth) }, rows, NORM_B, open);
  const all = matrices.up.mul(wires.truncated(x1, p.normB.fx).v, rows);
  const placeOf = ([row, neuron]: Pairs[number]): number => row * ffn + neuron;
  let u = open(OP.up, pick(all, pairs.map(placeOf)), p.kU);
  if (exact && !p.bias) {
    const signs = positive(place, u);
    pairs = pairs.filter((_, i) => signs[i] === 1n);
    u = derived(u, signs);
  }
  const rOf = pick(r.v, pairs.map(([row]) => row)); // prettier-ignore
  const neurons = pairs.map(([, neuron]) => neuron);
  const scaled = biased(place, 'up', kernels.plainScaleRows(rOf, wires.lifted(u, p.fLiftU)), neurons);
  const fused = p.fused === true && !p.bias && !exact;
  const bits = fused ? positive(place, u) : undefined;
  const product = bits ? scaled.map((value, i) => value * bits[i]) : scaled;
  const uh = open(OP.uh, product, uhWidth);
  let lifted = reducible ? wires.truncated(uh, p.fUh).v : wires.lifted(uh, p.fUh);
  if (!fused && (!exact || p.bias)) {
    const signs = positive(place, p.bias ? wires.reduced(uh, p.kUh) : u);
    const chosen = (_: unknown, i: number): boolean => signs[i] === 1n;
    if (exact) {
      pairs = pairs.filter(chosen);
      lifted = lifted.filter(chosen);
    } else lifted = lifted.map((value, i) => value * signs[i]);
  }
  const a = reducible ? lifted : open(OP.relu, lifted, plan.wx).v;
  const spread = new BigUint64Array(rows * ffn);
  for (const [i, pair] of pairs.entries()) spread[placeOf(pair)] = a[i];
  const n =
    p.postNorm &&
    wires.normed(x1, r, { op: OP.nB, lift: OP.nBLift, f: p.postNorm.fB, sLift: p.sLiftU, narrow: p.postNorm.kB }, open);
  const residual = n ? state.skip!.b.mul(n.v, rows) : x1.v;
  const x2 = wires.sum(residual, matrices.down.mul(spread, rows));
  return open(OP.x2, biased(place, 'down', x2, everyRow(rows, d)), plan.wx);
}

/** Whether values are at least zero: in the top bits of their wire, 16 unless the plan says digits, or by SGN. */
export function positive({ wires, layer, p: { signTable, signDigits = [15] } }: TwinPlace, wire: Wire): Words {
  let compared = wire;
  if (signTable) {
    const { v, mask, width } = wires.reduced(wire, signTable.width);
    const half = 2n ** BigInt(width - signTable.bits - 1);
    compared = { v: v.map((value) => value - half), mask, width };
  }
  const width = signTable?.bits ?? signDigits.reduce((sum, digit) => sum + digit, 1);
  const top = wires.truncated(compared, compared.width - width);
  const bits = wires.kernels.plainAtLeast(top.v, BigUint64Array.of(0n), width);
  wires.show({ layer, op: OP.signBit }, bits);
  return bits;
}
