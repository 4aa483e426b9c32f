/**
 * What the API takes, checked at its edge because callers may be untyped: a wrong value is
 * E_ARGUMENT that names it, never a later surprise.
 */
import * as v from 'valibot';
import { abortSignal, argument, callback, finite, integer, noList, text } from '../core/schema.js';
import { VARIANT_NAMES } from '../plan/variants.js';
import { MITIGATIONS } from '../verify/attack/mitigation-names.js';

const path = v.optional(text);
const count = v.optional(integer(1));
const flag = v.optional(v.boolean());
const positive = v.pipe(finite, v.gtValue(0));
const nonNegative = v.pipe(finite, v.minValue(0));
const variant = v.optional(v.picklist(VARIANT_NAMES));
const letters = v.optional(v.pipe(v.string(), v.regex(/^[dpe]+$/, 'must be letters d, p and e')));
const configuration = v.custom((value) => typeof value === 'object' && value !== null, 'must be a configuration');

const call = {
  signal: abortSignal,
  onEvent: callback,
  maxMemory: v.optional(positive),
};

/** Where parties are. */
const place = { model: path, config: v.optional(configuration) };
const onePlace = <T extends { readonly model?: unknown; readonly config?: unknown }>() =>
  v.check<T, string>(({ model, config }) => !model || !config, 'model and config exclude each other');
const ownVariant = <
  T extends { readonly variant?: unknown; readonly publicWeights?: unknown; readonly config?: unknown },
>() =>
  v.check<T, string>(
    ({ variant, publicWeights, config }) => (variant ?? publicWeights) === undefined || !config,
    "a variant, and whether weights are public, is the owner's choice; config excludes it",
  );
/**
 * Arguments by function. Prompts and how sessions compute are the client's to parse
 * (ts/client/request.ts).
 */
const SCHEMAS = {
  generate: v.pipe(noList, v.object({ ...call, ...place, variant, publicWeights: flag }), onePlace(), ownVariant()),
  converse: v.pipe(
    noList,
    v.object({ ...call, ...place, variant, publicWeights: flag, chat: flag }),
    onePlace(),
    ownVariant(),
  ),
  serve: v.object({
    role: v.picklist(['server0', 'server1', 'dealer']),
    config: configuration,
    signal: call.signal,
    onEvent: callback,
    authorize: callback,
    threads: v.optional(integer(0)),
    transcript: flag,
  }),
  share: v.object({
    ...call,
    model: text,
    out: text,
    calibration: path,
    prefix: path,
    variant,
    force: flag,
  }),
  calibrateModel: v.object({ ...call, model: text, text: path, tokens: count, prefix: path }),
  importModel: v.object({
    file: text,
    out: text,
    dtype: v.optional(v.picklist(['f32', 'f16', 'bf16'])),
    signal: call.signal,
    onEvent: callback,
  }),
  pullModel: v.object({ model: text, revision: path, out: path, signal: call.signal, onEvent: callback }),
  removeModel: v.object({ model: text }),
  modelStats: v.object({ ...call, model: path, text: path, bytes: count }),
  verify: v.object({
    ...call,
    model: path,
    text: path,
    tokens: count,
    windows: count,
    window: v.optional(integer(2)),
    dense: flag,
    variant,
    publicWeights: flag,
  }),
  plan: v.pipe(
    v.object({
      ...call,
      model: path,
      shape: v.optional(v.string()),
      layers: count,
      roundTripSeconds: nonNegative,
      bytesPerSecond: positive,
      context: count,
      check: flag,
      errorTokens: v.optional(
        v.pipe(
          integer(0),
          v.check((tokens) => tokens !== 1, 'is measured on two tokens or more, or on none (0)'),
        ),
      ),
      maxLoss: v.optional(nonNegative),
      text: path,
    }),
    v.check(
      ({ shape, model, text, errorTokens, maxLoss, check }) =>
        !shape || (model ?? text ?? errorTokens ?? maxLoss ?? check) === undefined,
      'a shape has random weights: it excludes a model, a text, error tokens, a largest loss and a check',
    ),
    v.check(
      ({ shape, layers }) => shape !== undefined || layers === undefined,
      'a number of layers belongs to a shape: a model has its own',
    ),
  ),
  leakage: v.object({
    ...call,
    model: path,
    dense: flag,
    sharedEpoch: flag,
    epochTokens: count,
    constantBudget: flag,
  }),
  attack: v.object({
    ...call,
    model: path,
    text: path,
    bytes: count,
    training: path,
    trainingBytes: count,
    predictors: path,
    epochTokens: count,
    seed: v.optional(integer(0)),
    mitigations: v.optional(v.array(v.picklist(MITIGATIONS))),
    guessSessions: v.optional(integer(0)),
    guessTokens: count,
  }),
  trace: v.pipe(
    v.object({
      ...call,
      output: text,
      model: path,
      shape: v.optional(v.string()),
      layers: count,
      prompt: v.optional(v.string()),
      maxTokens: v.optional(integer(2)),
      dense: flag,
      modes: letters,
      variant,
      epochTokens: count,
      roundTripSeconds: v.optional(v.pipe(nonNegative, v.maxValue(10))),
    }),
    v.check(
      ({ shape, model, prompt }) => !shape || (model ?? prompt) === undefined,
      'a shape excludes model and prompt',
    ),
  ),
  measureCost: v.object({
    ...call,
    shape: v.string(),
    step: v.picklist(['decode', 'prefill']),
    context: v.optional(integer(1, 2048)),
    tokens: v.optional(integer(1, 64)),
    repeat: v.optional(integer(1, 4096)),
    act: v.optional(v.picklist(['relu', 'silu'])),
    bias: flag,
    postNorm: flag,
    variant,
    publicWeights: flag,
    sparse: flag,
    density: v.optional(v.pipe(nonNegative, v.maxValue(1))),
    heads: v.optional(integer(0)),
    rank: v.optional(integer(1, 4096)),
  }),
};

/** @throws CometError E_ARGUMENT that names the function and what is wrong. */
export function checkArguments(name: keyof typeof SCHEMAS, given: unknown): void {
  argument(name, SCHEMAS[name], given);
}
