import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import { insecure, isLoopback, type Config, type Role } from '../../core/config.js';
import { CometError } from '../../core/errors.js';
import type { Limits } from '../../core/limits.js';
import type { Channel } from '../channel.js';
import { HEADER_BYTES } from '../frame.js';
import type { Dial } from '../gathering.js';
import { retry } from '../retry.js';
import { socketChannel } from '../socket.js';
import { aborted } from '../wait.js';
import { keepAlive } from './keep-alive.js';
import { namesOf, readIdentity, type Identity } from './tls.js';

/** What the two ends of a connection must agree on; compression would tell lengths of secrets, and masks do not compress. */
export const socketOptions = (limits: Limits) => ({
  maxPayload: limits.frameBytes + HEADER_BYTES,
  perMessageDeflate: false,
  closeTimeout: 2000,
});

/**
 * How a party reaches those in its configuration's `peers`; give it to `openSession` or `Rendezvous`.
 * @throws CometError E_INSECURE_LINK for an address that is neither loopback nor wss with certificates, E_IO.
 */
export function dialer(config: Config): Dial {
  const identity = readIdentity(config);
  for (const url of Object.values(config.peers)) checkAddress(url, identity);
  return (peer, signal) => {
    const url = config.peers[peer];
    if (url === undefined)
      throw new CometError('E_CONFIG', `The configuration of ${config.role} has no address for ${peer}.`);
    return connect(url, { peer, limits: config.limits, identity, signal });
  };
}

export interface ConnectOptions {
  readonly peer: Role;
  readonly limits: Limits;
  readonly identity?: Identity;
  readonly signal?: AbortSignal;
}

/**
 * Opens a channel to the party that listens at `url`, waiting for it to start.
 * @throws CometError E_PEER_ABSENT, E_INSECURE_LINK, E_UNAUTHORIZED (certificates), E_ABORTED.
 */
export async function connect(url: string, { peer, limits, identity, signal }: ConnectOptions): Promise<Channel> {
  checkAddress(url, identity);
  const options = { ...socketOptions(limits), ...(isSecure(url) && tlsOptions(peer, identity)) };
  const attempt = (inner: AbortSignal) => open(url, { peer, limits, options, signal: inner });
  return retry(attempt, { peer, url, connectMs: limits.connectMs, signal });
}

type Attempt = { peer: Role; limits: Limits; options: ClientOptions; signal: AbortSignal };

/** One attempt. Rejects with a CometError where trying again is useless. */
function open(url: string, { peer, limits, options, signal }: Attempt): Promise<Channel> {
  return new Promise((resolve, reject) => {
    let secured = false;
    const finishRequest: ClientOptions['finishRequest'] = (request) => {
      request.once('socket', (raw) => raw.once('secureConnect', () => (secured = true)));
      request.end();
    };
    const socket = new WebSocket(url, { ...options, finishRequest });
    let connection: Socket;
    const giveUp = (error: Error) => {
      signal.removeEventListener('abort', onAbort);
      reject(error);
      socket.terminate();
    };
    const onAbort = () => giveUp(aborted(signal));
    signal.addEventListener('abort', onAbort);
    socket.on('upgrade', (response: IncomingMessage) => (connection = response.socket));
    socket.on('unexpected-response', (_request, { statusCode }) => giveUp(notComet(peer, url, statusCode)));
    socket.on('error', (error) => giveUp(explain(error, { peer, url, secured })));
    socket.on('open', () => {
      // A name such as localhost is only a claim; the hello that follows carries secrets.
      if (!isSecure(url) && !isLoopback(connection.remoteAddress ?? '')) return giveUp(insecure(url));
      signal.removeEventListener('abort', onAbort);
      keepAlive(socket, { connection, limits });
      resolve(socketChannel(socket));
    });
  });
}

const isSecure = (url: string) => new URL(url).protocol === 'wss:';

/** Anyone with a certificate for the role is that party, at whatever address. */
const tlsOptions = (peer: Role, identity?: Identity): ClientOptions => ({
  ...(identity as ClientOptions),
  checkServerIdentity: ((_host: string, certificate: Parameters<typeof namesOf>[0]) =>
    namesOf(certificate).names.includes(peer)
      ? undefined
      : new CometError('E_UNAUTHORIZED', `The certificate at this address does not name ${peer}.`)) as never,
});

function checkAddress(url: string, identity?: Identity): void {
  const { hostname } = new URL(url);
  if (isSecure(url) && !identity) {
    const message = `${url} needs certificates: give "tls" (ca, cert and key files) in the configuration of every party`;
    throw new CometError('E_INSECURE_LINK', `${message}, or use ws on this machine.`);
  }
  if (!isSecure(url) && !isLoopback(hostname)) throw insecure(hostname);
}

function explain(error: Error, { peer, url, secured }: { peer: Role; url: string; secured: boolean }): Error {
  if (error instanceof CometError) return error;
  const code = String((error as { code?: unknown }).code ?? '');
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return new CometError('E_INSECURE_LINK', `${peer} at ${url} does not speak TLS: give it certificates too.`, {
      cause: error,
    });
  }
  // In TLS 1.3 a server looks at the client's certificate after the client has finished: refusal looks like a hang-up.
  if (secured || /^ERR_(SSL|TLS)|CERT|UNABLE_TO/.test(code)) {
    const advice = 'all certificates must be signed by the configured authority and name the role of their party.';
    return new CometError(
      'E_UNAUTHORIZED',
      `${peer} at ${url} and this party do not accept each other (${code}): ${advice}`,
      {
        cause: error,
      },
    );
  }
  return error;
}

const notComet = (peer: Role, url: string, status?: number) =>
  new CometError('E_PEER_ABSENT', `${url} answered HTTP ${status}: something else than ${peer} listens there.`);
