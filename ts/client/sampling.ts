/**
 * Sampling at the client. Uses the kernels' exp and random stream, so a seed and the same logits
 * give the same tokens in every runtime.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';

/**
 * How the next token is chosen. The filters apply in this order: repetition penalty, temperature,
 * top-k, top-p.
 */
export interface Sampling {
  /**
   * Logits of tokens in the text so far are divided by this where positive, multiplied where
   * negative; above 0, 1 changes nothing.
   */
  readonly repetitionPenalty?: number;
  /** 0 is greedy, and the default. */
  readonly temperature?: number;
  /** Draw among so many of the most likely tokens only. */
  readonly topK?: number;
  /**
   * Draw among the fewest most likely tokens that together have this probability; above 0, at most
   * 1.
   */
  readonly topP?: number;
  /** An integer of at least 0, which it is unless given. */
  readonly seed?: number;
}

/** Checked values, none left out: what {@link parseSampling} gives. */
export type ParsedSampling = Required<Sampling>;

/**
 * Checks values before any work is done.
 * @throws CometError E_ARGUMENT that names the one out of range.
 */
export function parseSampling({
  repetitionPenalty = 1,
  temperature = 0,
  topK,
  topP = 1,
  seed = 0,
}: Sampling): ParsedSampling {
  const bad = (what: string) => new CometError('E_ARGUMENT', what);
  if (!(repetitionPenalty > 0 && repetitionPenalty <= 100))
    throw bad('the repetition penalty must be above 0 and at most 100');
  if (!(temperature >= 0 && temperature <= 100)) throw bad('the temperature must be between 0 and 100');
  if (topK !== undefined && !(Number.isSafeInteger(topK) && topK >= 1)) throw bad('top-k must be a positive integer');
  if (!(topP > 0 && topP <= 1)) throw bad('top-p must be above 0 and at most 1');
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw bad('the seed must be an integer of at least 0');
  return { repetitionPenalty, temperature, topK: topK ?? Infinity, topP, seed };
}

/** Index of the largest logit; the first of equals. */
export function greedy(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  return best;
}

/** Draws tokens from logits. */
export class Sampler {
  readonly #key: Uint8Array;
  readonly #temperature: number;
  readonly #penalty: number;
  readonly #topK: number;
  readonly #topP: number;
  readonly #seen = new Set<number>();
  #draws = 0;

  constructor(
    private readonly kernels: Kernels,
    { repetitionPenalty, temperature, topK, topP, seed }: ParsedSampling,
  ) {
    this.#penalty = repetitionPenalty;
    this.#temperature = temperature;
    this.#topK = topK;
    this.#topP = topP;
    this.#key = sha256(utf8ToBytes(`comet sampling ${seed}`));
  }

  /** Tells of tokens that are in the text already: the prompt's. */
  see(ids: readonly number[]): void {
    for (const id of ids) this.#seen.add(id);
  }

  /** The next token; `logits` stay as they are. */
  next(logits: Float32Array): number {
    const penalised = this.#penalise(logits);
    const best = greedy(penalised);
    const token = this.#temperature === 0 ? best : this.#draw(penalised, best);
    this.#seen.add(token);
    return token;
  }

  #penalise(logits: Float32Array): Float32Array {
    if (this.#penalty === 1) return logits;
    const result = logits.slice();
    for (const id of this.#seen) result[id] = logits[id] > 0 ? logits[id] / this.#penalty : logits[id] * this.#penalty;
    return result;
  }

  #draw(logits: Float32Array, best: number): number {
    const weights = Array.from(logits, (logit) => this.kernels.exp((logit - logits[best]) / this.#temperature));
    if (this.#topK < weights.length || this.#topP < 1) this.#filter(weights);
    const sum = weights.reduce((a, b) => a + b, 0);
    let left = this.#uniform() * sum;
    for (const [token, weight] of weights.entries()) {
      left -= weight;
      if (left < 0) return token;
    }
    return best;
  }

  /** Sets the weights of all tokens but the most likely to zero; of equals the first stay. */
  #filter(weights: number[]): void {
    const order = Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a] || a - b);
    const top = order.slice(0, this.#topK);
    const wanted = this.#topP * top.reduce((sum, token) => sum + weights[token], 0);
    let kept = 0;
    for (let sum = 0; kept < top.length && (kept === 0 || sum < wanted); kept++) sum += weights[top[kept]];
    for (const token of order.slice(kept)) weights[token] = 0;
  }

  /** Uniform in [0, 1) with 53 bits. */
  #uniform(): number {
    const [word] = this.kernels.prgWords(this.#key, new Uint8Array(12), this.#draws++, 1, 53);
    return Number(word) / 2 ** 53;
  }
}
