import type { Role } from '../core/config.js';
import { CometError } from '../core/errors.js';
import type { Channel } from './channel.js';
import { sleep, within } from './wait.js';

export interface RetryOptions {
  readonly peer: Role;
  readonly url: string;
  readonly connectMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Tries to connect until it works: parties may be started in any order. A CometError of `attempt` is final, any other
 * error means "not yet".
 * @throws CometError E_PEER_ABSENT, with the last reason, when `connectMs` have passed.
 */
export function retry(
  attempt: (signal: AbortSignal) => Promise<Channel>,
  { peer, url, connectMs, signal }: RetryOptions,
): Promise<Channel> {
  let last: Error | undefined;
  const absent = () =>
    new CometError(
      'E_PEER_ABSENT',
      `${peer} could not be reached at ${url} within ${connectMs} ms (${last?.message ?? 'no answer'}): ` +
        'start it, or correct its address in the configuration.',
    );
  const untilOpen = async (inner: AbortSignal): Promise<Channel> => {
    for (let pause = 25; ; pause = Math.min(pause * 2, 1000)) {
      try {
        return await attempt(inner);
      } catch (error) {
        if (error instanceof CometError) throw error;
        last = error as Error;
      }
      await sleep(pause, inner);
    }
  };
  return within(connectMs, absent, untilOpen, signal);
}
