/** Times of one call, by tinybench. */
import { Bench } from 'tinybench';
import { CometError } from '../core/errors.js';

/** Seconds of one call. */
export interface Timing {
  /** Of the fastest call: what the code can do where nothing disturbs it. Ratios are taken of these. */
  readonly best: number;
  readonly median: number;
  readonly calls: number;
}

/** Something to time; prepares nothing that a call uses up. */
export type Subject = () => unknown;

export interface TimingOptions {
  /** Seconds spent on each subject, warm-up apart. */
  readonly seconds: number;
  readonly signal?: AbortSignal;
  readonly onDone?: (done: number, total: number) => void;
}

/** Times subjects are measured one after the other, over and over, so that a load that comes and goes meets all of them. */
const PASSES = 3;

/** Times each subject. @throws CometError E_ABORTED by the signal, and whatever a subject throws. */
export async function timeAll(
  subjects: Readonly<Record<string, Subject>>,
  { seconds, signal, onDone }: TimingOptions,
): Promise<Record<string, Timing>> {
  const names = Object.keys(subjects);
  const timings: Record<string, Timing[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let pass = 0; pass < PASSES; pass++) {
    for (const [i, name] of names.entries()) {
      if (signal?.aborted) throw new CometError('E_ABORTED', 'the benchmark was stopped');
      timings[name].push(await timeOne(name, subjects[name], seconds / PASSES));
      onDone?.(pass * names.length + i + 1, PASSES * names.length);
    }
  }
  return Object.fromEntries(names.map((name) => [name, joined(timings[name])]));
}

async function timeOne(name: string, run: Subject, seconds: number): Promise<Timing> {
  const bench = new Bench({
    time: 1000 * seconds,
    iterations: 3,
    warmupTime: 200 * seconds,
    warmupIterations: 2,
    throws: true,
  });
  await bench.add(name, run).run();
  const { result } = bench.tasks[0];
  if (result.state !== 'completed') throw new CometError('E_INTERNAL', `the benchmark of ${name} did not finish`);
  const { min, p50, samplesCount } = result.latency;
  return { best: min / 1000, median: p50 / 1000, calls: samplesCount };
}

/** The best of all passes, and the middle one of their medians. */
function joined(passes: readonly Timing[]): Timing {
  const medians = passes.map(({ median }) => median).sort((a, b) => a - b);
  return {
    best: Math.min(...passes.map(({ best }) => best)),
    median: medians[Math.floor(medians.length / 2)],
    calls: passes.reduce((sum, { calls }) => sum + calls, 0),
  };
}

/** A bound that a benchmark checks. */
export interface Target {
  readonly name: string;
  readonly value: number;
  /** What `value` should reach, or stay below. */
  readonly bound: number;
  readonly sense: 'at least' | 'at most';
  readonly met: boolean;
}

export const atLeast = (name: string, value: number, bound: number): Target => ({
  name,
  value,
  bound,
  sense: 'at least',
  met: value >= bound,
});

export const atMost = (name: string, value: number, bound: number): Target => ({
  name,
  value,
  bound,
  sense: 'at most',
  met: value <= bound,
});
