/** Which options of `comet bench` belong to which benchmark: one that would change nothing is refused rather than ignored. */
import { CometError } from '../core/errors.js';
import { VARIANT_NAMES } from '../model/variants.js';
import type { BenchName, BenchOptions } from './bench.js';

type Option = Exclude<keyof BenchOptions, 'signal' | 'onProgress'>;

/** What each option is for, and how sentences call it. */
const OPTIONS: Readonly<Record<Option, readonly [name: string, of: readonly BenchName[]]>> = {
  seconds: ['seconds', ['kernels', 'gates']],
  model: ['a model', ['tokens', 'cache', 'sessions']],
  prompt: ['a prompt', ['cache']],
  shape: ['a shape', ['gates', 'tokens', 'cache', 'sessions']],
  layers: ['a number of layers', ['tokens', 'sessions']],
  context: ['a context', ['gates']],
  tokens: ['a number of tokens', ['tokens', 'cache', 'sessions']],
  prefetch: ['prefetch', ['cache']],
  profile: ['a profile', ['tokens']],
  sessions: ['a number of sessions', ['sessions']],
  roundTripSeconds: ['a round trip', ['sessions']],
  dense: ['dense', ['tokens', 'sessions']],
  variant: ['a variant', ['gates', 'tokens', 'sessions']],
};

/** @throws CometError E_ARGUMENT that says what an option is for. */
export function requireMeaningful(names: readonly BenchName[], options: BenchOptions): void {
  for (const [option, [name, of]] of Object.entries(OPTIONS))
    if (options[option as Option] !== undefined && !of.some((bench) => names.includes(bench)))
      throw refused(`${name} belongs to comet bench ${of.join(', ')}: leave it out of ${names.join(', ')}`);
  const { shape, model, layers, variant } = options;
  if (variant !== undefined && !VARIANT_NAMES.includes(variant))
    throw refused(`the variant is one of ${VARIANT_NAMES.join(', ')}`);
  if (layers !== undefined && shape === undefined)
    throw refused('a number of layers belongs to a shape: a model has its own');
  // Caches are measured of both: a model, and a layer of a shape.
  if (shape !== undefined && model !== undefined && !names.includes('cache'))
    throw refused('a shape has random weights, so there is nothing to take from a model: give one of them');
}

const refused = (message: string): CometError => new CometError('E_ARGUMENT', message);
