/** Function tables of a plan, computed once per kernels instance and shared by sessions. */
import type { FunctionTable, Kernels, NormFunction, Sines, Windows } from '../kernels/load.js';
import { FIXED, type NormPlan } from '../plan/formats.js';
import type { SinesPlan } from '../plan/gate.js';

export class Tables {
  readonly #rsqrt = new Map<string, FunctionTable>();
  readonly #windows = new Map<string, Windows>();
  readonly #sines = new Map<string, Sines>();
  #ln: Windows | undefined;

  constructor(
    private readonly kernels: Kernels,
    private readonly width: number,
  ) {}

  /** The reciprocal root of a norm, or what its plan says instead. */
  rsqrt(norm: NormPlan): FunctionTable {
    const { f, w, t, dmin, sr } = norm;
    return kept(this.#rsqrt, [f, w, t, dmin, sr, ...ofNorm(norm)], () =>
      this.kernels.FunctionTable.norm(f, w, t, dmin, sr, this.#function(norm)),
    );
  }

  /** The same by windows. */
  rootWindows(norm: NormPlan): Windows {
    const { f, w, t, dmin, sr } = norm;
    const { count, step } = norm.windows!;
    return kept(this.#windows, [f, w, t, dmin, sr, count, step, ...ofNorm(norm)], () =>
      this.kernels.Windows.norm(new this.kernels.WindowShape(count, f, step, w, t, dmin), sr, this.#function(norm)),
    );
  }

  /** The sines of a gate. */
  sines({ gate, width, scale, count, publicBits, dealtBits }: SinesPlan): Sines {
    return kept(
      this.#sines,
      [gate, width, scale, count, publicBits, dealtBits],
      () => new this.kernels.Sines(gate, width, scale, count, publicBits, dealtBits),
    );
  }

  #function(norm: NormPlan): NormFunction {
    const [s6, eps, power, factor] = ofNorm(norm);
    return new this.kernels.NormFunction(s6, this.width, eps, power, factor);
  }

  /** ln of Z in its windows. */
  ln(): Windows {
    const { count, f, step, w, t, dmin, scale } = FIXED.ln;
    if (this.#ln) return this.#ln;
    const shape = new this.kernels.WindowShape(count, f, step, w, t, dmin);
    return (this.#ln = this.kernels.Windows.log(shape, scale, FIXED.z.scale));
  }
}

/** What a norm's table is a function of, and which. */
const ofNorm = ({ s6, eps, power, factor = 1 }: NormPlan) => [s6, eps, power ?? -1, factor] as const;

/** What is kept under a key, made where there is nothing yet. */
function kept<T>(all: Map<string, T>, key: readonly unknown[], make: () => T): T {
  const name = key.join();
  let found = all.get(name);
  if (found === undefined) all.set(name, (found = make()));
  return found;
}
