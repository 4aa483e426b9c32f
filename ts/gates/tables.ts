/** Function tables of a plan, computed once per kernels instance and shared by sessions. */
import type { FunctionTable, Kernels, LnWindows } from '../kernels/load.js';
import { FIXED, type NormPlan } from '../plan/formats.js';

export class Tables {
  readonly #rsqrt = new Map<string, FunctionTable>();
  #ln: LnWindows | undefined;

  constructor(
    private readonly kernels: Kernels,
    private readonly width: number,
  ) {}

  /** The reciprocal root of a norm. */
  rsqrt({ f, w, t, dmin, sr, s6 }: NormPlan): FunctionTable {
    const key = [f, w, t, dmin, sr, s6].join();
    let table = this.#rsqrt.get(key);
    if (!table) this.#rsqrt.set(key, (table = this.kernels.FunctionTable.rsqrt(f, w, t, dmin, sr, s6, this.width)));
    return table;
  }

  /** ln of Z in its windows. */
  ln(): LnWindows {
    const { count, f, step, w, t, dmin, scale } = FIXED.ln;
    return (this.#ln ??= new this.kernels.LnWindows(FIXED.z.scale, count, f, step, w, t, dmin, scale));
  }
}
