/** Shapes that commands know by name: what is measured or planned of them has random weights. */
import { CometError } from '../core/errors.js';
import type { Shape } from './shape.js';

/** Dimensions of a layer. */
export type LayerShape = Omit<Shape, 'layers' | 'context' | 'vocab'>;

/** Dimensions of a decoder's layers, and how many it has. */
export interface KnownShape extends LayerShape {
  readonly layers: number;
}

/** By name; those called opt have the sizes of the published models. */
export const SHAPES = {
  'opt-125m': { layers: 12, width: 768, heads: 12, kvHeads: 12, headDim: 64, ffn: 3072 },
  'opt-1.3b': { layers: 24, width: 2048, heads: 32, kvHeads: 32, headDim: 64, ffn: 8192 },
  'opt-2.7b': { layers: 32, width: 2560, heads: 32, kvHeads: 32, headDim: 80, ffn: 10240 },
  'opt-6.7b': { layers: 32, width: 4096, heads: 32, kvHeads: 32, headDim: 128, ffn: 16384 },
  'comet-16m': { layers: 8, width: 384, heads: 12, kvHeads: 12, headDim: 32, ffn: 1536 },
  tiny: { layers: 2, width: 32, heads: 4, kvHeads: 4, headDim: 8, ffn: 64 },
} as const satisfies Readonly<Record<string, KnownShape>>;

/** Names of {@link SHAPES}, as help and messages list them. */
export const SHAPE_NAMES = Object.keys(SHAPES) as readonly (keyof typeof SHAPES)[];

/** @throws CometError `E_ARGUMENT` for a name that is not one of {@link SHAPES}. */
export function shapeOf(name: string): KnownShape {
  if (Object.hasOwn(SHAPES, name)) return SHAPES[name as keyof typeof SHAPES];
  throw new CometError('E_ARGUMENT', `the shape ${name} is not known; known are ${SHAPE_NAMES.join(', ')}`);
}
