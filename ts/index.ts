/**
 * Comet: private language-model inference. A client, two servers and a dealer; none sees what the others hide (docs/leakage.md).
 *
 * @example
 * for await (const token of generate({ prompt: 'Once upon a time' })) process.stdout.write(token.text);
 */
// What only one of these functions needs is loaded by it: a party that serves would have it in memory for nothing.
import { randomBytes } from '@noble/hashes/utils.js';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkArguments } from './api/arguments.js';
import { Conversation, type PromptEvent } from './api/conversation.js';
import { type Deployment, embeddedDeployment, remoteDeployment } from './api/deployment.js';
import type { BenchReport } from './bench/bench.js';
import type { BenchName, BenchOptions as BenchSettings } from './bench/options.js';
import { checkOutline, checkTogether, type SessionRules } from './client/mode-rules.js';
import { checkSampling } from './client/sampling.js';
import { checkStops } from './client/stopping.js';
import { planRequest, type PromptRequest, type SessionRequest, type Token } from './client/text-session.js';
import { type Config, type ListeningRole, parseConfig } from './core/config.js';
import { CometError } from './core/errors.js';
import { loadKernels } from './kernels/load.js';
import type { Listener } from './net/node/listen.js';
import { HOSTED } from './parties/hosted.js';
import { type ServeOptions, serveRole } from './parties/node/serve.js';
import { FloatModel } from './plain/float.js';
import { type Stats, modelStats as statsOf } from './plain/stats.js';
import type { WorkOptions } from './plain/windows.js';
import { VARIANT_NAMES, type VariantName } from './plan/variants.js';
import type { Evaluation } from './predict/evaluate.js';
import { PREDICTORS } from './predict/file.js';
import type { Predictors } from './predict/predictor.js';
import { provisioningName } from './provision/manifest.js';
import type { MemoryEvent } from './provision/memory.js';
import { writeShares } from './provision/node/files.js';
import {
  calibrationOf,
  keepCalibration,
  type Loaded,
  loadModel,
  loadPlain,
  type OnOutline,
  type Outline,
  readBytes,
  readText,
  requireWritable,
  writeWhole,
} from './provision/node/load.js';
import type { MemoryOptions } from './provision/node/machine.js';
import { requirePlace } from './provision/node/place.js';
import {
  densitiesOf,
  evaluateModel,
  type EvaluateModelOptions,
  loadPredictors,
  predictorsOf,
  trainModel,
  type TrainModelOptions,
  tuneModel,
  type TuneOptions,
  type Written,
} from './provision/node/predictors.js';
import { planModel, provision } from './provision/owner.js';
import type { TraceReport, TraceOptions as TraceSettings } from './trace/run.js';
import { type MitigationName, MITIGATIONS } from './verify/attack/mitigation-names.js';
import type { AttackReport, Reading } from './verify/attack/report.js';
import type { Candidate } from './verify/candidates.js';
import type { CostReport, CostOptions as CostSettings } from './verify/cost.js';
import type { LeakageOptions, LeakageReport } from './verify/leakage.js';
import type { ModesReport, PlanOptions } from './verify/plan.js';
import type { VerifyReport } from './verify/verify.js';

export type { Conversation, PromptEvent, PromptOptions } from './api/conversation.js';
export type { Summary } from './api/summary.js';
export type { BenchReport } from './bench/bench.js';
export type { BenchName } from './bench/options.js';
export type { Token } from './client/text-session.js';
export { createConfigs, type Config, type Deployment as DeploymentOptions, type Role } from './core/config.js';
export { CometError, type ErrorCode } from './core/errors.js';
export { readConfig, writeConfigs } from './net/node/config-files.js';
export type { Listener } from './net/node/listen.js';
export type { Authorize } from './net/rendezvous.js';
export type { ServeEvent, ServeOptions } from './parties/node/serve.js';
export type { Stats } from './plain/stats.js';
export { VARIANT_NAMES, type VariantName } from './plan/variants.js';
export type { Evaluation } from './predict/evaluate.js';
export { predictorScales, type PredictorScales } from './predict/scales.js';
export type { LayerSparsity } from './predict/sparse-run.js';
export { describeMemory, type MemoryEvent } from './provision/memory.js';
export type { TraceReport } from './trace/run.js';
export type { SectionSlack, Shares, Slack, TraceSummary } from './trace/summary.js';
export { MITIGATIONS, type MitigationName } from './verify/attack/mitigation-names.js';
export type { AttackName, AttackReport, AttackResult, MitigationReport } from './verify/attack/report.js';
export type { VariantCost, VariantReport } from './verify/candidates.js';
export type { CostReport } from './verify/cost.js';
export type { LeakageOptions, LeakageReport } from './verify/leakage.js';
export type { WireKind, WirePeak, WireReport } from './verify/peaks.js';
export type { ModesReport } from './verify/plan.js';
export type { PlanError } from './verify/variant-error.js';
export type { VerifyReport } from './verify/verify.js';

/** Progress of long work. */
export interface ProgressEvent {
  readonly type: 'progress';
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** What happens during a generation beside its tokens. */
export type GenerateEvent = ProgressEvent | MemoryEvent | PromptEvent;

/** Common options of long calls. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ProgressEvent | MemoryEvent) => void;
  /** Most bytes of memory to use; as many as the machine has, unless given. */
  readonly maxMemory?: number;
}

/** Where a session's parties are, and how it computes. */
export interface ConversationOptions extends SessionRequest {
  /** A checkpoint folder: all roles on this machine. The model that comes with comet unless given. */
  readonly model?: string;
  /** The client's configuration: servers and dealer elsewhere. */
  readonly config?: Config;
  /** Of the program, where all roles are on this machine; `digits` unless given. Elsewhere the owner chose it ({@link share}). */
  readonly variant?: VariantName;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: GenerateEvent) => void;
  /** Most bytes of memory to use; as many as the machine has, unless given. */
  readonly maxMemory?: number;
}

/** Options of {@link generate}. */
export interface GenerateOptions extends ConversationOptions, Omit<PromptRequest, 'onLogits'> {}

const memoryOf = ({ maxMemory, onEvent }: Pick<CallOptions, 'maxMemory' | 'onEvent'>): MemoryOptions => ({
  limit: maxMemory,
  onMemory: (use) => onEvent?.({ type: 'memory', ...use }),
});

const progressTo = (onEvent?: (event: ProgressEvent) => void) => (stage: string, done: number, total: number) =>
  onEvent?.({ type: 'progress', stage, done, total });

/**
 * Generates privately, token by token. Ends after `maxTokens` (64), at a stop string, the end of a text, or the end of the context.
 * @throws CometError E_ARGUMENT, E_PROMPT, E_LENGTH, E_CHECKPOINT, E_UNSUPPORTED, E_PEER_ABSENT, E_PEER_LOST, E_RANGE, E_ABORTED ...
 */
export async function* generate(options: GenerateOptions): AsyncGenerator<Token, void> {
  checkArguments('generate', options);
  checkSampling(options);
  checkStops(options.stop ?? []);
  const deployment = await deploymentOf(
    options,
    ({ tokenizer, shape }) => void planRequest(options, tokenizer, shape.context), // a request that cannot be met disturbs nobody
  );
  try {
    const { ids, count } = planRequest(options, deployment.tokenizer, deployment.model.plan.shape.context);
    const conversation = await Conversation.open(deployment, options, true, ids.length + count);
    try {
      yield* conversation.generate(options);
    } finally {
      conversation.end();
    }
  } finally {
    await deployment.close();
  }
}

/**
 * Opens a session for several prompts, one after the other: `for await (const token of conversation.generate({ prompt }))`. A prompt that
 * begins with the tokens of the text before, as the next turn of a chat does, costs only those that follow. Close it in the end.
 * @throws CometError E_ARGUMENT, E_CHECKPOINT, E_UNSUPPORTED, E_PEER_ABSENT, E_UNAUTHORIZED, E_LIMIT, E_ABORTED ...
 */
export async function converse(options: ConversationOptions = {}): Promise<Conversation> {
  checkArguments('converse', options);
  const deployment = await deploymentOf(options);
  try {
    return await Conversation.open(deployment, options);
  } catch (error) {
    await deployment.close();
    throw error;
  }
}

async function deploymentOf(options: ConversationOptions, onModel?: OnOutline): Promise<Deployment> {
  const { model, config, epochTokens, variant, signal, onEvent } = options;
  checkTogether(options);
  if (options.sharedEpoch && !config)
    throw new CometError(
      'E_ARGUMENT',
      'all roles on this machine serve no other session: a shared epoch needs a configuration ("--config")',
    );
  const onOutline = (outline: Outline): void => {
    checkOutline(outline.shape.layers, outline.predictors, options);
    onModel?.(outline);
  };
  const memory = { ...memoryOf(options), epochs: epochTokens === undefined ? 0 : 1 };
  return config
    ? remoteDeployment(parseConfig(config), memory)
    : embeddedDeployment(model, { signal, onProgress: progressTo(onEvent), onOutline, memory, variant });
}

/** Runs a server or the dealer; resolves once it listens. @throws CometError E_CONFIG, E_PROVISIONING, E_PORT_IN_USE, E_INSECURE_LINK ... */
export async function serve(role: ListeningRole, config: Config, options: ServeOptions = {}): Promise<Listener> {
  checkArguments('serve', { ...options, role, config });
  return serveRole(role, parseConfig(config), options);
}

/** Options of {@link share}. */
export interface ShareOptions extends CallOptions {
  /** Where the four share directories go. */
  readonly out: string;
  /** Path of a text to calibrate on. */
  readonly calibration?: string;
  /** Of the program that all parties will run; `digits` unless given. `plan` compares them. */
  readonly variant?: VariantName;
  /** Replace what exists. */
  readonly force?: boolean;
}

/** As the model owner: prepares, calibrates and masks a checkpoint, and writes a share directory for each role, all or nothing. */
export async function share(model: string, options: ShareOptions): Promise<{ provisioning: string; out: string }> {
  checkArguments('share', { ...options, model });
  const { out, calibration, variant, force, signal, onEvent, maxMemory } = options;
  await requirePlace(out, force ?? false);
  const loaded = await loadModel(model, [], memoryOf({ maxMemory, onEvent }), signal);
  const onProgress = progressTo(onEvent);
  const calibrated = await calibrationOf(loaded, { calibration, signal, onProgress });
  const predictors = await predictorsOf(loaded);
  const planned = planModel(loaded.kernels, loaded.prepared, calibrated, predictors, randomBytes(32), variant);
  const tokenizer = ['tokenizer.json', 'tokenizer_config.json'].map((file) => join(model, file));
  const source = { name: loaded.checkpoint.name, ...planned, tokenizer };
  const manifest = await writeShares(loaded.kernels, source, out, {
    force,
    signal,
    onTensor: (done, total) => onProgress('masking', done, total),
  });
  return { provisioning: provisioningName(manifest), out };
}

/** Measures a model's calibration and keeps it as calibration.json in its folder. @returns the path. */
export async function calibrateModel(
  model: string,
  options: CallOptions & { text?: string; tokens?: number } = {},
): Promise<string> {
  checkArguments('calibrateModel', { ...options, model });
  const { text, tokens, signal, onEvent, maxMemory } = options;
  return keepCalibration(await loadModel(model, [], memoryOf({ maxMemory, onEvent }), signal), {
    calibration: text,
    tokens,
    signal,
    onProgress: progressTo(onEvent),
  });
}

/** The text that a model was not trained on, in its folder. @throws CometError E_ARGUMENT where there is none. */
function heldoutOf(dir: string): string {
  const path = join(dir, 'heldout.txt');
  if (existsSync(path)) return path;
  throw new CometError('E_ARGUMENT', `there is no ${path}; give a text with "--text FILE"`);
}

/** Plaintext statistics of a model on a text (its heldout.txt unless given). */
export async function modelStats(
  model: string | undefined,
  options: CallOptions & { text?: string; bytes?: number } = {},
): Promise<Stats> {
  checkArguments('modelStats', { ...options, model });
  const { text, bytes, signal, onEvent, maxMemory } = options;
  const { kernels, checkpoint, tokenizer, dir } = await loadPlain(model, memoryOf({ maxMemory, onEvent }), signal);
  const all = await readBytes(text ?? heldoutOf(dir));
  const progress = progressTo(onEvent);
  const onProgress = (done: number, total: number): void => progress('reading', done, total);
  return statsOf(kernels, checkpoint, tokenizer, all, { bytes, signal, onProgress });
}

type Call<T> = Omit<T, 'onProgress' | 'maxLoss'> & CallOptions;

/** Most that cross-entropy may grow, as fractions: by leaving out neurons, and by leaving out heads. */
export interface LossBudget {
  /** 0.002 unless given. */
  readonly maxLoss?: number;
  /** 0.002 unless given. */
  readonly maxHeadLoss?: number;
}

const budget = ({ maxLoss = 0.002, maxHeadLoss = 0.002 }: LossBudget) => ({ neurons: maxLoss, heads: maxHeadLoss });

/** Options of {@link trainPredictors}: rank 128, one pass and seed 0 unless given. */
export type TrainPredictorsOptions = Partial<Call<TrainModelOptions>> & LossBudget;

/**
 * Trains predictors of activation sparsity and writes predictors.safetensors and predictors.json beside the model or to `out`. Stopped,
 * the same call goes on later. @throws CometError E_ARGUMENT, E_IO, E_ABORTED.
 */
export async function trainPredictors(
  model: string | undefined,
  { onEvent, rank = 128, passes = 1, seed = 0, ...options }: TrainPredictorsOptions = {},
): Promise<Written> {
  const settings = { ...options, rank, passes, seed, maxLoss: budget(options), onProgress: progressTo(onEvent) };
  return trainModel(await loadModel(model), settings);
}

/** Chooses the thresholds of predictors anew, for another budget or text. @throws CometError as {@link trainPredictors}. */
export async function tunePredictors(
  model: string | undefined,
  { onEvent, ...options }: Call<TuneOptions> & LossBudget = {},
): Promise<Written> {
  const settings = { ...options, maxLoss: budget(options), onProgress: progressTo(onEvent) };
  return tuneModel(await loadModel(model), settings);
}

/** Runs a model with only predicted neurons and heads, in plaintext floats, and compares (its heldout.txt unless a text is given). */
export async function evaluatePredictors(
  model: string | undefined,
  { onEvent, ...options }: Call<EvaluateModelOptions> = {},
): Promise<Evaluation> {
  return evaluateModel(await loadModel(model), { ...options, onProgress: progressTo(onEvent) });
}

/** Options of {@link verify}. */
export interface VerifyCall extends CallOptions {
  /** Without predictors. */
  readonly dense?: boolean;
  /** Of the program; `digits` unless given. */
  readonly variant?: VariantName;
  readonly tokens?: number;
  /** Path of held-out text. */
  readonly text?: string;
  readonly windows?: number;
  readonly window?: number;
}

const PROMPTS = [
  'Once upon a time there was a little girl who',
  '"What is the matter?" said the old man,',
  'The ship sailed out of the harbour',
  'It was a dark night in November',
];

/** Compares private inference with its fixed-point twin, bit for bit, and with floats. */
export async function verify(model: string | undefined, options: VerifyCall = {}): Promise<VerifyReport> {
  checkArguments('verify', { ...options, model });
  const { tokens = 32, text, windows = 8, window = 128, dense = false, signal, onEvent, maxMemory } = options;
  const onProgress = progressTo(onEvent);
  const loaded = await loadModel(model, ['client', ...HOSTED], memoryOf({ maxMemory, onEvent }), signal);
  const { kernels, prepared, tokenizer } = loaded;
  const predictors = dense ? undefined : await predictorsOf(loaded);
  const calibration = await calibrationOf(loaded, { signal, onProgress });
  const owner = provision(kernels, loaded.checkpoint.name, prepared, calibration, {
    predictors,
    variant: options.variant,
  });
  const heldout = await readText(text ?? heldoutOf(loaded.dir));
  const float = new FloatModel(kernels, loaded.checkpoint);
  const subject = { kernels, owner, float, weights: loaded.checkpoint, predictors, tokenizer };
  const { verifyModel } = await import('./verify/verify.js');
  return verifyModel(subject, { prompts: PROMPTS, heldout, tokens, windows, window, signal, onProgress });
}

/**
 * What each party sees of a model's sessions, as docs/leakage.md states it (the model that comes with comet unless another is given).
 * @throws CometError as {@link share}.
 */
export async function leakage(model: string | undefined, options: LeakageOptions = {}): Promise<LeakageReport> {
  checkArguments('leakage', { ...options, model });
  const { constantBudget, ...others } = options;
  const rules: SessionRules = { ...others, ...(constantBudget && { budget: 'constant' }) };
  checkTogether(rules);
  const loaded = await loadModel(model, [], {}, undefined, ({ shape, predictors }) =>
    checkOutline(shape.layers, predictors, rules),
  );
  const calibration = await calibrationOf(loaded);
  const predictors = await predictorsOf(loaded);
  const { plan } = planModel(loaded.kernels, loaded.prepared, calibration, predictors, randomBytes(32));
  const { leakageOf } = await import('./verify/leakage.js');
  return leakageOf(plan, options);
}

/** Tokens of held-out text on which the errors of variants are measured unless told otherwise. */
const ERROR_TOKENS = 128;

/** Options of {@link plan}. */
export type PlanCall = Omit<PlanOptions, 'onProgress'> & {
  /** Tokens of held-out text on which each variant's error is measured; 128, or all where there are fewer, unless given; none where 0. */
  readonly errorTokens?: number;
  /** Path of that text; the model's heldout.txt unless given. */
  readonly text?: string;
  readonly onEvent?: (event: ProgressEvent) => void;
};

/**
 * Measures this machine and says which variant of the program to run over a link, and how each layer should be computed for one token:
 * dense, predicted or exact.
 * A model without predictors is planned dense.
 * @throws CometError E_ARGUMENT, E_CHECKPOINT, E_ABORTED ...
 */
export async function plan(model: string | undefined, { onEvent, ...options }: PlanCall): Promise<ModesReport> {
  checkArguments('plan', { ...options, onEvent, model });
  const { errorTokens, text, signal, ...settings } = options;
  if (errorTokens === 0 && (text ?? options.maxLoss) !== undefined)
    throw new CometError(
      'E_ARGUMENT',
      'without error tokens no error is measured: leave out the text and the largest loss',
    );
  const { planModes, requireChecked, requireContext } = await import('./verify/plan.js');
  const { planError } = await import('./verify/variant-error.js');
  const onProgress = progressTo(onEvent);
  const loaded = await loadModel(model, [], {}, signal, ({ shape }) => requireContext(shape.context, options));
  const { kernels, prepared } = loaded;
  const predictors = await predictorsOf(loaded);
  requireChecked(predictors !== undefined, options);
  const heldout = errorTokens === 0 ? [] : await heldoutTokens(loaded, text, errorTokens);
  const calibration = await calibrationOf(loaded, { signal, onProgress });
  const densities = predictors && (await densitiesOf(loaded));
  const float = new FloatModel(kernels, prepared);
  const candidates: Candidate[] = [];
  for (const variant of VARIANT_NAMES) {
    const planned = planModel(kernels, prepared, calibration, predictors, randomBytes(32), variant);
    const progress = (done: number, total: number): void => onProgress(`error of ${variant}`, done, total);
    const work = { signal, onProgress: progress };
    const error = heldout.length > 0 ? await planError(kernels, planned, float, heldout, work) : undefined;
    candidates.push({ variant, plan: planned.plan, error });
  }
  return planModes(kernels, candidates, densities, { ...settings, signal, onProgress });
}

/** The first tokens of a held-out text: as many as are asked for, or else a few. @throws CometError E_ARGUMENT where it has fewer than that. */
async function heldoutTokens({ tokenizer, dir }: Loaded, text?: string, count?: number): Promise<number[]> {
  const path = text ?? heldoutOf(dir);
  const ids = tokenizer.encode(await readText(path));
  if (ids.length < (count ?? 2))
    throw new CometError(
      'E_ARGUMENT',
      `${path} has ${ids.length} tokens, and the error is to be measured on ${count ?? 2}: give a longer text, or ask for fewer (--error-tokens)`,
    );
  return ids.slice(0, count ?? ERROR_TOKENS);
}

/** Options of {@link attack}. */
export interface AttackOptions extends CallOptions {
  /** Path of the text that is attacked; the model's heldout.txt unless given. */
  readonly text?: string;
  /** Most bytes of it. */
  readonly bytes?: number;
  /** Path of the adversary's text; the model's calibration.txt unless given. */
  readonly training?: string;
  readonly trainingBytes?: number;
  /** Path of the predictors; those in the model's folder unless given. */
  readonly predictors?: string;
  /** Tokens under one secret order; the model's context, a session, unless given. */
  readonly epochTokens?: number;
  /** Seeds orders and padding. */
  readonly seed?: number;
  /** All unless given; `none` is always run. */
  readonly mitigations?: readonly MitigationName[];
  /** Sessions whose first tokens are guessed from the vocabulary, and how many tokens of each. */
  readonly guessSessions?: number;
  readonly guessTokens?: number;
}

/** Attacks what a sparse mode opens of a text: what its shuffled sets still tell (docs/attacks.md). */
export async function attack(model: string | undefined, options: AttackOptions = {}): Promise<AttackReport> {
  checkArguments('attack', { ...options, model });
  if (options.guessSessions === 0 && options.guessTokens !== undefined)
    throw new CometError('E_ARGUMENT', 'no session is guessed: leave out the number of tokens to guess, or guess some');
  const { bytes = 8_192, trainingBytes = 65_536, seed = 0, mitigations = MITIGATIONS, signal, onEvent } = options;
  const loaded = await loadModel(model, [], memoryOf(options), signal);
  const { kernels, checkpoint, dir } = loaded;
  const predictors = await loadPredictors(loaded, options.predictors ?? join(dir, PREDICTORS));
  const onProgress = progressTo(onEvent);
  const read = (path: string, most: number, stage: string): Promise<Reading> =>
    readOpened(loaded, predictors, { path, most, signal, onProgress: (done, total) => onProgress(stage, done, total) });
  const target = await read(options.text ?? heldoutOf(dir), bytes, 'opening');
  const training = await read(options.training ?? join(dir, 'calibration.txt'), trainingBytes, 'learning');
  const sessionTokens = checkpoint.shape.context;
  const { epochTokens = sessionTokens, guessSessions = 2, guessTokens = 16 } = options;
  const { FloatPublicModel } = await import('./verify/attack/public-model.js');
  const { runAttacks } = await import('./verify/attack/attack.js');
  const publicModel = new FloatPublicModel(kernels, checkpoint, predictors);
  try {
    const guessed = { sessions: guessSessions, tokens: guessTokens };
    const settings = { epochTokens, seed, mitigations, guessed, signal, onProgress };
    return await runAttacks({ training, target, sessionTokens, model: publicModel }, settings);
  } finally {
    publicModel.free();
  }
}

async function readOpened(
  { kernels, checkpoint, tokenizer }: Loaded,
  predictors: Predictors,
  { path, most, ...work }: WorkOptions & { path: string; most: number },
): Promise<Reading> {
  const all = await readBytes(path);
  // As part of a stream, because a character that is cut off at the end is no error.
  const ids = tokenizer.encode(new TextDecoder().decode(all.subarray(0, most), { stream: true }));
  const { openedView } = await import('./verify/attack/view.js');
  return { ids, view: await openedView(kernels, checkpoint, predictors, ids, work) };
}

/** Options of {@link measureCost}. */
export type CostOptions = Omit<CostSettings, 'onProgress'> & { readonly onEvent?: (event: ProgressEvent) => void };

/** Measures what one decoder layer costs, with synthetic weights through the real parties. */
export async function measureCost(options: CostOptions): Promise<CostReport> {
  checkArguments('measureCost', options);
  const { measureCost: measure } = await import('./verify/cost.js');
  return measure(await loadKernels(), { ...options, onProgress: progressTo(options.onEvent) });
}

/** Options of {@link trace}. */
export interface TraceOptions extends CallOptions, Partial<Omit<TraceSettings, 'memory' | 'onStage'>> {
  /** Where the trace goes: a file that chrome://tracing and Perfetto load. What was there is replaced. */
  readonly output: string;
}

/**
 * Generates with all roles on this machine and writes a timeline of what each did: names, sizes and times, no values. Two tokens or more
 * (4 unless given).
 * @throws CometError E_ARGUMENT, E_IO where the file cannot be written, and as {@link generate}.
 */
export async function trace(options: TraceOptions): Promise<TraceReport> {
  checkArguments('trace', options);
  if (options.layers !== undefined && options.shape === undefined)
    throw new CometError('E_ARGUMENT', 'a number of layers belongs to a shape: a model has its own');
  checkTogether(options);
  const { output, onEvent } = options;
  await requireWritable(output);
  const { prompt = PROMPTS[0], maxTokens = 4, layers = 1, roundTripSeconds = 0 } = options;
  const memory = memoryOf(options);
  const settings = { ...options, prompt, maxTokens, layers, roundTripSeconds, memory };
  const { traceRun } = await import('./trace/run.js');
  const { file, report } = await traceRun({ ...settings, onStage: progressTo(onEvent) });
  await writeWhole(output, JSON.stringify(file));
  return report;
}

/** Options of {@link bench}. */
export type BenchOptions = Omit<BenchSettings, 'onProgress'> & CallOptions;

/**
 * Measures this machine: kernels against its own limits, every gate alone, tokens a second with all roles here. All three unless named.
 * Figures are of this process while it runs: whatever else the machine does slows them down.
 */
export async function bench(what?: BenchName, { onEvent, ...options }: BenchOptions = {}): Promise<BenchReport> {
  const [{ runBench }, { BENCHES }] = await Promise.all([import('./bench/bench.js'), import('./bench/options.js')]);
  return runBench(what ? [what] : BENCHES, { ...options, onProgress: progressTo(onEvent) });
}
