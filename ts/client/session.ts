/**
 * The client's side of one session: masks embedded tokens, sends each server the masked rows, adds
 * the two shares that come back. The embedding is disclosed by the model's owner, so the head is
 * applied here, in floats.
 */
import { INPUT_LAYER, nonce, OP } from '../core/address.js';
import { CometError } from '../core/errors.js';
import { DEFAULT_LIMITS } from '../core/limits.js';
import { TapeBound } from '../cost/tape-bound.js';
import { encodeControl } from '../net/control.js';
import type { Link } from '../net/link.js';
import type { Session } from '../net/session.js';
import { type AnnouncedStep, STEPS_PER_MESSAGE } from '../plan/announced-step.js';
import type { EpochPolicy } from '../plan/epoch.js';
import type { ClientModel } from '../provision/client-model.js';
import { packedBytes } from '../wires/section.js';
import { requireNormalised, requireSums } from './out-of-range.js';
import type { SessionMode } from './session-mode.js';

/** Links and the mask keys drawn for the servers. */
export interface ClientLinks {
  readonly server0: Link;
  readonly server1: Link;
  readonly dealer: Link;
  readonly maskKeys: readonly [Uint8Array, Uint8Array];
  /** What the parties accept of a frame; the default unless given. */
  readonly frameBytes?: number;
}

/**
 * What "auto" is: what is needed for certain. Guesses hardly pay with the shipped model
 * (docs/costs.md).
 */
export const PREFETCH = 0;

export class ClientSession {
  /** Whether steps compute only what is predicted. */
  readonly sparse: boolean;
  /** How, layer by layer; all predicted unless given. */
  readonly modes?: string;
  readonly #constant: boolean;
  /** Of sparse steps, as announced. */
  readonly prefetch?: number;
  readonly keep?: number;
  readonly #tape: TapeBound;
  #step = 0;
  readonly #pending: AnnouncedStep[] = [];
  #epochs?: EpochPolicy;

  /** @param mode one that the model's plan allows, as `planSession` gives it */
  constructor(
    private readonly model: ClientModel,
    private readonly links: ClientLinks,
    { dense = false, modes, budget, epochs, prefetch = 'auto', keep }: SessionMode = {},
  ) {
    const { plan } = model;
    const some = modes === undefined ? plan.layers.some(({ predictor }) => predictor) : /[pe]/.test(modes);
    this.sparse = !dense && some;
    this.modes = this.sparse ? modes : undefined;
    this.#constant = budget === 'constant';
    if (this.sparse && prefetch !== 'none') this.prefetch = prefetch === 'auto' ? PREFETCH : prefetch;
    if (this.sparse) this.keep = keep;
    this.#tape = new TapeBound(plan, links.frameBytes ?? DEFAULT_LIMITS.frameBytes);
    if (this.sparse) this.#epochs = epochs;
  }

  /** The client of an open session. */
  static over(
    model: ClientModel,
    { link, maskSeeds }: Session,
    mode?: SessionMode,
    frameBytes?: number,
  ): ClientSession {
    const maskKeys = [maskSeeds.server0!, maskSeeds.server1!] as const;
    const links = { server0: link('server0'), server1: link('server1'), dealer: link('dealer'), maskKeys, frameBytes };
    return new ClientSession(model, links, mode);
  }

  /**
   * Tells all parties the shapes of the steps to come, so that the dealer can run ahead.
   * @throws CometError E_LENGTH beyond the context, E_LIMIT for a step whose tape no frame holds:
   * nothing was sent then
   */
  announce(shapes: readonly AnnouncedStep[]): void {
    const { sparse, modes, prefetch, keep } = this;
    const constant = this.#constant && sparse;
    const rules = { ...(prefetch !== undefined && { prefetch }), ...(keep !== undefined && { keep }) };
    const how = { ...(modes && { modes }), ...(constant && { constant }), ...rules };
    const steps = shapes.map((step) => ({ sparse, ...how, ...step }));
    const { context } = this.model.plan.shape;
    const end = Math.max(...steps.map(({ position, rows }) => position + rows));
    if (end > context)
      throw new CometError('E_LENGTH', `the text would have ${end} tokens, the model's context is ${context}`);
    for (const step of steps) this.#tape.check(step);
    this.#chooseEpochs();
    const { server0, server1, dealer } = this.links;
    for (let from = 0; from < steps.length; from += STEPS_PER_MESSAGE) {
      const payload = encodeControl({ type: 'steps', steps: steps.slice(from, from + STEPS_PER_MESSAGE) });
      for (const link of [dealer, server0, server1]) link.send({ kind: 'control', payload });
    }
    this.#pending.push(...steps);
  }

  /**
   * Runs the next announced step on `ids`.
   * @returns hidden states, normalised, `rows x d` for the rows that the step outputs
   * @throws CometError E_RANGE when activations left the calibrated range, so that the result means
   * nothing; it names position, layer and wire
   */
  async run(ids: readonly number[], signal?: AbortSignal): Promise<Float32Array> {
    const shape = this.#pending.shift();
    if (!shape || shape.rows !== ids.length)
      throw new CometError('E_ARGUMENT', 'a step was run that was not announced');
    const step = this.#step++;
    this.#send(step, this.#embed(ids, shape.position));
    return this.#receive(step, shape, signal);
  }

  /** The final state of the model's constant prefix; nothing where it has none. */
  get prefixState(): Float32Array {
    return this.model.prefixState ?? new Float32Array(0);
  }

  /** Logits of hidden states, `rows x vocab`. */
  logits(hidden: Float32Array): Float32Array {
    const { head, headBias, plan } = this.model;
    const logits = head.mul(hidden, hidden.length / plan.shape.width);
    if (headBias) for (let i = 0; i < logits.length; i++) logits[i] += headBias[i % headBias.length];
    return logits;
  }

  /** Ends the session in good order. */
  end(): void {
    this.#close();
  }

  /** Ends the session and tells all parties why. */
  fail(error: unknown): void {
    this.#close(error);
  }

  #close(error?: unknown): void {
    for (const link of [this.links.server0, this.links.server1, this.links.dealer]) link.close(error);
  }

  /** Once, before the first steps. */
  #chooseEpochs(): void {
    if (!this.#epochs) return;
    const payload = encodeControl({ type: 'epoch', ...this.#epochs });
    this.#epochs = undefined;
    const { server0, server1, dealer } = this.links;
    for (const link of [dealer, server0, server1]) link.send({ kind: 'control', payload });
  }

  #embed(ids: readonly number[], position: number): Float32Array {
    const { embedding, positions, positionOffset, plan } = this.model;
    const { width, vocab } = plan.shape;
    const x = new Float32Array(ids.length * width);
    for (const [row, id] of ids.entries()) {
      if (!(id >= 0 && id < vocab))
        throw new CometError('E_ARGUMENT', `token ${id} is not in the vocabulary of ${vocab}`);
      x.set(embedding.subarray(id * width, (id + 1) * width), row * width);
      if (!positions) continue;
      const place = (position + row + positionOffset) * width;
      for (let i = 0; i < width; i++) x[row * width + i] += positions[place + i];
    }
    return x;
  }

  /** Both servers get the same masked words. */
  #send(step: number, x: Float32Array): void {
    const { kernels, plan } = this.model;
    const at = nonce({ step, layer: INPUT_LAYER, op: OP.input }, 0);
    let words = kernels.floatToWords(x, plan.sx, plan.wx);
    for (const key of this.links.maskKeys)
      words = kernels.joinWords(words, kernels.prgWords(key, at, 0, x.length, plan.wx), plan.wx);
    const payload = kernels.packWords(words, plan.wx);
    const { server0, server1 } = this.links;
    for (const link of [server0, server1]) link.send({ kind: 'input', step, layer: INPUT_LAYER, payload });
  }

  async #receive(step: number, shape: AnnouncedStep, signal?: AbortSignal): Promise<Float32Array> {
    const { kernels, plan } = this.model;
    const { outputs, rows } = shape;
    const { width, heads, layers } = plan.shape;
    const count = { none: 0, last: 1, all: rows }[outputs] * width;
    const checks = rows * heads * layers;
    const { kOut, sxs, sr } = plan.final;
    const at = { step, layer: layers, round: 0 };
    const shares = await Promise.all(
      [this.links.server0, this.links.server1].map(async (link) => {
        const { payload } = await link.expect('output', at, signal);
        const split = packedBytes(count, kOut);
        const expected = split + packedBytes(checks, 1);
        if (payload.length !== expected)
          throw new CometError('E_FRAME', `an output has ${payload.length} bytes instead of ${expected}`);
        return {
          hidden: kernels.unpackWords(payload.subarray(0, split), kOut, count),
          checks: kernels.unpackWords(payload.subarray(split), 1, checks),
        };
      }),
    );
    const [a, b] = shares;
    requireSums(kernels.xorWords(a.checks, b.checks), shape, heads);
    const hidden = kernels.signedToFloat(kernels.joinWords(a.hidden, b.hidden, kOut), kOut, sxs + sr);
    requireNormalised(hidden, shape, width);
    return hidden;
  }
}
