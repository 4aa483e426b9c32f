/** All four parties on one machine, in workers or in one thread, over the same frames, codec and meter as over a network. */
import { randomBytes } from '@noble/hashes/utils.js';
import { ROLES, type Role } from '../core/config.js';
import { CometError } from '../core/errors.js';
import { DEFAULT_LIMITS, type Limits } from '../core/limits.js';
import type { Channel } from './channel.js';
import type { Dial } from './gathering.js';
import { ChannelLink, type Link } from './link.js';
import { memoryChannels } from './memory.js';
import { portChannel, type PortLike } from './port.js';

/** One party's ends of the links of a session. Post it to the party's worker, with `Object.values(ports)` transferred. */
export interface EmbeddedEnds<End> {
  readonly session: Uint8Array;
  readonly ports: Readonly<Partial<Record<Role, End>>>;
}

/** The six MessageChannels of one session. */
export const embeddedPorts = (session?: Uint8Array): Record<Role, EmbeddedEnds<MessagePort>> =>
  connectAll(() => {
    const { port1, port2 } = new MessageChannel();
    return [port1, port2];
  }, session);

/** The same within one thread. */
export const embeddedChannels = (session?: Uint8Array): Record<Role, EmbeddedEnds<Channel>> =>
  connectAll(memoryChannels, session);

/** For `openSession`: the channel to each peer out of a party's own ends. */
export function channelsOf({ ports }: EmbeddedEnds<PortLike | Channel>): Dial {
  return (peer) => {
    const end = ports[peer];
    if (!end) throw new CometError('E_ARGUMENT', `There is no port to ${peer}.`);
    return 'postMessage' in end ? portChannel(end) : end;
  };
}

/** Links among all parties that need no greeting, for tests: `links.server0.server1` and so on. */
export function memoryLinks(limits: Limits = DEFAULT_LIMITS): Record<Role, Record<Role, Link>> {
  const ends = embeddedChannels();
  const provisioning = new Uint8Array(8);
  const linksOf = ({ session, ports }: EmbeddedEnds<Channel>) =>
    mapRoles(ports, (channel, peer) => new ChannelLink(channel, { provisioning, session, peer, limits }));
  return mapRoles(ends, linksOf) as Record<Role, Record<Role, Link>>;
}

function connectAll<End>(
  make: () => [End, End],
  session: Uint8Array = randomBytes(16),
): Record<Role, EmbeddedEnds<End>> {
  const ports = mapRoles({ client: 0, server0: 0, server1: 0, dealer: 0 }, () => ({}) as Partial<Record<Role, End>>);
  ROLES.forEach((a, i) => {
    for (const b of ROLES.slice(i + 1)) [ports[a][b], ports[b][a]] = make();
  });
  return mapRoles(ports, (own) => ({ session, ports: own }));
}

function mapRoles<K extends Role, A, B>(from: Readonly<Partial<Record<K, A>>>, map: (value: A, role: Role) => B) {
  const entries = (Object.entries(from) as [Role, A][]).map(([role, value]) => [role, map(value, role)]);
  return Object.fromEntries(entries) as Record<K, B>;
}
