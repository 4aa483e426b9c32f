/**
 * Drives a protocol program: answers its effects by computing, waiting for the tape, and exchanging one frame each way a round. What it runs
 * beside gets its turn in every round, after the shares are sent and before the peer's are waited for.
 */
import { concatBytes } from '@noble/hashes/utils.js';
import { CometError } from '../core/errors.js';
import { release, releaseFrame } from '../core/release.js';
import type { Kernels } from '../kernels/load.js';
import type { Compute, Effect, Exchange, Lane, MaskedShare, Program, SectionPart } from '../wires/effects.js';
import { packedBytes } from '../wires/section.js';
import { sizeOf, type Words } from '../wires/wire.js';

/** What a driver needs from its party. */
export interface Surroundings {
  readonly kernels: Kernels;
  /** Computes products, in the order of the results; with those of other sessions where it can. `beside`: of a program that runs beside the step's. */
  compute(effect: Compute, beside: boolean): Promise<readonly Words[]>;
  /** Makes the correlations of one part of (step, layer) available to the gates. */
  correlate(step: number, layer: number, part: SectionPart): Promise<void>;
  /** The dealer: waits for what the servers opened in the clear. */
  reveal?(step: number, layer: number, count: number): Promise<Words>;
  /** A server: tells the dealer what was opened in the clear. */
  onRevealed?(layer: number, bits: Uint8Array): void;
  /** Sends a round's payload to the peer. */
  send(lane: Lane, layer: number, round: number, payload: Uint8Array): void;
  /** Resolves with the peer's, of so many bytes. */
  receive(lane: Lane, layer: number, round: number, length: number): Promise<Uint8Array>;
  /** Sees every opened wire, whose words end with its layer; for tests, transcripts and verification. */
  onOpened?(exchange: Exchange, opened: readonly Words[]): void;
  readonly signal?: AbortSignal;
}

/** All masked shares of a round. */
const payloadOf = ({ openings }: Exchange): Uint8Array => concatBytes(...openings.map(({ masked }) => masked));

const lengthOf = (opening: MaskedShare): number => packedBytes(sizeOf(opening), opening.width);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const bytesOf = ({ openings }: Exchange): number => sum(openings.map(lengthOf));

/** Adds the peer's masked shares to ours. @throws CometError E_FRAME when the payload has another length. */
function combine(kernels: Kernels, { openings }: Exchange, theirs: Uint8Array): Words[] {
  const lengths = openings.map(lengthOf);
  const expected = sum(lengths);
  if (theirs.length !== expected) {
    throw new CometError(
      'E_FRAME',
      `the peer's opening has ${theirs.length} bytes instead of ${expected}; both servers must run the same version and plan`,
    );
  }
  let offset = 0;
  return openings.map((opening, i) => {
    const bytes = theirs.subarray(offset, (offset += lengths[i]));
    return kernels.joinPacked(opening.masked, bytes, sizeOf(opening), opening.width, opening.xor) as Words;
  });
}

/** Runs a program to its end. @throws CometError E_ABORTED when the signal fires, and whatever its surroundings throw. */
export const drive = <T>(program: Program<T>, at: Surroundings): Promise<T> => new Driver(at).run(program);

/** A program that is under way beside another: what it does next, and the exchange whose answer it waits for. */
interface Beside {
  readonly program: Program<void>;
  sent?: Exchange;
}

class Driver {
  #beside?: Beside;

  constructor(private readonly at: Surroundings) {}

  async run<T>(program: Program<T>): Promise<T> {
    let next = program.next([]);
    while (!next.done) {
      const effect = next.value;
      if (effect.kind === 'open') {
        this.#send(effect);
        if (this.#beside) await this.#goOn(this.#beside);
        next = program.next(await this.#receive(effect));
      } else next = program.next(await this.#answer(effect));
    }
    return next.value;
  }

  async #answer(effect: Exclude<Effect, Exchange>, beside = false): Promise<Words[]> {
    const { at } = this;
    this.#checkSignal();
    switch (effect.kind) {
      case 'compute':
        return [...(await at.compute(effect, beside))];
      case 'correlate':
        await at.correlate(effect.step, effect.layer, effect.part);
        return [];
      case 'reveal':
        return [await at.reveal!(effect.step, effect.layer, effect.count)];
      case 'beside':
        if (this.#beside) throw new CometError('E_INTERNAL', 'a second program was begun beside');
        this.#beside = { program: effect.program };
        return [];
      case 'join':
        while (this.#beside) await this.#goOn(this.#beside);
        return [];
    }
  }

  /** The program beside goes on until its next shares are sent, or to its end. So what is sent and read when depends on no time. */
  async #goOn(beside: Beside): Promise<void> {
    const { program, sent } = beside;
    let next = program.next(sent ? await this.#receive(sent) : []);
    while (!next.done) {
      if (next.value.kind === 'open') {
        this.#send(next.value);
        beside.sent = next.value;
        return;
      }
      next = program.next(await this.#answer(next.value, true));
    }
    this.#beside = undefined;
  }

  #send(effect: Exchange): void {
    this.#checkSignal();
    const payload = payloadOf(effect);
    this.at.send(effect.lane, effect.layer, effect.round, payload);
    release(payload);
  }

  async #receive(effect: Exchange): Promise<Words[]> {
    const { at } = this;
    const theirs = await at.receive(effect.lane, effect.layer, effect.round, bytesOf(effect));
    const opened = combine(at.kernels, effect, theirs);
    release(...effect.openings.map(({ masked }) => masked));
    releaseFrame(theirs);
    for (const [i, { clear }] of effect.openings.entries())
      if (clear) at.onRevealed?.(effect.layer, at.kernels.packWords(opened[i], 1));
    at.onOpened?.(effect, opened);
    return opened;
  }

  #checkSignal(): void {
    if (this.at.signal?.aborted) throw new CometError('E_ABORTED', 'the session was aborted');
  }
}
