/** The model owner: turns a prepared, calibrated model into what the other roles get. */
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js';
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import { PLAIN_VARIANT } from '../plain/float-weights.js';
import type { FeedForwardKind } from '../plan/activation.js';
import type { Plan } from '../plan/formats.js';
import { gateWay } from '../plan/gate-formats.js';
import { makePlan } from '../plan/make.js';
import type { PredictorRange, Ranges, WeightRms } from '../plan/ranges.js';
import { type VariantName, VARIANTS } from '../plan/variants.js';
import type { LayerPredictor, Predictors } from '../predict/predictor.js';
import { predictorScales } from '../predict/scales.js';
import type { Calibration } from '../provision/calibration.js';
import { type Manifest, SHARE_FORMAT } from '../provision/manifest.js';
import { maskModel } from '../provision/mask.js';
import { prefixOf, prefixRange } from '../provision/prefix.js';
import { drawOrders, inOrder, ownOrders, type LayerSecrets, type OwnedModel } from '../provision/owned.js';
import type { PreparedModel } from '../provision/prepare.js';
import { type MaskedTensor, type MaskSeeds } from '../weights/tensors.js';
import { type ClientModel, clientModel } from './client-model.js';

/** A provisioned model, in memory. */
export interface Provisioned {
  readonly manifest: Manifest;
  /** The plaintext that was masked, in the order of the first epoch. */
  readonly model: OwnedModel;
  /** Of the weights' masks; nobody uses them where the weights are public. */
  readonly seeds: MaskSeeds;
  /** Made as they are consumed, once. */
  readonly tensors: Iterable<MaskedTensor>;
  readonly client: ClientModel;
}

/** A model as it will be masked, and its plan. */
export interface Planned {
  readonly plan: Plan;
  readonly model: OwnedModel;
}

/** What an owner may choose of a plan. */
export interface PlanOptions {
  /** Of the program; `digits` unless given. */
  readonly variant?: VariantName;
  /** Everybody may know the weights: they have no masks, and stay in the checkpoint's order. */
  readonly publicWeights?: boolean;
}

/**
 * The plan of a model, which can run sparse where there are predictors, and the model in a random
 * order from a secret seed of 32 bytes; in its own order where its weights are public.
 * @throws CometError E_RANGE when its values fit no plan, E_UNSUPPORTED for predictors that read an earlier layer's input or are of a
 * post-norm model.
 */
export function planModel(
  kernels: Kernels,
  model: PreparedModel,
  calibration: Calibration,
  predictors: Predictors | undefined,
  orderSeed: Uint8Array,
  { variant = 'digits', publicWeights = false }: PlanOptions = {},
): Planned {
  if (model.layers.some(({ headNorms }) => headNorms))
    throw new CometError('E_UNSUPPORTED', 'a model with norms of heads runs in plaintext only, not privately');
  if (predictors && model.layers.some(({ skip }) => skip))
    throw new CometError(
      'E_UNSUPPORTED',
      'predictors of a model with do_layer_norm_before false are not supported: remove predictors.safetensors from its folder',
    );
  const weights = model.layers.map((layer): WeightRms => ({
    qkv: rms(layer.qkv),
    o: rms(layer.o),
    up: rms(layer.up),
    down: rms(layer.down),
    ...(layer.gate && { gate: rms(layer.gate) }),
    ...(layer.skip && { skip: { a: rms(layer.skip.a), b: rms(layer.skip.b) } }),
  }));
  const { rope, feedForward } = model.variant ?? PLAIN_VARIANT;
  const biased = model.layers.some(({ bias }) => bias);
  const { prefix: ids } = calibration;
  const prefix = ids && prefixOf(kernels, model, ids);
  const ranges: Ranges = {
    layers: calibration.layers.map((range, i) => ({
      ...range,
      ...(prefix && { prefix: prefixRange(prefix.layers[i]) }),
    })),
    ...(ids && { prefix: ids }),
    finalNorm: calibration.finalNorm,
    weights,
    ...(model.variant && { eps: model.variant.eps }),
    ...(gateWay(feedForward) ? biasesOf(feedForward, model.layers[0].bias) : { biased }),
    ...(rope && { rope: { frequencies: rope.frequencies } }),
    predictors: predictors?.layers.map(predictorRange),
  };
  const { layers, width, heads, kvHeads, headDim, ffn, context, vocab } = model.shape;
  const shape = { layers, width, heads, kvHeads, headDim, ffn, context, vocab };
  const { plan: made, centers } = makePlan(shape, model.scoreShift, ranges, VARIANTS[variant]);
  if (predictors && made.layers.some(({ gate }) => gate?.way === 'sines'))
    throw new CometError(
      'E_UNSUPPORTED',
      'an activation as silu or gelu is never zero, so predictors have nothing to leave out: remove predictors.safetensors from its folder',
    );
  const minus = (values: Iterable<number>): Float32Array => Float32Array.from(values, (value) => -value);
  const secrets = centers.map((of, i): LayerSecrets => {
    const { down, up, thresholds } = predictors?.layers[i] ?? {};
    return {
      centers: minus(of),
      ...(prefix && { prefix: prefix.layers[i] }),
      ...(down && up && thresholds && { predictor: { down, up, thresholds: minus(thresholds) } }),
    };
  });
  const whole = { ...model, ...(prefix && { prefixState: prefix.state }) };
  const plan: Plan = publicWeights ? { ...made, publicWeights } : made;
  const orders = publicWeights ? ownOrders(shape) : drawOrders(kernels, shape, orderSeed);
  return { plan, model: inOrder(whole, secrets, orders) };
}

/** Which biases layers other than OPT's have. */
function biasesOf(
  feedForward: FeedForwardKind,
  bias: PreparedModel['layers'][number]['bias'],
): Pick<Ranges, 'feedForward' | 'attentionBias'> {
  const { qkv, o, up } = bias ?? {};
  const attentionBias = { ...(qkv && { qkv: true }), ...(o && { o: true }) };
  return { feedForward: { ...feedForward, biased: up !== undefined }, ...((qkv ?? o) && { attentionBias }) };
}

function predictorRange(predictor: LayerPredictor, layer: number): PredictorRange {
  const { from, rank, thresholds, peaks, most } = predictor;
  if (from !== layer) {
    const message = `the predictor of layer ${layer} reads the input of layer ${from}, which runs in plaintext only; train again without --from-layer`;
    throw new CometError('E_UNSUPPORTED', message);
  }
  return { rank, outputs: thresholds.length, scales: predictorScales(predictor), peaks, most };
}

/** How to mask a model. */
export interface ProvisionOptions extends PlanOptions {
  /** Without them the model runs dense only. */
  readonly predictors?: Predictors;
  /** Instead of fresh randomness, where runs must be repeatable: tests only. */
  readonly insecureSeeds?: MaskSeeds & { readonly order: Uint8Array };
}

/** Masks a model for parties on this machine. */
export function provision(
  kernels: Kernels,
  name: string,
  prepared: PreparedModel,
  calibration: Calibration,
  { predictors, insecureSeeds, ...choices }: ProvisionOptions = {},
): Provisioned {
  const orderSeed = insecureSeeds?.order ?? randomBytes(32);
  const { plan, model } = planModel(kernels, prepared, calibration, predictors, orderSeed, choices);
  const { seed0, seed1 } = insecureSeeds ?? { seed0: randomBytes(32), seed1: randomBytes(32) };
  const seeds = { seed0, seed1 };
  const salt = insecureSeeds ? '00'.repeat(16) : bytesToHex(randomBytes(16));
  const manifest: Manifest = {
    format: SHARE_FORMAT,
    model: name,
    plan,
    positionOffset: model.shape.positionOffset,
    salt,
    masked: '',
    tables: '',
  };
  return {
    manifest,
    model,
    seeds,
    tensors: maskModel(kernels, model, plan, plan.publicWeights ? undefined : seeds),
    client: clientModel(kernels, manifest, model),
  };
}

function rms(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}
