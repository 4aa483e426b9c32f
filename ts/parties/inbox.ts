/** What a client sends a server: when epochs begin, announced steps, inputs in their order, bye. */
import { INPUT_LAYER } from '../core/address.js';
import { CometError } from '../core/errors.js';
import type { Plan } from '../model/plan.js';
import type { StepShape } from '../model/step.js';
import { decodeControl } from '../net/control.js';
import type { Frame } from '../net/frame.js';
import type { Link } from '../net/link.js';
import { ControlMessage, StepCounter, type StepLimits } from './steps.js';

/** Steps that a client may announce ahead. */
const MOST_AHEAD = 8192;

export class Inbox {
  readonly #announced: StepShape[] = [];
  readonly #counter: StepCounter;

  constructor(
    private readonly client: Link,
    plan: Plan,
    limits: StepLimits,
  ) {
    this.#counter = new StepCounter(plan, limits);
  }

  /** The next announced step, or undefined after bye; for the dealer, which sees no inputs. */
  async nextStep(): Promise<StepShape | undefined> {
    while (this.#announced.length === 0) {
      const frame = await this.client.receive();
      if (frame.kind === 'bye') return undefined;
      if (frame.kind !== 'control')
        throw new CometError('E_FRAME', `the client sent ${frame.kind} where steps were expected`);
      this.#hear(frame);
    }
    return this.#announced.shift();
  }

  /** The next input with its step, or undefined after bye. @throws CometError E_FRAME when it is not the one that is due. */
  async nextInput(): Promise<{ step: StepShape; payload: Uint8Array } | undefined> {
    for (;;) {
      const frame = await this.client.receive();
      if (frame.kind === 'bye') return undefined;
      if (frame.kind === 'control') {
        this.#hear(frame);
        continue;
      }
      const step = this.#announced.shift();
      if (frame.kind !== 'input' || !step || frame.step !== step.step || frame.layer !== INPUT_LAYER) {
        throw new CometError(
          'E_FRAME',
          `the client sent ${frame.kind} of step ${frame.step} where ${step ? `the input of step ${step.step}` : 'steps'} was due`,
        );
      }
      return { step, payload: frame.payload };
    }
  }

  #hear(frame: Frame): void {
    const message = decodeControl(frame, ControlMessage);
    if (message.type === 'epoch') this.#counter.schedule(message);
    else if (this.#announced.length + message.steps.length > MOST_AHEAD)
      throw new CometError('E_LIMIT', `the client announced more than ${MOST_AHEAD} steps ahead`);
    else for (const step of message.steps) this.#announced.push(this.#counter.next(step));
  }
}
