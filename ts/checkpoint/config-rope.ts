/**
 * What a `config.json` says of rotation: `rope_parameters` of transformers 5, or `rope_theta` and `rope_scaling`. Fields that are absent
 * mean what `RotaryEmbeddingConfigMixin` takes them to mean.
 */
import * as v from 'valibot';
import { finite, integer } from '../core/schema.js';
import { longropeFactor, type Rope, ropeOf, type RopeScaling, yarnFactor } from '../plan/rope.js';
import type { ConfigFields } from './config-fields.js';

/** The rotation of a checkpoint as it was trained. */
export interface TrainedRope extends Rope {
  /** Rotated queries and keys are multiplied by it. */
  readonly factor: number;
}

/** Rotation, and how many positions it is the same for. */
export interface ParsedRope {
  readonly rope: TrainedRope;
  readonly context: number;
}

const positive = v.pipe(finite, v.check((value) => value > 0, 'expected a number above zero')); // prettier-ignore
const length = integer(1, 1e9);
const given = v.object({ factor: positive });
const llama3 = v.object({ factor: positive, low_freq_factor: positive, high_freq_factor: positive });
const yarn = v.object({
  factor: v.nullish(positive),
  attention_factor: v.nullish(positive),
  beta_fast: v.nullish(finite),
  beta_slow: v.nullish(finite),
  mscale: v.nullish(finite),
  mscale_all_dim: v.nullish(finite),
  truncate: v.optional(v.boolean(), true),
});
const factors = v.array(positive);
const longrope = v.object({
  factor: v.nullish(positive),
  attention_factor: v.nullish(positive),
  short_factor: factors,
  long_factor: factors,
});

/** Its parameters, and the name of the field that has them. */
interface Parameters {
  readonly fields: ConfigFields;
  readonly field: string;
  readonly headDim: number;
  /** Of the configuration, and of the first training. */
  readonly context: number;
  readonly original: number;
}

/**
 * Reads how heads of `headDim` values are rotated in a context of so many tokens.
 * @throws CometError `E_CHECKPOINT` for a wrong field, `E_UNSUPPORTED` for one that is not implemented.
 */
export function parseRope(fields: ConfigFields, headDim: number, context: number): ParsedRope {
  const field = isEmpty(fields.get('rope_scaling')) ? 'rope_parameters' : 'rope_scaling';
  const own = fields.get(field) ?? {};
  if (typeof own !== 'object' || Array.isArray(own)) throw fields.invalid(field, 'expected an object');
  if (Object.values(own).some((value) => typeof value === 'object' && value !== null && !Array.isArray(value)))
    throw fields.unsupported(field, 'only one rotation for all layers is supported');
  const { rope_theta: theta } = fields.read(v.object({ rope_theta: v.nullish(positive, 10_000) }));
  const parts = fields.readIn(field, v.object({ rope_theta: v.nullish(positive, theta), original_max_position_embeddings: v.nullish(length) })); // prettier-ignore
  const whole = fields.read(v.object({ original_max_position_embeddings: v.nullish(length) }));
  const original = whole.original_max_position_embeddings ?? parts.original_max_position_embeddings ?? context;
  const { scaling, factor, most = context } = scalingOf({ fields, field, headDim, context, original });
  return { rope: { ...ropeOf(parts.rope_theta, headDim, scaling), factor }, context: Math.min(context, most) };
}

interface Scaled {
  readonly scaling: RopeScaling;
  readonly factor: number;
  /** Positions up to which it is this one. */
  readonly most?: number;
}

function scalingOf(parameters: Parameters): Scaled {
  const { fields, field, context, original } = parameters;
  const [named, old] = ['rope_type', 'type'].map((name) => `${field}.${name}`);
  const kind = fields.get(named) ?? fields.get(old) ?? 'default';
  // The classes of these families rotate whole heads by the default kind, whatever the field says, and cannot run the others with it.
  if (kind === 'default') return { scaling: { kind: 'default' }, factor: 1 };
  for (const name of ['partial_rotary_factor', `${field}.partial_rotary_factor`])
    if (![undefined, null, 1].includes(fields.get(name) as undefined))
      throw fields.unsupported(name, 'only 1 is supported');
  switch (kind) {
    case 'dynamic':
      // It is another one beyond the context that the model was trained for, where nothing runs.
      return { scaling: { kind: 'default' }, factor: 1 };
    case 'linear':
      return { scaling: { kind: 'linear', ...fields.readIn(field, given) }, factor: 1 };
    case 'llama3': {
      const read = fields.readIn(field, llama3);
      const [lowFrequency, highFrequency] = [read.low_freq_factor, read.high_freq_factor];
      return {
        scaling: { kind: 'llama3', factor: read.factor, lowFrequency, highFrequency, context: original },
        factor: 1,
      };
    }
    case 'yarn':
      return yarnOf(parameters, context / original);
    case 'longrope':
      return longropeOf(parameters, context / original);
    default:
      throw fields.unsupported(fields.get(named) === undefined ? old : named, 'supported are default, linear, dynamic, llama3, yarn and longrope'); // prettier-ignore
  }
}

function yarnOf({ fields, field, original }: Parameters, stretched: number): Scaled {
  const read = fields.readIn(field, yarn);
  const factor = read.factor ?? stretched;
  const { mscale, mscale_all_dim: all, truncate } = read;
  const ratio = mscale && all ? yarnFactor(factor, mscale) / yarnFactor(factor, all) : yarnFactor(factor);
  const [betaFast, betaSlow] = [read.beta_fast || 32, read.beta_slow || 1];
  const scaling = { kind: 'yarn', factor, betaFast, betaSlow, truncate, context: original } as const;
  return { scaling, factor: read.attention_factor ?? ratio };
}

/** Beyond the context of the first training frequencies are others, for all positions at once: a text stays within it. */
function longropeOf({ fields, field, headDim, original }: Parameters, stretched: number): Scaled {
  const read = fields.readIn(field, longrope);
  const { short_factor: factors } = read;
  if (factors.length !== headDim / 2)
    throw fields.invalid(`${field}.short_factor`, `expected ${headDim / 2} numbers, one for each pair of a head`);
  const factor = read.attention_factor ?? longropeFactor(read.factor ?? stretched, original);
  return { scaling: { kind: 'longrope', factors }, factor, most: original };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
