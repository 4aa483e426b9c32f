/**
 * Connecting from a browser, Deno or an edge runtime, with the standard WebSocket.
 *
 * Weaker than in Node: the page cannot see certificates, so the browser alone decides whether the peer's is good (for its host
 * name, by its own authorities) and whether to send one of the user's; and it cannot probe, so a peer whose machine
 * vanishes is noticed only when the browser notices.
 */
import { insecure, isLoopback, type Config, type Role } from '../../core/config.js';
import { CometError } from '../../core/errors.js';
import type { Limits } from '../../core/limits.js';
import type { Channel } from '../channel.js';
import type { Dial } from '../gathering.js';
import { retry } from '../retry.js';
import { socketChannel } from '../socket.js';
import { aborted } from '../wait.js';

/** How a client reaches the parties in its configuration's `peers`. @throws CometError E_INSECURE_LINK. */
export function dialer({ role, peers, limits }: Pick<Config, 'role' | 'peers' | 'limits'>): Dial {
  for (const url of Object.values(peers)) checkAddress(url);
  return (peer, signal) => {
    const url = peers[peer];
    if (url === undefined) throw new CometError('E_CONFIG', `The configuration of ${role} has no address for ${peer}.`);
    return connect(url, { peer, limits, signal });
  };
}

/** Opens a channel to the party that listens at `url`. @throws CometError E_PEER_ABSENT, E_INSECURE_LINK, E_ABORTED. */
export async function connect(
  url: string,
  { peer, limits, signal }: { peer: Role; limits: Limits; signal?: AbortSignal },
): Promise<Channel> {
  checkAddress(url);
  return retry((inner) => open(url, inner), { peer, url, connectMs: limits.connectMs, signal });
}

function open(url: string, signal: AbortSignal): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    const stop = () => {
      socket.close();
      reject(aborted(signal));
    };
    signal.addEventListener('abort', stop);
    const settle = (then: () => void) => () => (signal.removeEventListener('abort', stop), then());
    socket.onopen = settle(() => resolve(socketChannel(socket)));
    // A page is not told why, neither here nor in `onclose`; the next attempt may succeed.
    socket.onerror = () => {};
    socket.onclose = settle(() => reject(new Error('the connection was refused')));
  });
}

function checkAddress(url: string): void {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'wss:' && !isLoopback(hostname)) throw insecure(hostname);
}
