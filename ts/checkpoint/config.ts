/**
 * `config.json` of a Hugging Face checkpoint: which family it is, and what its fields say. Each family has a file of its own. What can be
 * loaded and cannot be run privately is refused by {@link requirePrivate}.
 */
import { CometError } from '../core/errors.js';
import type { CheckpointConfig, Variant } from './architecture.js';
import { ConfigFields } from './config-fields.js';
import { LLAMA_FAMILIES } from './config-llama.js';
import { parseOpt } from './config-opt.js';

/** How the configurations of one `model_type` are read. */
interface Family {
  /** What the names of its architectures begin with. */
  readonly architectures: readonly string[];
  readonly parse: (fields: ConfigFields) => CheckpointConfig;
}

const FAMILIES: ReadonlyMap<unknown, Family> = new Map<unknown, Family>([
  ['opt', { architectures: ['OPT'], parse: parseOpt }],
  ['llama', { architectures: ['Llama', 'SparseLlama'], parse: LLAMA_FAMILIES.llama }],
  ['sparsellama', { architectures: ['SparseLlama'], parse: LLAMA_FAMILIES.llama }],
  ['mistral', { architectures: ['Mistral'], parse: LLAMA_FAMILIES.mistral }],
  ['qwen2', { architectures: ['Qwen2'], parse: LLAMA_FAMILIES.qwen2 }],
  ['qwen3', { architectures: ['Qwen3'], parse: LLAMA_FAMILIES.qwen3 }],
]);

/**
 * Reads a `config.json`; `path` is for messages.
 * @throws CometError `E_CHECKPOINT` when it is damaged, `E_UNSUPPORTED` naming the field and its value when the architecture is another.
 */
export function parseConfig(text: string, path: string): CheckpointConfig {
  const fields = new ConfigFields(text, path);
  const family = FAMILIES.get(fields.get('model_type'));
  const names = [...FAMILIES.keys()].map((name) => JSON.stringify(name)).join(', ');
  if (family === undefined) throw fields.unsupported('model_type', `supported are ${names}`);
  if (!isOf(family, fields.get('architectures')))
    throw fields.unsupported(
      'architectures',
      `one of ${family.architectures.join('..., ')}... is expected with this model_type`,
    );
  if ((fields.get('quantization_config') ?? undefined) !== undefined)
    throw fields.unsupported('quantization_config', 'only models without it are supported');
  return family.parse(fields);
}

/** Whether `architectures` names a class of the family: those without a head, or with another, have the same decoder. It may say nothing. */
function isOf({ architectures }: Family, given: unknown): boolean {
  if (given === undefined || given === null) return true;
  if (!Array.isArray(given)) return false;
  return (
    given.length === 0 ||
    given.some((name) => typeof name === 'string' && architectures.some((of) => name.startsWith(of)))
  );
}

/** Refuses what the private protocol has no program for. @throws CometError `E_UNSUPPORTED` naming the field. */
export function requirePrivate({ normBefore, finalNorm }: Variant, name: string): void {
  const refuse = (field: string) =>
    new CometError('E_UNSUPPORTED', `${name}: ${field}; such a model runs in plaintext only, not privately`);
  // A post-norm model has none at its end: that of the last layer is there.
  if (normBefore && !finalNorm) throw refuse('_remove_final_layer_norm is true');
}
