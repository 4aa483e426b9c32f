/** What a client sends a server: when epochs begin, announced steps, inputs in their order, bye. */
import { INPUT_LAYER } from '../core/address.js';
import { CometError } from '../core/errors.js';
import { decodeControl } from '../net/control.js';
import type { Frame } from '../net/frame.js';
import type { Link } from '../net/link.js';
import { ControlMessage } from '../plan/announced-step.js';
import type { Plan } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';
import { StepCounter, type StepLimits } from './step-counter.js';

/** Steps that a client may announce ahead. */
const MOST_AHEAD = 8192;

/** Waits for the client. */
export type Awaiting = <R>(promise: Promise<R>) => Promise<R>;

export class Inbox {
  readonly #announced: StepShape[] = [];
  readonly #counter: StepCounter;
  /** The next frame that announces nothing: announcements are heard while a step runs. */
  #next: Promise<Frame>;
  #heard = (): void => undefined;

  /**
   * @param onStep hears of every step when it is announced
   * @param awaiting hears of the waits for the client: frames are read ahead, also while nobody waits
   */
  constructor(
    private readonly client: Link,
    plan: Plan,
    limits: StepLimits,
    private readonly onStep: (step: StepShape) => void,
    private readonly awaiting: Awaiting = (promise) => promise,
  ) {
    this.#counter = new StepCounter(plan, limits);
    this.#next = this.#read();
  }

  /** Steps that were announced and have not begun. */
  get coming(): readonly StepShape[] {
    return this.#announced;
  }

  /** The next announced step, or undefined after bye; for the dealer, which sees no inputs. */
  async nextStep(): Promise<StepShape | undefined> {
    while (this.#announced.length === 0) {
      const heard = new Promise<void>((resolve) => (this.#heard = resolve));
      const frame = await this.awaiting(Promise.race([this.#next, heard]));
      if (frame?.kind === 'bye') return undefined;
      if (frame) throw new CometError('E_FRAME', `the client sent ${frame.kind} where steps were expected`);
    }
    return this.#announced.shift();
  }

  /** The next input with its step, or undefined after bye. @throws CometError E_FRAME when it is not the one that is due. */
  async nextInput(): Promise<{ step: StepShape; payload: Uint8Array } | undefined> {
    const frame = await this.awaiting(this.#next);
    if (frame.kind === 'bye') return undefined;
    this.#next = this.#read();
    const step = this.#announced.shift();
    if (frame.kind !== 'input' || !step || frame.step !== step.step || frame.layer !== INPUT_LAYER) {
      throw new CometError(
        'E_FRAME',
        `the client sent ${frame.kind} of step ${frame.step} where ${step ? `the input of step ${step.step}` : 'steps'} was due`,
      );
    }
    return { step, payload: frame.payload };
  }

  #read(): Promise<Frame> {
    const next = this.#readOn();
    next.catch(() => undefined); // whoever asks for it hears of it
    return next;
  }

  async #readOn(): Promise<Frame> {
    for (;;) {
      const frame = await this.client.receive();
      if (frame.kind !== 'control') return frame;
      this.#hear(frame);
    }
  }

  #hear(frame: Frame): void {
    const message = decodeControl(frame, ControlMessage);
    if (message.type === 'epoch') return this.#counter.schedule(message);
    if (this.#announced.length + message.steps.length > MOST_AHEAD)
      throw new CometError(
        'E_LIMIT',
        `the client announced more than ${MOST_AHEAD} steps ahead: announce others when some of them are done`,
      );
    for (const announced of message.steps) {
      const step = this.#counter.next(announced);
      this.#announced.push(step);
      this.onStep(step);
    }
    this.#heard();
  }
}
