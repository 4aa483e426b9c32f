/** Checks and numbers the steps that a client announces; the same at every party. */
import { cacheBytes, tooMuch } from '../cache/memory.js';
import { CometError } from '../core/errors.js';
import { TapeBound } from '../cost/tape-bound.js';
import type { AnnouncedStep } from '../plan/announced-step.js';
import { type EpochPolicy, EpochSchedule } from '../plan/epoch.js';
import { type Plan, prefixLength } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';

/** What a party accepts of a client. */
export interface StepLimits {
  /** Rows of one step. */
  readonly maxRows: number;
  /** Epochs of one session, the owner's not among them. */
  readonly maxEpochs: number;
  /** Of a frame that carries a section of the dealer's tape. */
  readonly frameBytes: number;
  /** Of a server's caches; no bound unless given. */
  readonly cacheBytes?: number;
}

/** Checks and numbers announced steps; the same on every party. */
export class StepCounter {
  #step = 0;
  #position: number;
  #epochs?: EpochSchedule;
  readonly #tape: TapeBound;

  constructor(
    private readonly plan: Plan,
    private readonly limits: StepLimits,
  ) {
    this.#position = prefixLength(plan);
    this.#tape = new TapeBound(plan, limits.frameBytes);
  }

  /** Takes what the client says of epochs. @throws CometError E_FRAME for a second time, or after a step. */
  schedule(policy: EpochPolicy): void {
    if (this.#epochs || this.#step > 0)
      throw new CometError('E_FRAME', 'the client said when epochs begin after it had announced steps, or twice');
    this.#epochs = new EpochSchedule(policy);
  }

  /** @throws CometError E_LENGTH beyond the context, E_LIMIT for too many rows or epochs, too much tape or cache, E_FRAME for a position not reached yet, or of the prefix. */
  next({ rows, position, outputs, sparse = false, modes, constant, ...rules }: AnnouncedStep): StepShape {
    const { maxRows, maxEpochs } = this.limits;
    const { context } = this.plan.shape;
    if (rows > maxRows)
      throw new CometError(
        'E_LIMIT',
        `a step has ${rows} rows, and this party accepts ${maxRows}: announce several steps`,
      );
    if (position + rows > context) {
      throw new CometError(
        'E_LENGTH',
        `a step would end at position ${position + rows}, the model's context is ${context} tokens`,
      );
    }
    if (position > this.#position)
      throw new CometError('E_FRAME', `a step begins at position ${position}, the session is at ${this.#position}`);
    if (position < prefixLength(this.plan))
      throw new CometError('E_FRAME', `a step begins at position ${position}, which is of the model's constant prefix`);
    if (rules.apart && rules.prefetch !== undefined)
      throw new CometError(
        'E_FRAME',
        'a step refills in rounds of its own and beside others at once: it can do one of them',
      );
    this.#tape.check({ rows, position, sparse, modes });
    this.#checkCaches(position + rows, sparse ? (rules.keep ?? Infinity) + rows : 0);
    this.#position = position + rows;
    const epoch = this.#epochs?.next({ rows, sparse });
    if (epoch && epoch.number > maxEpochs) {
      throw new CometError(
        'E_LIMIT',
        `the steps of a session need more than the ${maxEpochs} epochs that this party allows: begin them less often (--epoch-tokens), or raise --max-epochs of servers and dealer`,
      );
    }
    const given = { ...(modes !== undefined && { modes }), ...(constant && { constant }), ...(epoch && { epoch }) };
    return { step: this.#step++, rows, position, outputs, sparse, ...given, ...rules };
  }

  #checkCaches(positions: number, kept: number): void {
    const { cacheBytes: limit = Infinity } = this.limits;
    const bytes = cacheBytes(this.plan, positions, kept);
    if (bytes > limit) throw tooMuch(positions, bytes, limit);
  }
}
