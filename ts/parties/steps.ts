/** The control messages of a client to S0, S1 and D: when epochs begin, and a session's steps. Public, lengths only. */
import * as z from 'zod';
import { CometError } from '../core/errors.js';
import { type EpochPolicy, EpochSchedule } from '../epoch/schedule.js';
import type { StepShape } from '../model/step.js';

const Announced = z.object({
  rows: z.number().int().min(1),
  position: z.number().int().min(0),
  outputs: z.enum(['none', 'last', 'all']),
  sparse: z.boolean().optional(),
  constant: z.boolean().optional(),
  modes: z
    .string()
    .regex(/^[dpe]*$/)
    .max(256)
    .optional(),
});

/** Steps that a client announces in one message: some 80 bytes each and one a layer, of the 65536 that it may have. */
export const STEPS_PER_MESSAGE = 192;

export const StepsMessage = z.object({ type: z.literal('steps'), steps: z.array(Announced).min(1).max(4096) }).strict();

/** At most once, before any step. */
export const EpochMessage = z.strictObject({
  type: z.literal('epoch'),
  fresh: z.boolean(),
  tokens: z.int().min(1).max(0xffffffff).optional(),
});

export const ControlMessage = z.discriminatedUnion('type', [StepsMessage, EpochMessage]);

/** A step without its number: numbers are counted by every party and never repeat. */
export type AnnouncedStep = z.infer<typeof Announced>;

/** Checks and numbers announced steps; the same on every party. */
export class StepCounter {
  #step = 0;
  #position = 0;
  #epochs?: EpochSchedule;

  constructor(
    private readonly context: number,
    private readonly maxRows: number,
  ) {}

  /** Takes what the client says of epochs. @throws CometError E_FRAME for a second time, or after a step. */
  schedule(policy: EpochPolicy): void {
    if (this.#epochs || this.#step > 0)
      throw new CometError('E_FRAME', 'the client said when epochs begin after it had announced steps, or twice');
    this.#epochs = new EpochSchedule(policy);
  }

  /** @throws CometError E_LENGTH beyond the context, E_LIMIT for too many rows, E_FRAME for a position not reached yet. */
  next({ rows, position, outputs, sparse = false, modes, constant }: AnnouncedStep): StepShape {
    if (rows > this.maxRows)
      throw new CometError('E_LIMIT', `a step has ${rows} rows, this party accepts ${this.maxRows}`);
    if (position + rows > this.context) {
      throw new CometError(
        'E_LENGTH',
        `a step would end at position ${position + rows}, the model's context is ${this.context} tokens`,
      );
    }
    if (position > this.#position)
      throw new CometError('E_FRAME', `a step begins at position ${position}, the session is at ${this.#position}`);
    this.#position = position + rows;
    const epoch = this.#epochs?.next({ rows, sparse });
    const given = { ...(modes !== undefined && { modes }), ...(constant && { constant }), ...(epoch && { epoch }) };
    return { step: this.#step++, rows, position, outputs, sparse, ...given };
  }
}
