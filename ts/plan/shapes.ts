/** Shapes that commands know by name: what is measured or planned of them has random weights. */
import { CometError } from '../core/errors.js';
import type { Activation } from './activation.js';
import type { Shape } from './shape.js';

/** What layers of the Llama family are besides their dimensions: norms without centring, rotated positions, gates. */
export interface LlamaForm {
  readonly activation: Activation;
  /** Base of the rotation. */
  readonly theta: number;
  /** Added to the mean square in norms. */
  readonly eps: number;
}

/** Dimensions of a layer, and its form where it is not that of OPT. */
export type LayerShape = Omit<Shape, 'layers' | 'context' | 'vocab'> & { readonly llama?: LlamaForm };

/** Dimensions of a decoder's layers, and how many it has. */
export interface KnownShape extends LayerShape {
  readonly layers: number;
}

const llama = (theta: number): LlamaForm => ({ activation: { kind: 'silu' }, theta, eps: 1e-5 });

/** By name; all but the last two have the sizes of the published models. */
export const SHAPES = {
  'opt-125m': { layers: 12, width: 768, heads: 12, kvHeads: 12, headDim: 64, ffn: 3072 },
  'opt-1.3b': { layers: 24, width: 2048, heads: 32, kvHeads: 32, headDim: 64, ffn: 8192 },
  'opt-2.7b': { layers: 32, width: 2560, heads: 32, kvHeads: 32, headDim: 80, ffn: 10240 },
  'opt-6.7b': { layers: 32, width: 4096, heads: 32, kvHeads: 32, headDim: 128, ffn: 16384 },
  'llama-2-7b': { layers: 32, width: 4096, heads: 32, kvHeads: 32, headDim: 128, ffn: 11008, llama: llama(1e4) },
  'llama-3.2-1b': { layers: 16, width: 2048, heads: 32, kvHeads: 8, headDim: 64, ffn: 8192, llama: llama(5e5) },
  'tinyllama-1.1b': { layers: 22, width: 2048, heads: 32, kvHeads: 4, headDim: 64, ffn: 5632, llama: llama(1e4) },
  'smollm2-135m': { layers: 30, width: 576, heads: 9, kvHeads: 3, headDim: 64, ffn: 1536, llama: llama(1e5) },
  'comet-16m': { layers: 8, width: 384, heads: 12, kvHeads: 12, headDim: 32, ffn: 1536 },
  tiny: { layers: 2, width: 32, heads: 4, kvHeads: 4, headDim: 8, ffn: 64 },
} as const satisfies Readonly<Record<string, KnownShape>>;

/** Names of {@link SHAPES}, as help and messages list them. */
export const SHAPE_NAMES = Object.keys(SHAPES) as readonly (keyof typeof SHAPES)[];

/**
 * The shape with another activation.
 * @throws CometError `E_ARGUMENT` for a shape without gates.
 */
export function withActivation<T extends LayerShape>(shape: T, kind: 'relu' | 'silu'): T {
  if (!shape.llama) throw new CometError('E_ARGUMENT', 'an activation is chosen for shapes of the Llama family only');
  return { ...shape, llama: { ...shape.llama, activation: { kind } } };
}

/** @throws CometError `E_ARGUMENT` for a name that is not one of {@link SHAPES}. */
export function shapeOf(name: string): KnownShape {
  if (Object.hasOwn(SHAPES, name)) return SHAPES[name as keyof typeof SHAPES];
  throw new CometError('E_ARGUMENT', `the shape ${name} is not known; known are ${SHAPE_NAMES.join(', ')}`);
}
