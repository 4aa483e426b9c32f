/** Sampling at the client. Uses the kernels' exp and random stream, so a seed gives the same tokens in every runtime. */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';

/** `temperature` 0 is greedy. */
export interface Sampling {
  readonly temperature?: number;
  readonly seed?: number;
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
  #draws = 0;

  /** @throws CometError E_ARGUMENT for a temperature that is not a number from 0 to 100. */
  constructor(
    private readonly kernels: Kernels,
    { temperature = 0, seed = 0 }: Sampling,
  ) {
    if (!(temperature >= 0 && temperature <= 100))
      throw new CometError('E_ARGUMENT', 'the temperature must be between 0 and 100');
    if (!Number.isSafeInteger(seed)) throw new CometError('E_ARGUMENT', 'the seed must be an integer');
    this.#temperature = temperature;
    this.#key = sha256(utf8ToBytes(`comet sampling ${seed}`));
  }

  /** The next token. */
  next(logits: Float32Array): number {
    const best = greedy(logits);
    if (this.#temperature === 0) return best;
    const weights = Array.from(logits, (logit) => this.kernels.exp((logit - logits[best]) / this.#temperature));
    const sum = weights.reduce((a, b) => a + b, 0);
    let left = this.#uniform() * sum;
    for (const [token, weight] of weights.entries()) {
      left -= weight;
      if (left < 0) return token;
    }
    return best;
  }

  /** Uniform in [0, 1) with 53 bits. */
  #uniform(): number {
    const [word] = this.kernels.prgWords(this.#key, new Uint8Array(12), this.#draws++, 1, 53);
    return Number(word) / 2 ** 53;
  }
}
