/** What the API takes, checked at its edge because callers may be untyped: a wrong value is E_ARGUMENT that names it, never a later surprise. */
import * as z from 'zod';
import { CometError } from './core/errors.js';
import { VARIANT_NAMES } from './model/variants.js';
import { MOST_PREFETCH } from './cache/holes.js';
import { MITIGATIONS } from './verify/attack/mitigation-names.js';

const path = z.string().min(1);
const count = z.int().min(1);
const variant = z.enum(VARIANT_NAMES).optional();
const letters = z.string().regex(/^[dpe]+$/);
const callback = z.custom((value) => typeof value === 'function', 'must be a function').optional();
const configuration = z.custom((value) => typeof value === 'object' && value !== null, 'must be a configuration');

const call = {
  signal: z.custom((value) => value instanceof AbortSignal, 'must be an AbortSignal').optional(),
  onEvent: callback,
  maxMemory: z.number().positive().optional(),
};

/** Where parties are. */
const place = { model: path.optional(), config: configuration.optional() };
const onePlace = ({ model, config }: { readonly model?: unknown; readonly config?: unknown }): boolean =>
  !model || !config;
const ONE_PLACE = 'model and config exclude each other';
const ownVariant = ({ variant, config }: { readonly variant?: unknown; readonly config?: unknown }): boolean =>
  !variant || !config;
const OWN_VARIANT = "a variant is the owner's choice; config excludes it";
const session = {
  dense: z.boolean().optional(),
  sharedEpoch: z.boolean().optional(),
  epochTokens: count.optional(),
  budget: z.literal('constant').optional(),
  modes: letters.optional(),
  variant,
  prefetch: z.union([z.enum(['none', 'auto']), z.int().min(0).max(MOST_PREFETCH)]).optional(),
  cacheMemory: z.number().positive().optional(),
};
const prompt = {
  prompt: z.string(),
  maxTokens: count.optional(),
  temperature: z.number().optional(),
  topK: z.number().optional(),
  topP: z.number().optional(),
  repetitionPenalty: z.number().optional(),
  seed: z.number().optional(),
  stop: z.array(z.string()).optional(),
};

/** Arguments by function. Ranges of sampling options are {@link checkSampling}'s. */
const SCHEMAS = {
  generate: z
    .object({ ...call, ...place, ...session, ...prompt })
    .refine(onePlace, ONE_PLACE)
    .refine(ownVariant, OWN_VARIANT),
  converse: z
    .object({ ...call, ...place, ...session })
    .refine(onePlace, ONE_PLACE)
    .refine(ownVariant, OWN_VARIANT),
  prompt: z.object({ ...call, ...prompt }),
  serve: z.object({
    role: z.enum(['server0', 'server1', 'dealer']),
    config: configuration,
    signal: call.signal,
    onEvent: callback,
    authorize: callback,
    threads: z.int().min(0).optional(),
    transcript: z.boolean().optional(),
  }),
  share: z.object({
    ...call,
    model: path,
    out: path,
    calibration: path.optional(),
    variant,
    force: z.boolean().optional(),
  }),
  calibrateModel: z.object({ ...call, model: path, text: path.optional(), tokens: count.optional() }),
  modelStats: z.object({ ...call, model: path.optional(), text: path.optional(), bytes: count.optional() }),
  verify: z.object({
    ...call,
    model: path.optional(),
    text: path.optional(),
    tokens: count.optional(),
    windows: count.optional(),
    window: z.int().min(2).optional(),
    dense: z.boolean().optional(),
    variant,
  }),
  plan: z.object({
    ...call,
    model: path.optional(),
    roundTripSeconds: z.number().min(0),
    bytesPerSecond: z.number().positive(),
    context: count,
    check: z.boolean().optional(),
    errorTokens: z
      .int()
      .min(0)
      .refine((tokens) => tokens !== 1, 'is measured on two tokens or more, or on none (0)')
      .optional(),
    maxLoss: z.number().min(0).optional(),
    text: path.optional(),
  }),
  leakage: z.object({
    model: path.optional(),
    dense: z.boolean().optional(),
    sharedEpoch: z.boolean().optional(),
    epochTokens: count.optional(),
    constantBudget: z.boolean().optional(),
  }),
  attack: z.object({
    ...call,
    model: path.optional(),
    text: path.optional(),
    bytes: count.optional(),
    training: path.optional(),
    trainingBytes: count.optional(),
    predictors: path.optional(),
    epochTokens: count.optional(),
    seed: z.int().min(0).optional(),
    mitigations: z.array(z.enum(MITIGATIONS)).optional(),
    guessSessions: z.int().min(0).optional(),
    guessTokens: count.optional(),
  }),
  trace: z
    .object({
      ...call,
      output: path,
      model: path.optional(),
      shape: z.string().optional(),
      layers: count.optional(),
      prompt: z.string().optional(),
      maxTokens: z.int().min(2).optional(),
      dense: z.boolean().optional(),
      modes: letters.optional(),
      variant,
      epochTokens: count.optional(),
      roundTripSeconds: z.number().min(0).max(10).optional(),
    })
    .refine(
      ({ shape, model, prompt }) => !shape || (model ?? prompt) === undefined,
      'a shape excludes model and prompt',
    ),
  measureCost: z.object({
    ...call,
    shape: z.string(),
    step: z.enum(['decode', 'prefill']),
    context: count.max(2048).optional(),
    tokens: count.max(64).optional(),
    repeat: count.max(4096).optional(),
    bias: z.boolean().optional(),
    postNorm: z.boolean().optional(),
    variant,
    sparse: z.boolean().optional(),
    density: z.number().min(0).max(1).optional(),
    heads: z.int().min(0).optional(),
    rank: count.max(4096).optional(),
  }),
};

/** @throws CometError E_ARGUMENT that names the function and what is wrong. */
export function checkArguments(name: keyof typeof SCHEMAS, given: unknown): void {
  const result = SCHEMAS[name].safeParse(given);
  if (result.success) return;
  const problems = result.error.issues.map(({ path: at, message }) => [...at, message].join(': '));
  throw new CometError('E_ARGUMENT', `${name} was given a wrong value: ${problems.join('; ')}`);
}
