/**
 * `comet verify`: runs the real parties in this thread, reconstructs every opened wire from what both servers hold, and compares wires
 * and tokens with the fixed-point twin (bit for bit) and logits with a float forward pass.
 */
import type { Tokenizer } from '../checkpoint/tokenizer.js';
import { greedy } from '../client/sampling.js';
import { ClientSession } from '../client/session.js';
import { CometError } from '../core/errors.js';
import { fitting } from '../core/fitting.js';
import { pause } from '../core/pause.js';
import { prefillSteps } from '../cost/prefill.js';
import type { Kernels } from '../kernels/load.js';
import { LocalParties } from '../parties/local.js';
import type { Watch } from '../parties/roles.js';
import { forwardBehind } from '../plain/behind.js';
import type { FloatHooks } from '../plain/float-hooks.js';
import type { FloatModel, FloatWeights } from '../plain/float.js';
import { Twin } from '../plain/twin.js';
import { windows as textWindows } from '../plain/windows.js';
import type { AnnouncedStep } from '../plan/announced-step.js';
import { prefixLength } from '../plan/formats.js';
import type { Predictors } from '../predict/predictor.js';
import { predictorScales } from '../predict/scales.js';
import { PredictedOnly } from '../predict/sparse-run.js';
import { type Provisioned } from '../provision/owner.js';
import { Peaks, type WireReports } from './peaks.js';
import { tapeKeys } from './tape-keys.js';
import { type Frame, frameOf, WireLog } from './wire-log.js';

/** What {@link verifyModel} compares. */
export interface Subject {
  readonly kernels: Kernels;
  readonly owner: Provisioned;
  readonly float: FloatModel;
  /** What the float model is made of. */
  readonly weights: FloatWeights;
  /** With them the model runs sparse, and so does the float model that it is compared with. */
  readonly predictors?: Predictors;
  readonly tokenizer: Tokenizer;
}

export interface VerifyOptions extends VerifySizes {
  readonly prompts: readonly string[];
  /** Tokens of held-out text. */
  readonly heldout: readonly number[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** How much is compared. */
export interface VerifySizes {
  /** Tokens generated for each prompt; of the prompt as many are read as the context leaves room for. */
  readonly tokens: number;
  /** Windows of held-out text, and tokens of each. */
  readonly windows: number;
  readonly window: number;
}

/**
 * The sizes that were asked for, and for the others what a model of this context and a held-out text of so many tokens allow.
 * @param heldout of the text, without the model's constant prefix, which every window and prompt begins with
 * @throws CometError E_ARGUMENT that names the option whose value cannot be met.
 */
export function verifySizes(given: Partial<VerifySizes>, context: number, heldout: number, prefix = 0): VerifySizes {
  const held = `the held-out text (--text) has ${heldout} tokens`;
  const own = `the model's context is ${context} tokens`;
  const most = Math.min(context, prefix + heldout);
  if (most < prefix + 2)
    throw new CometError('E_ARGUMENT', `a window has two tokens or more, but ${most === context ? own : held}`);
  const window = fitting(given.window, { option: '--window', usual: 128, most, why: most === context ? own : held });
  if (window < prefix + 2)
    throw new CometError('E_ARGUMENT', `--window is ${window}, and its first ${prefix} tokens are the model's prefix`);
  const windows = fitting(given.windows, {
    ...{ option: '--windows', usual: 8, most: Math.floor(heldout / (window - prefix)) },
    why: `${held}, a window ${window}`,
  });
  const usual = Math.min(32, (context - prefix) >> 1);
  return {
    window,
    windows,
    tokens: fitting(given.tokens, { option: '--tokens', usual, most: context - prefix - 1, why: own }),
  };
}

export interface VerifyReport {
  readonly mode: 'sparse' | 'dense';
  /** Generated tokens equal the twin's. */
  readonly tokensEqual: boolean;
  /** Every opened wire equals the twin's value. */
  readonly wiresEqual: boolean;
  readonly wiresCompared: number;
  /** Fraction of positions where the private greedy token is the float one, given the same tokens before. */
  readonly floatAgreement: number;
  readonly maxAbsLogitError: number;
  /** Of floats that leave out what is predicted. */
  readonly perplexityFloat: number;
  readonly perplexityPrivate: number;
  /** Of floats that leave out nothing, and what the private cross-entropy is above theirs, relatively. */
  readonly perplexityWhole: number;
  readonly crossEntropyChange: number;
  readonly prompts: number;
  readonly heldoutTokens: number;
  /** The largest values of every wire against what it holds, over everything that was run. */
  readonly wires: WireReports;
}

/** Sums over everything compared. */
class Tally {
  agreed = 0;
  positions = 0;
  maxError = 0;
  lossFloat = 0;
  lossPrivate = 0;
  lossWhole = 0;
  predicted = 0;

  compare(mine: Float32Array, reference: Float32Array): void {
    this.positions++;
    if (greedy(mine) === greedy(reference)) this.agreed++;
    for (const [i, logit] of mine.entries()) this.maxError = Math.max(this.maxError, Math.abs(logit - reference[i]));
  }
}

/** Compares. @throws CometError E_RANGE, E_ABORTED. */
export async function verifyModel(subject: Subject, options: VerifyOptions): Promise<VerifyReport> {
  const { kernels, owner, tokenizer } = subject;
  const { shape, prefix = [] } = owner.manifest.plan;
  const windows = [...textWindows(options.heldout, options.window, options.window, prefix)].slice(0, options.windows);
  const parties = await LocalParties.start(
    kernels,
    owner.manifest,
    owner.seeds,
    owner.tensors,
    undefined,
    options.signal,
  );
  const { predictors, weights } = subject;
  const only = predictors && new PredictedOnly(kernels, weights, predictors, predictorScales);
  const tally = new Tally();
  const { plan } = owner.manifest;
  const wires: Wires = { log: new WireLog(plan.shape.layers), peaks: new Peaks(plan) };
  let tokensEqual = true;
  for (const [i, prompt] of options.prompts.entries()) {
    await inRun(subject, parties, wires, only, async (run) => {
      const ids = tokenizer.encodeBehind(prefix, prompt).slice(0, shape.context - options.tokens);
      tokensEqual = (await generateBoth(run, ids, options, tally)) && tokensEqual;
    });
    options.onProgress?.('prompts', i + 1, options.prompts.length);
  }
  for (const [i, window] of windows.entries()) {
    await inRun(subject, parties, wires, only, (run) => readBoth(run, window, options, tally));
    options.onProgress?.('held-out text', i + 1, options.windows);
  }
  only?.free();
  return {
    mode: only ? 'sparse' : 'dense',
    tokensEqual,
    wiresEqual: wires.log.equal,
    wiresCompared: wires.log.compared,
    floatAgreement: tally.agreed / tally.positions,
    maxAbsLogitError: tally.maxError,
    perplexityFloat: Math.exp(tally.lossFloat / tally.predicted),
    perplexityPrivate: Math.exp(tally.lossPrivate / tally.predicted),
    perplexityWhole: Math.exp(tally.lossWhole / tally.predicted),
    crossEntropyChange: tally.lossPrivate / tally.lossWhole - 1,
    prompts: options.prompts.length,
    heldoutTokens: options.windows * options.window,
    wires: wires.peaks.report(),
  };
}

/** What hears of the twin's wires. */
interface Wires {
  readonly log: WireLog;
  readonly peaks: Peaks;
}

/** One session of the parties beside a twin with the same keys and a float model. */
interface Run {
  readonly client: ClientSession;
  readonly twin: Twin;
  readonly subject: Subject;
  /** Of the float model. */
  readonly hooks?: FloatHooks;
  /** Checks the wires of the steps that both have finished, and forgets them. */
  compareWires(): void;
}

/** Works in a session of its own, and ends it at all parties, in order or not. */
async function inRun(
  subject: Subject,
  parties: LocalParties,
  { log, peaks }: Wires,
  hooks: FloatHooks | undefined,
  work: (run: Run) => Promise<void>,
): Promise<void> {
  const { kernels, owner } = subject;
  const frames = { server0: [] as Frame[], server1: [] as Frame[] };
  const watch = (frame: Frame[]): Watch => ({
    onOpened: (step, exchange, opened) => frame.push(frameOf(step.step, exchange, opened)),
  });
  const local = await parties.open({ server0: watch(frames.server0), server1: watch(frames.server1) });
  const { session } = local;
  const maskKeys = [session.maskSeeds.server0!, session.maskSeeds.server1!] as const;
  const client = ClientSession.over(owner.client, session);
  const twin = new Twin(
    kernels,
    { ...owner.model, positionOffset: owner.manifest.positionOffset },
    owner.manifest.plan,
    { ...tapeKeys(parties, session, owner), client0: maskKeys[0], client1: maskKeys[1] },
    (at, values, unreduced) => {
      log.expect(at, values);
      peaks.see(at, unreduced);
    },
  );
  const compareWires = (): void => log.check(frames.server0.splice(0), frames.server1.splice(0), kernels);
  try {
    await work({ client, twin, subject, hooks, compareWires });
    client.end();
    await local.served;
  } catch (error) {
    session.close(error);
    await local.served.catch(() => {});
    throw error;
  } finally {
    twin.free();
  }
}

/** Greedy generation by the parties and by the twin on its own tokens; whether they are equal. */
async function generateBoth(
  run: Run,
  ids: readonly number[],
  { tokens, signal }: VerifyOptions,
  tally: Tally,
): Promise<boolean> {
  const { client, twin, subject } = run;
  const prefill = prefillSteps(subject.owner.manifest.plan, ids.length);
  client.announce([...prefill, ...decodeSteps(ids.length, tokens - 1)]);
  const mine = { sequence: [...ids], hidden: new Float32Array(0) as Float32Array };
  const twins = { sequence: [...ids], hidden: new Float32Array(0) as Float32Array };
  let step = 0;
  const both = async (count: number, outputs: AnnouncedStep['outputs'], from: number): Promise<void> => {
    mine.hidden = await client.run(mine.sequence.slice(from, from + count), signal);
    twins.hidden = twin.step(step++, twins.sequence.slice(from, from + count), outputs, client);
    run.compareWires();
    // The parties are in this thread and wait for nothing but each other: without this no signal would ever arrive.
    await pause(signal);
  };
  for (const { rows, position, outputs } of prefill) await both(rows, outputs, position);
  for (let i = 0; ; i++) {
    const logits = client.logits(mine.hidden);
    tally.compare(logits, lastLogits(run, mine.sequence));
    mine.sequence.push(greedy(logits));
    twins.sequence.push(greedy(client.logits(twins.hidden)));
    if (i === tokens - 1) break;
    await both(1, 'last', mine.sequence.length - 1);
  }
  return mine.sequence.every((id, i) => id === twins.sequence[i]);
}

const decodeSteps = (start: number, count: number): AnnouncedStep[] =>
  Array.from({ length: count }, (_, i) => ({ rows: 1, position: start + i, outputs: 'last' }));

/** Teacher-forced: logits of every position of a window. */
async function readBoth(
  { client, twin, subject, hooks, compareWires }: Run,
  ids: readonly number[],
  { signal }: VerifyOptions,
  tally: Tally,
): Promise<void> {
  const { plan } = subject.owner.manifest;
  const prefix = prefixLength(plan);
  const steps = prefillSteps(plan, ids.length, { outputs: 'all' });
  client.announce(steps);
  const reference = subject.float.logits(forwardBehind(subject.float, ids, prefix, hooks));
  const whole = hooks ? subject.float.logits(subject.float.forward(ids)) : reference;
  const { vocab } = plan.shape;
  for (const [step, { position, rows }] of steps.entries()) {
    const part = ids.slice(position, position + rows);
    const mine = client.logits(await client.run(part, signal));
    twin.step(step, part, 'all', client);
    compareWires();
    await pause(signal);
    for (let row = 0; row < rows; row++) {
      const logits = mine.subarray(row * vocab, (row + 1) * vocab);
      const [floats, wholes] = [reference, whole].map((all) =>
        all.subarray((position + row) * vocab, (position + row + 1) * vocab),
      );
      tally.compare(logits, floats);
      const next = ids[position + row + 1];
      if (next === undefined) continue;
      tally.lossPrivate += loss(subject.kernels, logits, next);
      tally.lossFloat += loss(subject.kernels, floats, next);
      tally.lossWhole += loss(subject.kernels, wholes, next);
      tally.predicted++;
    }
  }
}

const loss = (kernels: Kernels, logits: Float32Array, next: number): number => kernels.logSumExp(logits) - logits[next];

function lastLogits({ subject: { float, owner }, hooks }: Run, ids: readonly number[]): Float32Array {
  const logits = float.logits(forwardBehind(float, ids, prefixLength(owner.manifest.plan), hooks));
  return logits.subarray(logits.length - logits.length / ids.length);
}
