/** What things cost on this machine: layers, the time of each party, kernels, gates, tokens. */
import type { BenchReport } from '../bench/bench.js';
import type { BenchName, BenchOptions as BenchSettings } from '../bench/options.js';
import { checkTogether } from '../client/mode-rules.js';
import { CometError } from '../core/errors.js';
import { loadKernels } from '../kernels/load.js';
import { requireWritable, writeWhole } from '../provision/node/io.js';
import type { TraceReport, TraceOptions as TraceSettings } from '../trace/run.js';
import type { CostOptions as CostSettings } from '../verify/cost-options.js';
import type { CostReport } from '../verify/cost-report.js';
import { checkArguments } from './arguments.js';
import { type CallOptions, memoryOf, type ProgressEvent, progressTo, workOf } from './call.js';

/** Options of {@link measureCost}. */
export type CostOptions = Omit<CostSettings, 'onProgress'> & { readonly onEvent?: (event: ProgressEvent) => void };

/** Measures what one decoder layer costs, with synthetic weights through the real parties. */
export async function measureCost(options: CostOptions): Promise<CostReport> {
  checkArguments('measureCost', options);
  const { measureCost: measure } = await import('../verify/cost.js');
  return measure(await loadKernels(), { ...options, onProgress: progressTo(options.onEvent) });
}

/** Options of {@link trace}. */
export interface TraceOptions extends CallOptions, Partial<Omit<TraceSettings, 'memory' | 'onStage' | 'onNotice'>> {
  /**
   * Where the trace goes: a file that chrome://tracing and Perfetto load. What was there is
   * replaced.
   */
  readonly output: string;
}

/**
 * Generates with all roles on this machine and writes a timeline of what each did: names, sizes and
 * times, no values. Two tokens or more (4 unless given).
 * @throws CometError E_ARGUMENT, E_IO where the file cannot be written, and as {@link generate}.
 */
export async function trace(options: TraceOptions): Promise<TraceReport> {
  checkArguments('trace', options);
  if (options.layers !== undefined && options.shape === undefined)
    throw new CometError('E_ARGUMENT', 'a number of layers belongs to a shape: a model has its own');
  checkTogether(options);
  const { output, onEvent } = options;
  await requireWritable(output);
  const { layers = 1, roundTripSeconds = 0 } = options;
  const memory = memoryOf(options);
  const settings = { ...options, layers, roundTripSeconds, memory };
  const { onProgress: onStage, onNotice } = workOf({ signal: options.signal, onEvent });
  const { traceRun } = await import('../trace/run.js');
  const { file, report } = await traceRun({ ...settings, onStage, onNotice });
  await writeWhole(output, JSON.stringify(file));
  return report;
}

/** Options of {@link bench}. */
export type BenchOptions = Omit<BenchSettings, 'onProgress' | 'onNotice'> & CallOptions;

/**
 * Measures this machine: kernels against its own limits, every gate alone, tokens a second with all
 * roles here. All three unless named. Figures are of this process while it runs: whatever else the
 * machine does slows them down.
 */
export async function bench(what?: BenchName, { onEvent, ...options }: BenchOptions = {}): Promise<BenchReport> {
  const [{ runBench }, { BENCHES }] = await Promise.all([import('../bench/bench.js'), import('../bench/options.js')]);
  return runBench(what ? [what] : BENCHES, { ...options, ...workOf({ ...options, onEvent }) });
}
