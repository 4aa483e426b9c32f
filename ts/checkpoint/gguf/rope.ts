/** Rotary embeddings as GGUF files describe them, in the fields of `config.json`. */
import { CometError } from '../../core/errors.js';
import type { Metadata } from './metadata.js';

/** Llama 3's bounds of wavelengths, and the context it was trained on first: GGUF files have the factors only that follow from them. */
const LLAMA3 = { low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };

/** What `config.json` says of rotation. */
export interface Rope {
  readonly rope_theta: number;
  readonly rope_scaling: Readonly<Record<string, unknown>> | null;
}

/**
 * @param architecture before the dot of the keys
 * @param headDim values of a head
 * @param factors the tensor `rope_freqs.weight`, where there is one
 * @throws CometError `E_UNSUPPORTED` naming the key or tensor.
 */
export function ropeOf(metadata: Metadata, architecture: string, headDim: number, factors?: Float32Array): Rope {
  const key = (name: string): string => `${architecture}.rope.${name}`;
  if (metadata.integer(key('dimension_count'), headDim) !== headDim)
    throw metadata.unsupported(key('dimension_count'), `only rotation of whole heads, of ${headDim}, is supported`);
  const theta = metadata.float(key('freq_base'), 10_000);
  const type = metadata.string(key('scaling.type'), 'none');
  if (factors) {
    if (type !== 'none') throw metadata.unsupported(key('scaling.type'), 'the file has rope_freqs.weight besides');
    return { rope_theta: theta, rope_scaling: llama3(metadata.path, theta, headDim, factors) };
  }
  return { rope_theta: theta, rope_scaling: scalingOf(metadata, key, type) };
}

function scalingOf(metadata: Metadata, key: (name: string) => string, type: string): Rope['rope_scaling'] {
  const factor = metadata.float(key('scaling.factor'), 1);
  if (type === 'none' || factor === 1) return null;
  if (type === 'linear') return { rope_type: 'linear', factor };
  if (type === 'yarn') {
    const original = metadata.integer(key('scaling.original_context_length'));
    return { rope_type: 'yarn', factor, original_max_position_embeddings: original };
  }
  throw metadata.unsupported(key('scaling.type'), 'supported are none, linear, yarn and the factors of Llama 3');
}

/** The parameters whose factors these are. @throws CometError `E_UNSUPPORTED` when Llama 3's rule gives others. */
function llama3(path: string, theta: number, headDim: number, factors: Float32Array): Rope['rope_scaling'] {
  // Converters compute in 32 bits: 8.000000953674316 means 8.
  const factor = Number(factors.reduce((most, value) => Math.max(most, value), 1).toPrecision(6));
  const same = factors.every((value, i) => {
    const expected = factorOf((2 * Math.PI) / theta ** ((-2 * i) / headDim), factor);
    return Math.abs(value - expected) <= 1e-5 * expected;
  });
  if (!same)
    throw new CometError('E_UNSUPPORTED', `${path}: rope_freqs.weight holds other factors than those of Llama 3`);
  return { rope_type: 'llama3', factor, ...LLAMA3 };
}

/** By what a frequency of this wavelength is divided. */
function factorOf(wavelength: number, factor: number): number {
  const { low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: context } = LLAMA3;
  if (wavelength < context / high) return 1;
  if (wavelength > context / low) return factor;
  const smooth = (context / wavelength - low) / (high - low);
  return 1 / ((1 - smooth) / factor + smooth);
}
