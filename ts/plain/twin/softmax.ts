/** The twin's softmax: rows 8 to 12 of docs/protocol.md section 3, and the coarse levels before them (section 3.4). */
import { OP } from '../../core/address.js';
import { CELL_BITS, EXP } from '../../plan/formats.js';
import type { TwinPlace } from './state.js';
import type { Open, TwinWires, Wire } from './wires.js';
import { chosen, partsOf, signed, type Words } from './words.js';

/** Thresholds 8^i, i = 1..13. */
const SIZES = BigUint64Array.from({ length: 13 }, (_, j) => 8n ** BigInt(j + 1));

/** Attention weights of scores as they were opened. */
export function softmax(place: TwinPlace, scores: Wire, lengths: Uint32Array, open: Open): Wire {
  const { wires, p } = place;
  const { kernels } = wires;
  const { z: zCells, p: pCells } = p.expCells ?? { z: CELL_BITS, p: CELL_BITS };
  const exp1 = EXP[zCells].z;
  const width = p.softmax?.width ?? 21;
  const levels = p.softmax?.levels ?? [{ shift: 0, offset: 0, dtop: exp1.dtop }];
  let s = wires.truncated(scores, p.fS);
  for (const [i, { shift, offset, dtop }] of levels.entries()) {
    const coarse = 64 + 4 * i;
    const fine = i === levels.length - 1;
    const [zOp, partsOp, yOp] = fine ? [OP.z, OP.lnParts, OP.y] : [coarse, coarse + 2, coarse + 3];
    const t = wires.truncated(s, shift);
    const exps = kernels.plainExp(t.v, t.mask, width - shift, zCells, exp1.p, exp1.q + offset, dtop);
    const logarithm = ln(wires, open(zOp, kernels.plainSums(exps, lengths), 60), partsOp, width + 3 - shift, open);
    const less = BigInt(Math.round(offset * Math.LN2 * 2 ** 17));
    const scaled = logarithm.map((word) => (word - less) << BigInt(shift));
    s = wires.truncated(open(yOp, kernels.plainShifted(s.v, scaled, lengths), width + 3), 3);
  }
  const { p: factor, q } = p.exp2;
  const weights = kernels.plainExp(s.v, s.mask, width, pCells, factor, q, EXP[pCells].p.dtop);
  return open(OP.p, weights, p.kO);
}

/** LN of sums: window 0, then what each window adds to the one before. */
function ln(wires: TwinWires, z: Wire, partsOp: number, width: number, open: Open): Words {
  const { kernels } = wires;
  const windows = Array.from({ length: 14 }, (_, i) => kernels.plainLn(z.v, z.mask, i));
  const part = open(partsOp, partsOf(windows), width).v;
  const reached = kernels.plainAtLeast(wires.truncated(z, 18).v, SIZES, 42);
  return signed(chosen(part, reached, 14), width);
}
