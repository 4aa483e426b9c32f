/** `comet trace`: one session with all roles on this machine, every party recorded. */
import { requireTokens } from '../bench/continued.js';
import { folderSubject, type Subject, syntheticSubject } from '../bench/subject.js';
import { checkOutline } from '../client/mode-rules.js';
import { greedy } from '../client/sampling.js';
import { ClientSession } from '../client/session.js';
import { prefillSteps } from '../cost/prefill.js';
import { observedSession } from '../observe/observer.js';
import { Recorder } from '../observe/recorder.js';
import { EmbeddedParties } from '../parties/embedded.js';
import { HOSTED } from '../parties/hosted.js';
import type { AnnouncedStep } from '../plan/announced-step.js';
import { epochPolicy } from '../plan/epoch.js';
import { shapeOf } from '../plan/shapes.js';
import type { VariantName } from '../plan/variants.js';
import type { MemoryOptions } from '../provision/node/machine.js';
import type { OnNotice } from '../provision/node/texts.js';
import type { TraceFile } from './events.js';
import { summariseTrace, type TraceSummary } from './summary.js';
import { type Records, timeline } from './timeline.js';

/** Tokens generated unless told otherwise. */
const TOKENS = 4;

export interface TraceOptions {
  /** A checkpoint folder; the model that comes with comet unless given. */
  readonly model?: string;
  /** Random weights of this shape instead, which run dense; the prompt is 32 tokens. */
  readonly shape?: string;
  /** With `shape`. */
  readonly layers: number;
  /** Of our own unless given, as much of it as the context leaves room for. */
  readonly prompt?: string;
  /** Tokens generated, two or more: the first comes from the prompt. 4, or fewer where the context is short, unless given. */
  readonly maxTokens?: number;
  readonly dense?: boolean;
  /** How each layer is computed, a letter each, as `generate` takes it. */
  readonly modes?: string;
  /** Of the program; `digits` unless given. */
  readonly variant?: VariantName;
  /** Begin another epoch after so many tokens. */
  readonly epochTokens?: number;
  /** Time there and back between any two parties, added to each message. */
  readonly roundTripSeconds: number;
  readonly memory?: MemoryOptions;
  readonly signal?: AbortSignal;
  readonly onStage?: (stage: string, done: number, total: number) => void;
  readonly onNotice?: OnNotice;
}

/** What was run, and what the trace tells of it. */
export interface TraceReport extends TraceSummary {
  readonly model: string;
  readonly mode: 'sparse' | 'dense';
  readonly promptTokens: number;
  readonly roundTripSeconds: number;
  /** In the file. */
  readonly events: number;
}

/** Generates greedily and records. @throws CometError as `generate`, and E_ARGUMENT for fewer than two tokens. */
export async function traceRun(options: TraceOptions): Promise<{ file: TraceFile; report: TraceReport }> {
  const { roundTripSeconds, onStage = () => {} } = options;
  requireTokens(options.maxTokens ?? 2, 2);
  onStage('preparing', 0, 1);
  const subject = await subjectOf(options);
  requireTokens(subject.tokens, 2);
  onStage('preparing', 1, 1);
  const oneWayMs = 500 * roundTripSeconds;
  const { records, layers, steps, mode } = await record(subject, options, oneWayMs);
  const { name: model, prompt } = subject;
  const traced = steps.map(({ rows, position }) => ({ rows, position, prompt: position < prompt.length }));
  const traceEvents = timeline(records, { layers, steps: traced, oneWayMs });
  const told = { model, mode, promptTokens: prompt.length, roundTripSeconds };
  return {
    file: { traceEvents, displayTimeUnit: 'ms', otherData: told },
    report: { ...told, events: traceEvents.length, ...summariseTrace(traceEvents) },
  };
}

function subjectOf(options: TraceOptions): Promise<Subject> {
  const { model, shape, layers, prompt, maxTokens: tokens, dense, modes, epochTokens, variant, memory } = options;
  const { signal, onStage: onProgress, onNotice } = options;
  if (shape !== undefined) {
    shapeOf(shape); // before anything is made
    checkOutline(layers, false, { dense, modes, epochTokens });
    return syntheticSubject(shape, layers, tokens ?? TOKENS, { variant, signal });
  }
  return folderSubject(model, {
    continued: { prompt, tokens, usualTokens: TOKENS, option: '--max-tokens' },
    ...{ variant, signal, onProgress, onNotice },
    memory: { ...memory, epochs: epochTokens === undefined ? 0 : 1 },
    onOutline: ({ shape: { layers: all }, predictors }) => checkOutline(all, predictors, { dense, modes, epochTokens }),
  });
}

/** Runs the session. All steps are announced at once, as a generation does, so the dealer runs ahead as far as it can. */
async function record(subject: Subject, options: TraceOptions, oneWayMs: number) {
  const { dense, modes, epochTokens, signal, onStage = () => {} } = options;
  const owner = subject.provision();
  const parties = await EmbeddedParties.start(owner.manifest, owner.seeds, owner.tensors, {
    observe: 'trace',
    oneWayMs,
    signal,
  });
  try {
    const recorder = new Recorder();
    const session = observedSession(recorder, await parties.open(signal));
    const client = ClientSession.over(owner.client, session, {
      dense,
      modes,
      epochs: epochPolicy({ epochTokens }, true),
      prefetch: oneWayMs > 0 ? 'auto' : 'none', // as generate does where all roles are here
    });
    const { plan } = owner.manifest;
    const { prompt } = subject;
    const ids = [...prompt];
    const decode = Array.from({ length: subject.tokens - 1 }, (_, i): AnnouncedStep => ({
      ...{ rows: 1, position: prompt.length + i, outputs: 'last' },
    }));
    const prefill = prefillSteps(plan, prompt.length);
    if (prefill.length === 0) ids.push(greedy(client.logits(client.prefixState)));
    const steps = [...prefill, ...decode];
    client.announce(steps);
    for (const [step, { position, rows }] of steps.entries()) {
      const answer = recorder.part('input', step, () => client.run(ids.slice(position, position + rows), signal));
      const hidden = await answer;
      if (hidden.length > 0) ids.push(recorder.part('head', step, () => greedy(client.logits(hidden))));
      onStage('generating', step + 1, steps.length);
    }
    const counts = await parties.counts();
    client.end();
    const hosted = HOSTED.map((role) => [role, counts[role].happenings!] as const);
    const records = Object.fromEntries([['client', recorder.observed().happenings!], ...hosted]) as Records;
    return {
      records,
      steps,
      layers: plan.shape.layers,
      mode: client.sparse ? ('sparse' as const) : ('dense' as const),
    };
  } finally {
    await parties.close();
    owner.client.head.free();
  }
}
