/** Drives a protocol program: answers its effects by computing, waiting for the tape, and exchanging one frame each way a round. */
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import type { Compute, Exchange, Program, SectionPart } from '../wires/effects.js';
import { packedBytes } from '../wires/section.js';
import { sizeOf, type Words } from '../wires/wire.js';

/** What a driver needs from its party. */
export interface Surroundings {
  readonly kernels: Kernels;
  /** Computes products, in the order of the results; with those of other sessions where it can. */
  compute(effect: Compute): Promise<readonly Words[]>;
  /** Makes the correlations of one part of (step, layer) available to the gates. */
  correlate(step: number, layer: number, part: SectionPart): Promise<void>;
  /** The dealer: waits for what the servers opened in the clear. */
  reveal?(step: number, layer: number, count: number): Promise<Words>;
  /** A server: tells the dealer what was opened in the clear. */
  onRevealed?(layer: number, bits: Uint8Array): void;
  /** Sends a round's payload to the peer and resolves with the peer's. */
  exchange(layer: number, round: number, payload: Uint8Array): Promise<Uint8Array>;
  /** Sees every opened wire; for tests, transcripts and verification. */
  onOpened?(exchange: Exchange, opened: readonly Words[]): void;
  readonly signal?: AbortSignal;
}

/** All masked shares of a round, each packed to whole bytes. */
function pack(kernels: Kernels, { openings }: Exchange): Uint8Array {
  const parts = openings.map(({ masked, width }) => kernels.packWords(masked, width));
  const payload = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((offset, part) => (payload.set(part, offset), offset + part.length), 0);
  return payload;
}

/** Adds the peer's masked shares to ours. @throws CometError E_FRAME when the payload has another length. */
function combine(kernels: Kernels, { openings }: Exchange, theirs: Uint8Array): Words[] {
  const lengths = openings.map((opening) => packedBytes(sizeOf(opening), opening.width));
  const expected = lengths.reduce((sum, length) => sum + length, 0);
  if (theirs.length !== expected) {
    throw new CometError(
      'E_FRAME',
      `the peer's opening has ${theirs.length} bytes instead of ${expected}; both servers must run the same version and plan`,
    );
  }
  let offset = 0;
  return openings.map((opening, i) => {
    const bytes = theirs.subarray(offset, (offset += lengths[i]));
    return kernels.joinPacked(opening.masked, bytes, opening.width, opening.xor) as Words;
  });
}

/** Runs a program to its end. @throws CometError E_ABORTED when the signal fires, and whatever its surroundings throw. */
export async function drive<T>(program: Program<T>, at: Surroundings): Promise<T> {
  let next = program.next();
  while (!next.done) {
    if (at.signal?.aborted) throw new CometError('E_ABORTED', 'the session was aborted');
    const effect = next.value;
    let answer: Words[] = [];
    if (effect.kind === 'compute') {
      answer = [...(await at.compute(effect))];
    } else if (effect.kind === 'correlate') {
      await at.correlate(effect.step, effect.layer, effect.part);
    } else if (effect.kind === 'reveal') {
      answer = [await at.reveal!(effect.step, effect.layer, effect.count)];
    } else {
      const theirs = await at.exchange(effect.layer, effect.round, pack(at.kernels, effect));
      answer = combine(at.kernels, effect, theirs);
      for (const [i, { clear }] of effect.openings.entries())
        if (clear) at.onRevealed?.(effect.layer, at.kernels.packWords(answer[i], 1));
      at.onOpened?.(effect, answer);
    }
    next = program.next(answer);
  }
  return next.value;
}
