/** Which options of `comet bench` belong to which benchmark: one that would change nothing is refused rather than ignored. */
import { CometError } from '../core/errors.js';
import { type VariantName, VARIANT_NAMES } from '../plan/variants.js';
import type { OnNotice } from '../provision/node/texts.js';

/** What is measured where nothing is named; the others take minutes. */
export const BENCHES = ['kernels', 'gates', 'tokens'] as const;
export type BenchName = (typeof BENCHES)[number] | 'cache' | 'sessions';

export interface BenchOptions {
  /** Seconds spent on each kernel and on each side of a gate: 0.6 and 0.1 unless given. */
  readonly seconds?: number;
  /** tokens, sessions, cache: a checkpoint folder; the model that comes with comet unless given. */
  readonly model?: string;
  /** cache: what is continued. */
  readonly prompt?: string;
  /** gates, tokens, sessions: random weights of a known shape, cache: of its layer; gates and cache run opt-125m unless given. */
  readonly shape?: string;
  /** tokens, sessions, with `shape`: 1 unless given. */
  readonly layers?: number;
  /** gates: positions attended to, 33 unless given. */
  readonly context?: number;
  /** tokens, sessions: 24 unless given; cache: 128; fewer where the context is short. */
  readonly tokens?: number;
  /** cache: vectors of a layer that may be computed before a head needs them. */
  readonly prefetch?: number;
  /** tokens: whether to run once more for a profile; true unless given. */
  readonly profile?: boolean;
  /** sessions: numbers of sessions at once, each measured; 1 and 8 unless given. */
  readonly sessions?: readonly number[];
  /** sessions: added to every message and its answer; none unless given. */
  readonly roundTripSeconds?: number;
  /** tokens, sessions: everything, also where the model has predictors. */
  readonly dense?: boolean;
  /** gates, tokens, sessions: of the program; `digits` unless given. */
  readonly variant?: VariantName;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
  readonly onNotice?: OnNotice;
}

type Option = Exclude<keyof BenchOptions, 'signal' | 'onProgress' | 'onNotice'>;

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
