/**
 * How much memory each part of a deployment needs, from the model's shape alone: an estimate, made before anything is loaded. What it
 * counts is said beside each term; tests compare the terms of weights and caches with what is really held.
 */
import { CometError } from '../core/errors.js';
import { PREFILL_ROWS } from '../cost/prefill.js';
import { type Plan, prefixLength } from '../plan/formats.js';
import { isGrouped, keyWidth, queryWidth, qkvWidth, type Shape } from '../plan/shape.js';

/** What a model and its sessions need beside the shape. */
export interface Extras {
  /** 1 where a session may have an epoch of its own, and with it weights. */
  readonly epochs?: number;
  /** Whether layers have matrices that make the residual: post-norm models. */
  readonly postNorm?: boolean;
  /** Whether the weights have no masks: two bytes each at a server, nothing at the dealer. */
  readonly publicWeights?: boolean;
  /** Whether feed-forward layers are gated: they have a third matrix. */
  readonly gated?: boolean;
  /** Of the layers' predictors, in their order; absent or empty where the model has none. */
  readonly ranks?: readonly number[];
  /** Tokens of the constant prefix; none unless given. */
  readonly prefix?: number;
  /** Whether the stream is wider than words of six bytes. */
  readonly wideStream?: boolean;
}

/** Of a plan. Where the model has predictors, sessions may be sparse and have epochs of their own. */
export function extrasOf(plan: Plan): Extras {
  const { layers, wx, publicWeights } = plan;
  const ranks = layers.map(({ predictor }) => predictor?.rank ?? 0);
  return {
    ...{
      ranks,
      epochs: !publicWeights && ranks.some((rank) => rank > 0) ? 1 : 0,
      publicWeights,
      postNorm: layers.some(({ postNorm }) => postNorm),
    },
    ...{ prefix: prefixLength(plan), wideStream: wx > 8 * STREAM, gated: layers.some(({ gate }) => gate?.matrix) },
  };
}

/** Who needs memory; the owner is whoever has the checkpoint. */
export type Part = 'owner' | 'client' | 'server0' | 'server1' | 'dealer';

/** Bytes. */
export interface MemoryUse {
  readonly parts: Readonly<Partial<Record<Part, number>>>;
  readonly total: number;
  /** What one more session at the same time takes, of all parts together. */
  readonly perSession: number;
}

/** The estimate, as callers hear it before anything is loaded. */
export interface MemoryEvent extends MemoryUse {
  readonly type: 'memory';
}

const MIB = 2 ** 20;
/** A worker or process with the kernels and nothing else. */
const RUNTIME = 48 * MIB;
/** What one WebAssembly memory can hold. */
const WASM = 4096 * MIB;
/** What a part may need in one, so that there is room for what is made on the way. */
export const INSTANCE_BYTES = (3 / 4) * WASM;
/**
 * Bytes of a word of matrices by what their products are opened at: 32 bits at most (queries, keys, values, up-projections, predictors),
 * 48 (what is added to the stream), or more (the same where the stream is wide; values of a prefix).
 */
const HALF = 4;
/** Bytes of a public weight. */
const INTEGER = 2;
const STREAM = 6;
const WIDE = 8;
/** Correlations of a score, both exponentials and the lift. */
const SCORE = 450;
/** A layer's correlations are bounded by what a prefill step may have, and are held packed, unpacked and on their way. */
const LARGEST_SECTION = 32 * MIB;
const COPIES = 4;

/** What `parts` need on one machine, in one session. */
export function memoryUse(shape: Shape, parts: readonly Part[], extras: Extras = {}): MemoryUse {
  const each = Object.fromEntries(parts.map((part) => [part, RUNTIME + bytesOf(shape, part, extras)]));
  const perSession = parts.reduce((sum, part) => sum + sessionBytes(shape, part, extras), 0);
  return { parts: each, total: Object.values(each).reduce((sum, bytes) => sum + bytes, 0), perSession };
}

/** Of a session at a part: caches and inputs of a full context, weights of its own, and correlations on their way. */
function sessionBytes(shape: Shape, part: Part, extras: Extras): number {
  if (part === 'owner' || part === 'client') return 0;
  const own = placedBytes(shape, part, extras) - placedBytes(shape, part, { ...extras, epochs: 0 });
  return own + cacheBytes(shape, part) + keptBytes(shape, part, extras) + workingBytes(shape);
}

function bytesOf(shape: Shape, part: Part, extras: Extras): number {
  const weights = matrixWords(shape, extras) + skipWords(shape, extras);
  if (part === 'owner') {
    // The checkpoint, its prepared form, and the float model that calibrates and checks; predictors as they came and in the owner's order. All f32.
    const { down, up } = predictorWords(shape, extras);
    return 3 * 4 * (weights + tableWords(shape)) + 2 * 4 * (down + up);
  }
  // Embedding, positions and head as they came, and the head as the kernels multiply by it.
  if (part === 'client') return 4 * (tableWords(shape) + shape.vocab * shape.width);
  return placedBytes(shape, part, { ...extras, epochs: 0 }) + sessionBytes(shape, part, extras);
}

/** A server has a cached element as it is masked and half of its mask, the dealer its mask. */
const cacheBytes = (shape: Shape, part: Part): number =>
  8 * wordsOf(part) * 2 * shape.layers * shape.context * keyWidth(shape);

/** Words that a part has of each of its wires and weights. */
const wordsOf = (part: Part): number => (part === 'dealer' ? 1 : 2);

/**
 * Matrices of a server or the dealer, those of predictors and the prefix's keys and values included. An epoch has its own of what moves: all but what predictors read first; of
 * neurons twice while the next one is made.
 */
function placedBytes(shape: Shape, part: Part, extras: Extras): number {
  const { down, up } = predictorWords(shape, extras);
  const { layers, width, ffn } = shape;
  const { epochs = 0, prefix = 0, gated, wideStream, publicWeights } = extras;
  if (publicWeights)
    return part === 'dealer' ? 0 : INTEGER * (matrixWords(shape, extras) + skipWords(shape, extras) + down + up);
  const stream = wideStream ? WIDE : STREAM;
  const neurons = ((gated ? 2 : 1) * HALF + stream) * layers * width * ffn + HALF * up;
  const ofPrefix = (HALF + WIDE) * layers * prefix * keyWidth(shape);
  const matrices = neurons + layers * width * (HALF * qkvWidth(shape) + stream * queryWidth(shape)) + ofPrefix;
  const still = HALF * down + stream * skipWords(shape, extras);
  return wordsOf(part) * (still + (1 + epochs) * matrices + epochs * neurons);
}

/** Inputs of positions that some head lacks (ts/cache/holes.ts), at most of all: a row and the norm's `r`, in layers whose heads are predicted. */
function keptBytes(shape: Shape, part: Part, { ranks = [] }: Extras): number {
  if (isGrouped(shape)) return 0;
  const { width, context } = shape;
  return 8 * wordsOf(part) * ranks.slice(1).filter((_, i) => ranks[i] > 0).length * context * (width + 1);
}

/** Words of both matrices of all predictors: from the layer's input to the rank, and from there to neurons and the next layer's heads. */
export function predictorWords(
  { width, ffn, heads, layers }: Shape,
  { ranks = [] }: Extras,
): { readonly down: number; readonly up: number } {
  const sum = ranks.reduce((total, rank) => total + rank, 0);
  return { down: width * sum, up: (ffn + heads) * sum - heads * (ranks[layers - 1] ?? 0) };
}

/** Embedding, positions and head. */
const tableWords = ({ vocab, context, width }: Shape): number => (2 * vocab + context) * width;

/** Of a model in floats of four bytes. */
export const modelBytes = (shape: Shape, feedForward: Pick<Extras, 'gated'> = {}): number =>
  4 * (matrixWords(shape, feedForward) + tableWords(shape));

/** Words of all matrices of all layers. */
export const matrixWords = (shape: Shape, { gated = false }: Pick<Extras, 'gated'> = {}): number =>
  shape.layers * shape.width * (qkvWidth(shape) + queryWidth(shape) + (gated ? 3 : 2) * shape.ffn);

/** Of those that make the residual. */
const skipWords = ({ layers, width }: Shape, { postNorm }: Extras): number =>
  postNorm ? 2 * layers * width * width : 0;

/** The largest step's correlations on their way through a party. */
const workingBytes = ({ heads, context }: Shape): number =>
  COPIES * Math.min(LARGEST_SECTION, Math.min(PREFILL_ROWS, context) * heads * context * SCORE);

/** Where parts are to run. */
export interface Machine extends Extras {
  /** Bytes of memory that there are, if known. */
  readonly memory?: number;
  /** Bytes that may be used, where somebody set a limit. */
  readonly limit?: number;
  /** Worker threads among which a server's or dealer's matrices are divided; 0 or absent where it keeps them itself. */
  readonly threads?: number;
}

/** @throws CometError `E_LIMIT` when parts cannot run there. */
export function requireMemory(shape: Shape, use: MemoryUse, { memory, limit, threads = 0, ...extras }: Machine): void {
  const needed = `the model needs about ${describeMemory(use)}`;
  if (limit !== undefined && use.total > limit)
    throw new CometError(
      'E_LIMIT',
      `${needed}; the limit is ${sized(limit)}: raise it (--max-memory, or limits.memoryBytes of a configuration)`,
    );
  if (memory !== undefined && use.total > memory)
    throw new CometError(
      'E_LIMIT',
      `${needed}; this machine has ${sized(memory)}: run the parties on several machines`,
    );
  for (const [part, bytes] of Object.entries(use.parts) as [Part, number][]) {
    if (largestInstance(shape, part, bytes, threads, extras) <= WASM) continue;
    const way =
      part === 'server0' || part === 'server1' || part === 'dealer'
        ? ': serve with more --threads'
        : ': comet cannot run so large a model';
    throw new CometError(
      'E_LIMIT',
      `${needed}; ${part} would need more than the ${sized(WASM)} of one WebAssembly memory${way}`,
    );
  }
}

/** Bytes of the largest WebAssembly memory of a part: of its arrays in JavaScript none are there, matrices are spread over threads. */
function largestInstance(shape: Shape, part: Part, bytes: number, threads: number, extras: Extras): number {
  const { vocab, width } = shape;
  if (part === 'owner') return 4 * (matrixWords(shape) + vocab * width);
  if (part === 'client') return 4 * vocab * width;
  const inside = bytes - keptBytes(shape, part, extras);
  if (threads === 0) return inside;
  const matrices = placedBytes(shape, part, extras);
  return Math.max(matrices / threads, inside - matrices);
}

/** Over how many WebAssembly memories a server's weights are spread, where one takes so many bytes. */
export function instancesOf(shape: Shape, extras: Extras = {}, bytes = INSTANCE_BYTES): number {
  return Math.ceil(memoryUse(shape, ['server0'], extras).total / bytes);
}

/** {@link Machine.threads} of parties in one process, which spread weights over as many memories as they need. */
export function embeddedThreads(shape: Shape, extras: Extras): number {
  const instances = instancesOf(shape, extras);
  return instances > 1 ? instances : 0;
}

/** For people: `1.64 GB of memory (server0 520 MB, ...), and each further session at the same time 350 MB` where others may come. */
export function describeMemory({ parts, total, perSession }: MemoryUse): string {
  const each = Object.entries(parts).map(([part, bytes]) => `${part} ${sized(bytes)}`);
  // Where the owner is, too, all roles are here for one session.
  const more =
    perSession > 0 && parts.owner === undefined
      ? `, and each further session at the same time ${sized(perSession)}`
      : '';
  return `${sized(total)} of memory (${each.join(', ')})${more}`;
}

const sized = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
