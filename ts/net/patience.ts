/**
 * Links whose silence has an end. A peer that answers probes may still never send what is due: a client can tell two parties different
 * steps, and they would wait for each other, and hold memory, for as long as it likes.
 */
import type { CometError } from '../core/errors.js';
import type { Link } from './link.js';
import { aborted } from './wait.js';

/** How long to wait for a frame. */
export interface Patience {
  /** 0 waits for ever. */
  readonly milliseconds: number;
  /** Links whose frames show that the session goes on, though nothing comes from the one that is waited for. */
  readonly signs: readonly Link[];
  /** What the wait ends with. */
  readonly error: () => CometError;
}

/** A party that computes for long finds its timers expired and frames unread: no more than one of so many parts of the time passes then. */
const PARTS = 8;

/** The same link, but waits for its frames reject when patience is at its end. */
export function patient(link: Link, patience: Patience): Link {
  if (patience.milliseconds === 0) return link;
  return {
    peer: link.peer,
    meter: link.meter,
    ended: link.ended,
    send: (frame) => link.send(frame),
    receive: (signal) => patiently(patience, (ends) => link.receive(ends), signal),
    expect: (kind, address, signal) => patiently(patience, (ends) => link.expect(kind, address, ends), signal),
    waiting: (kind, address) => link.waiting(kind, address),
    drained: (...args) => link.drained(...args),
    close: (error) => link.close(error),
  };
}

async function patiently<T>(
  { milliseconds, signs, error }: Patience,
  wait: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  const onOuter = (): void => controller.abort(aborted(outer));
  if (outer?.aborted) throw aborted(outer);
  outer?.addEventListener('abort', onOuter);
  let heard = framesOf(signs);
  let silent = 0;
  const timer = setInterval(() => {
    const now = framesOf(signs);
    silent = now === heard ? silent + 1 : 0;
    heard = now;
    if (silent === PARTS) controller.abort(error());
  }, milliseconds / PARTS);
  try {
    return await wait(controller.signal);
  } finally {
    clearInterval(timer);
    outer?.removeEventListener('abort', onOuter);
  }
}

const framesOf = (links: readonly Link[]): number => links.reduce((sum, { meter }) => sum + meter.received, 0);
