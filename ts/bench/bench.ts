/** `comet bench`: kernels, gates, tokens, caches, and several sessions at once. */
import { CometError } from '../core/errors.js';
import { loadKernels } from '../kernels/load.js';
import { shapeOf } from '../plan/shapes.js';
import { benchCache, type CacheReport } from './cache.js';
import { benchGates, type GateReport } from './gates.js';
import { benchKernels, type KernelReport } from './kernels.js';
import { BenchName, BenchOptions, requireMeaningful } from './options.js';
import { benchSessions, type SessionsReport } from './sessions.js';
import { benchTokens, type TokenReport } from './tokens.js';

/** The parts that were asked for. */
export interface BenchReport {
  readonly kernels?: KernelReport;
  readonly gates?: GateReport;
  readonly tokens?: TokenReport;
  readonly cache?: CacheReport;
  readonly sessions?: SessionsReport;
}

/** Measures on this machine. @throws CometError E_ARGUMENT, E_ABORTED. */
export async function runBench(names: readonly BenchName[], options: BenchOptions): Promise<BenchReport> {
  const { shape, layers = 1, context = 33, profile = true, seconds, signal, onProgress } = options;
  const { sessions = [1, 8], roundTripSeconds = 0, variant } = options;
  requireMeaningful(names, options);
  if (shape !== undefined) shapeOf(shape); // before anything is measured
  if (!(context >= 1 && context <= 65)) throw new CometError('E_ARGUMENT', 'the context must be between 1 and 65');
  const stage = (name: string) => (done: number, total: number) => onProgress?.(name, done, total);
  const timing = (name: string, share: number) => ({ seconds: seconds ?? share, signal, onDone: stage(name) });
  const gates = { shape: shape ?? 'opt-125m', context, variant, ...timing('gates', 0.1) };
  return {
    ...(names.includes('kernels') && { kernels: await benchKernels(await loadKernels(), timing('kernels', 0.6)) }),
    ...(names.includes('gates') && { gates: await benchGates(await loadKernels(), gates) }),
    ...(names.includes('tokens') && {
      tokens: await benchTokens({ ...options, layers, profile, onStage: onProgress }),
    }),
    ...(names.includes('cache') && {
      cache: await benchCache({ ...options, onStage: onProgress }),
    }),
    ...(names.includes('sessions') && {
      sessions: await benchSessions({ ...options, layers, sessions, roundTripSeconds, onStage: onProgress }),
    }),
  };
}
