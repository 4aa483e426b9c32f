import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { WebSocketServer, type WebSocket } from 'ws';
import { insecure, isLoopback, type Config } from '../../core/config.js';
import { CometError } from '../../core/errors.js';
import { ChannelLink } from '../link.js';
import { Rendezvous, type Origin, type RendezvousOptions } from '../rendezvous.js';
import { socketChannel } from '../socket.js';
import { dialer, socketOptions } from './connect.js';
import { keepAlive } from './keep-alive.js';
import { certificateNames, readIdentity, type Identity } from './tls.js';

export type ListenOptions = Omit<RendezvousOptions, 'role' | 'limits' | 'dial'>;

/** A party that can be reached. */
export interface Listener {
  /** Where it listens; the port is the system's choice when the configuration says 0. */
  readonly host: string;
  readonly port: number;
  counts(): Rendezvous['counts'];
  /** Ends all sessions, tells their peers why, and frees the port. */
  close(error?: CometError): Promise<void>;
}

/**
 * Listens for the links of sessions, and connects to the peers that this role connects to.
 * @throws CometError E_PORT_IN_USE, E_INSECURE_LINK, E_CONFIG, E_IO.
 */
export async function listen(config: Config, options: ListenOptions): Promise<Listener> {
  const { role, limits } = config;
  const { address, identity } = listening(config);
  const rendezvous = new Rendezvous({ ...options, role, limits, dial: dialer(config) });

  const server: HttpServer = identity
    ? createHttpsServer({ ...identity, requestCert: true, rejectUnauthorized: true, handshakeTimeout: limits.helloMs })
    : createHttpServer();
  server.headersTimeout = server.requestTimeout = limits.helloMs;
  server.maxConnections = 4 * (limits.sessions + limits.pendingSessions);
  server.on('request', (_request, response) => response.writeHead(426, { Upgrade: 'websocket' }).end());

  const sockets = new WebSocketServer({ server, ...socketOptions(limits) });
  sockets.on('error', () => {}); // the server's own error, which `bind` reports
  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const channel = socketChannel(socket);
    keepAlive(socket, { connection: request.socket, limits });
    const refusal = refuse(request, config);
    if (refusal) new ChannelLink(channel, { provisioning: options.provisioning, limits }).close(refusal);
    else void rendezvous.admit(channel, originOf(request));
  });

  await bind(server, address);
  return {
    host: address.host,
    port: (server.address() as AddressInfo).port,
    counts: () => rendezvous.counts,
    async close(error) {
      rendezvous.close(error);
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      // Peers that answer the farewell are gone before this.
      const cut = setTimeout(() => sockets.clients.forEach((socket) => socket.terminate()), 1000);
      await closed;
      clearTimeout(cut);
    },
  };
}

/** Whether a party could listen, asked before long work. @throws CometError as {@link listen}. */
export async function checkListening(config: Config): Promise<void> {
  const { address } = listening(config);
  dialer(config);
  const server = createServer();
  await bind(server, address);
  server.close();
  await once(server, 'close');
}

function listening(config: Config): { address: NonNullable<Config['listen']>; identity?: Identity } {
  const { listen: address, role } = config;
  if (!address) throw new CometError('E_CONFIG', `The configuration of ${role} has no address to listen at.`);
  const identity = readIdentity(config);
  if (!identity && !isLoopback(address.host)) throw insecure(address.host);
  return { address, identity };
}

async function bind(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new CometError(
        'E_PORT_IN_USE',
        `Port ${port} of ${host} is taken: stop what uses it, or configure another.`,
        { cause },
      );
    }
    throw new CometError(
      'E_CONFIG',
      `It is not possible to listen at ${host}, port ${port} (${code}): configure another address.`,
      {
        cause,
      },
    );
  }
}

/** Why a connection is not even asked for its hello. */
export function refuse(
  request: IncomingMessage,
  { tls, origins }: Pick<Config, 'tls' | 'origins'>,
): CometError | undefined {
  const { remoteAddress = 'an unknown address' } = request.socket;
  if (!tls && !isLoopback(remoteAddress)) return insecure(remoteAddress);
  // Only browsers send an origin. Without this any page that a user visits could talk to a party on that user's machine.
  const { origin } = request.headers;
  if (origin === undefined || origins.includes(origin)) return undefined;
  if (URL.canParse(origin) && isLoopback(new URL(origin).hostname)) return undefined;
  return new CometError(
    'E_UNAUTHORIZED',
    `Pages of ${origin.slice(0, 200)} may not connect: list the origin under "origins".`,
  );
}

function originOf({ socket }: IncomingMessage): Origin {
  const { remoteAddress } = socket;
  if (!('encrypted' in socket)) return { remoteAddress };
  const { commonName, names } = certificateNames(socket as TLSSocket);
  return { remoteAddress, peerCertificateName: commonName, certificateNames: names };
}
