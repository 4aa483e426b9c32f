/** The twin's predictor: docs/protocol.md section 5. */
import { nonce, OP } from '../../core/address.js';
import type { TwinPlace } from './state.js';
import type { Open, Wire } from './wires.js';
import type { Words } from './words.js';

/** The bits of section 5: outputs whose score reaches the threshold; with a budget, of neurons alone and padded. */
export function predicted(place: TwinPlace, xs: Wire, r: Wire, budget?: number): Words {
  const { wires, p, rows, layer, state } = place;
  const { kernels } = wires;
  const open = wires.openIn(layer);
  const plan = p.predictor!;
  const { down, up, maskOfUp } = state.predictor!;
  const hidden = open(OP.hidden, down.mul(xs.v, rows), plan.kHidden);
  const scaled = kernels.plainScaleRows(r.v, wires.lifted(hidden, plan.fLift));
  const input = wires.truncated(open(OP.scaledHidden, scaled, plan.kScore + plan.fHidden), plan.fHidden);
  const scale = p.sLift + p.normA.sr - plan.fHidden + plan.swUp;
  const minus = kernels.quantise(state.floats.predictor!.thresholds, scale);
  const margins = up.mul(input.v, rows).map((score, i) => score + minus[i % plan.outputs]);
  const gamma = maskOfUp.mul(input.mask, rows);
  const compared = (words: Words): Words =>
    budget === undefined ? words : words.filter((_, i) => i % plan.outputs < wires.plan.shape.ffn);
  const opened = wires.opened({ layer, op: OP.predScore }, compared(margins), plan.kScore, undefined, compared(gamma));
  const reached = kernels.plainAtLeast(wires.truncated(opened, plan.kScore - 10).v, BigUint64Array.of(0n), 10);
  const bits = budget === undefined ? reached : padded(place, reached, budget, open);
  wires.show({ layer, op: OP.predBit }, bits);
  return bits;
}

/** Section 5.1: of the neurons that are not active, those whose noise is below the chance that goes with the number of active ones. */
function padded({ wires, layer, rows }: TwinPlace, active: Words, budget: number, open: Open): Words {
  const { kernels, keys } = wires;
  const { ffn } = wires.plan.shape;
  const counts = Array.from({ length: rows }, (_, row) =>
    active.slice(row * ffn, (row + 1) * ffn).reduce((sum, bit) => sum + bit, 0n),
  );
  open(OP.padCount, BigUint64Array.from(counts), Math.ceil(Math.log2(ffn + 1)));
  const at = nonce({ step: wires.step, layer, op: OP.padNoise }, 0);
  const parts = [keys.k01, keys.k0, keys.k1].map((key) => kernels.prgWords(key, at, 0, active.length, 10));
  const scores = active.map((bit, i) => {
    const count = Number(counts[Math.floor(i / ffn)]);
    const chance = count < budget ? Math.min(1023, Math.round((1024 * (budget - count)) / (ffn - count))) : 0;
    const noise = parts[0][i] ^ parts[1][i] ^ parts[2][i];
    return 1024n * bit + BigInt(chance) - noise - 1n;
  });
  const { v } = open(OP.padScore, scores, 12);
  return kernels.plainAtLeast(v, BigUint64Array.of(0n), 12);
}
