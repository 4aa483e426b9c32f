/**
 * The kernels: pkg/, instantiated once per realm. Every export throws {@link CometError}s.
 */
import * as bindings from '../../pkg/comet_kernels.js';
import { CometError } from '../core/errors.js';
import { failureOf } from './errors.js';
import { type MeterCalls, withMeteredExports } from './metered.js';
import { kernelsModule } from './source.js';
import { throwingTyped } from './throwing.js';

/** What the artefact exports: see pkg/comet_kernels.d.ts. */
export type Kernels = Omit<typeof bindings, 'default' | 'initSync'>;
/** The classes' types, by their names in the artefact. */
export type * from '../../pkg/comet_kernels.js';

let loading: Promise<Kernels> | undefined;
let loaded: Kernels | undefined;

/**
 * The kernels of this realm; compiled and instantiated by the first call, which may have them metered.
 * @throws CometError `E_UNSUPPORTED` where the runtime has no WebAssembly SIMD, `E_IO` when the artefact is missing.
 */
export function loadKernels(meter?: MeterCalls): Promise<Kernels> {
  const init = (module: WebAssembly.Module): Kernels => initKernels(module, meter);
  loading ??= kernelsModule().then(init, (cause: unknown) => {
    loading = undefined;
    throw unloadable(cause);
  });
  return loading;
}

/** The kernels of this realm from an already compiled module: for workers, and where nothing can be compiled. */
export function initKernels(module: WebAssembly.Module, meter?: MeterCalls): Kernels {
  if (loaded === undefined) {
    const instantiate = () => bindings.initSync({ module });
    const { memory } = meter ? withMeteredExports(meter, instantiate) : instantiate();
    const failed = (error: unknown): CometError => failureOf(error, memory.buffer.byteLength);
    loaded = throwingTyped<Kernels>(bindings, failed, meter && ((call) => meter('crossing', call)));
  }
  return loaded;
}

function unloadable(cause: unknown): CometError {
  // By name: the class may be another realm's.
  if ((cause as Error).name === 'CompileError') {
    return new CometError(
      'E_UNSUPPORTED',
      'this runtime has no WebAssembly SIMD: use Node 20 or newer, or a current browser',
      { cause },
    );
  }
  return new CometError('E_IO', `the kernels' WebAssembly could not be read: ${(cause as Error).message}`, { cause });
}
