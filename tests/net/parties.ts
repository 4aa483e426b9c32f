import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import * as v from 'valibot';
import { createConfigs, ROLES, type Config, type Role } from '../../ts/core/config.js';
import { CometError } from '../../ts/core/errors.js';
import { limitsSchema, type Limits } from '../../ts/core/limits.js';
import { dialer } from '../../ts/net/node/connect.js';
import { listen, type Listener, type ListenOptions } from '../../ts/net/node/listen.js';
import { openSession } from '../../ts/net/open.js';
import type { Session } from '../../ts/net/session.js';

export const PROVISIONING = new Uint8Array(8).fill(0x5a);
export const HOSTED = ['server0', 'server1', 'dealer'] as const;

export const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as CometError,
  );

/** Limits short enough for tests, with changes. */
export const shortLimits = (change: Partial<Limits> = {}): Limits =>
  v.parse(limitsSchema, { connectMs: 2000, helloMs: 1000, rendezvousMs: 2000, ...change });

/** A port of this machine that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Configurations on free ports; the three need not be adjacent. */
export async function configsOnFreePorts(limits = shortLimits(), tls?: string): Promise<Record<Role, Config>> {
  const configs = createConfigs({ host: '127.0.0.1', basePort: 1, tls });
  const ports = new Map<string, number>();
  for (const role of HOSTED) ports.set(String(configs[role].listen!.port), await freePort());
  const moved = (url: string) => url.replace(/\d+$/, (port) => String(ports.get(port)));
  const move = (config: Config): Config => ({
    ...config,
    limits,
    listen: config.listen && { ...config.listen, port: ports.get(String(config.listen.port))! },
    peers: Object.fromEntries(Object.entries(config.peers).map(([peer, url]) => [peer, moved(url)])),
  });
  return Object.fromEntries(ROLES.map((role) => [role, move(configs[role])])) as Record<Role, Config>;
}

/** One listening party whose sessions and failures can be awaited in order. */
export interface Running {
  readonly listener: Listener;
  readonly sessions: Session[];
  readonly failures: CometError[];
  next(): Promise<Session>;
}

export async function start(config: Config, options: Partial<ListenOptions> = {}): Promise<Running> {
  const sessions: Session[] = [];
  const failures: CometError[] = [];
  let wake = () => {};
  let taken = 0;
  const listener = await listen(config, {
    provisioning: PROVISIONING,
    onFailure: (error) => failures.push(error),
    ...options,
    onSession: (session) => (sessions.push(session), wake()),
  });
  const next = async () => {
    while (sessions.length <= taken) await new Promise<void>((resolve) => (wake = resolve));
    return sessions[taken++];
  };
  return { listener, sessions, failures, next };
}

export const openClient = (config: Config, change: Partial<Parameters<typeof openSession>[0]> = {}) =>
  openSession({
    role: 'client',
    provisioning: PROVISIONING,
    limits: config.limits,
    channel: dialer(config),
    ...change,
  });

export async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 5000; !condition(); await new Promise((resolve) => setTimeout(resolve, 10))) {
    if (Date.now() > end) throw new Error(`${what} did not happen`);
  }
}
