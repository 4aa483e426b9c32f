/** `comet bench`: kernels, gates, tokens, caches, and several sessions at once. */
import { CometError } from '../core/errors.js';
import { loadKernels } from '../kernels/load.js';
import type { VariantName } from '../model/variants.js';
import { benchCache, type CacheReport } from './cache.js';
import { benchGates, type GateReport } from './gates.js';
import { benchKernels, type KernelReport } from './kernels.js';
import { requireMeaningful } from './options.js';
import { benchSessions, type SessionsReport } from './sessions.js';
import { requireShape } from './subject.js';
import { benchTokens, type TokenReport } from './tokens.js';

/** What is measured where nothing is named; the others take minutes. */
export const BENCHES = ['kernels', 'gates', 'tokens'] as const;
export type BenchName = (typeof BENCHES)[number] | 'cache' | 'sessions';

export interface BenchOptions {
  /** Seconds spent on each kernel and on each side of a gate: 0.6 and 0.1 unless given. */
  readonly seconds?: number;
  /** tokens, sessions, cache: a checkpoint folder; the model that comes with comet unless given. */
  readonly model?: string;
  /** cache: what is continued. */
  readonly prompt?: string;
  /** gates, tokens, sessions: random weights of a known shape, cache: of its layer; gates and cache run opt-125m unless given. */
  readonly shape?: string;
  /** tokens, sessions, with `shape`: 1 unless given. */
  readonly layers?: number;
  /** gates: positions attended to, 33 unless given. */
  readonly context?: number;
  /** tokens, sessions: 24 unless given; cache: 128. */
  readonly tokens?: number;
  /** cache: vectors of a layer that may be computed before a head needs them. */
  readonly prefetch?: number;
  /** tokens: whether to run once more for a profile; true unless given. */
  readonly profile?: boolean;
  /** sessions: numbers of sessions at once, each measured; 1 and 8 unless given. */
  readonly sessions?: readonly number[];
  /** sessions: added to every message and its answer; none unless given. */
  readonly roundTripSeconds?: number;
  /** tokens, sessions: everything, also where the model has predictors. */
  readonly dense?: boolean;
  /** gates, tokens, sessions: of the program; `digits` unless given. */
  readonly variant?: VariantName;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

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
  const { shape, layers = 1, context = 33, tokens = 24, profile = true, seconds, signal, onProgress } = options;
  const { sessions = [1, 8], roundTripSeconds = 0, variant } = options;
  requireMeaningful(names, options);
  if (shape !== undefined) requireShape(shape);
  if (!(context >= 1 && context <= 65)) throw new CometError('E_ARGUMENT', 'the context must be between 1 and 65');
  const stage = (name: string) => (done: number, total: number) => onProgress?.(name, done, total);
  const timing = (name: string, share: number) => ({ seconds: seconds ?? share, signal, onDone: stage(name) });
  const gates = { shape: shape ?? 'opt-125m', context, variant, ...timing('gates', 0.1) };
  return {
    ...(names.includes('kernels') && { kernels: await benchKernels(await loadKernels(), timing('kernels', 0.6)) }),
    ...(names.includes('gates') && { gates: await benchGates(await loadKernels(), gates) }),
    ...(names.includes('tokens') && {
      tokens: await benchTokens({ ...options, layers, tokens, profile, onStage: onProgress }),
    }),
    ...(names.includes('cache') && {
      cache: await benchCache({ ...options, tokens: options.tokens ?? 128, onStage: onProgress }),
    }),
    ...(names.includes('sessions') && {
      sessions: await benchSessions({ ...options, layers, tokens, sessions, roundTripSeconds, onStage: onProgress }),
    }),
  };
}
