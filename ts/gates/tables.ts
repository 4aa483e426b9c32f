/** Function tables of a plan, computed once per kernels instance and shared by sessions. */
import type { FunctionTable, Kernels, Windows } from '../kernels/load.js';
import { FIXED, type NormPlan } from '../plan/formats.js';

export class Tables {
  readonly #rsqrt = new Map<string, FunctionTable>();
  readonly #windows = new Map<string, Windows>();
  #ln: Windows | undefined;

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

  /** The same by windows. */
  rootWindows({ f, w, t, dmin, sr, s6, windows }: NormPlan): Windows {
    const { count, step } = windows!;
    const key = [f, w, t, dmin, sr, s6, count, step].join();
    const found = this.#windows.get(key);
    if (found) return found;
    const shape = new this.kernels.WindowShape(count, f, step, w, t, dmin);
    const made = this.kernels.Windows.rsqrt(shape, sr, s6, this.width);
    this.#windows.set(key, made);
    return made;
  }

  /** ln of Z in its windows. */
  ln(): Windows {
    const { count, f, step, w, t, dmin, scale } = FIXED.ln;
    if (this.#ln) return this.#ln;
    const shape = new this.kernels.WindowShape(count, f, step, w, t, dmin);
    return (this.#ln = this.kernels.Windows.log(shape, scale, FIXED.z.scale));
  }
}
