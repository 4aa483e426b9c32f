import { CometError } from './errors.js';

/** Lets the event loop run, so that signals arrive during long work. @throws CometError `E_ABORTED` when the signal says so. */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  if (signal?.aborted) throw new CometError('E_ABORTED', 'stopped before the work was done', { cause: signal.reason });
}
