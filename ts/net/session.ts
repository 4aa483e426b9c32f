import { bytesToHex } from '@noble/hashes/utils.js';
import type { ListeningRole, Role } from '../core/config.js';
import { CometError } from '../core/errors.js';
import type { Link } from './link.js';

/** The keys of the client's input masks: the client and the dealer hold both, a server its own. Secret. */
export type MaskSeeds = Readonly<Partial<Record<'server0' | 'server1', Uint8Array>>>;

/** One session as one party sees it: a link to each of the other three, greeted and checked. */
export interface Session {
  /** 16 random bytes, drawn by the client. */
  readonly id: Uint8Array;
  readonly role: Role;
  readonly nonces: Readonly<Record<Role, Uint8Array>>;
  readonly maskSeeds: MaskSeeds;
  /** Resolves when every link has ended: with the first failure, or with undefined. */
  readonly ended: Promise<CometError | undefined>;
  /** @throws CometError E_ARGUMENT for the session's own role. */
  link(peer: Role): Link;
  /** Ends all links: with `bye`, or with an error frame that tells every peer the cause. */
  close(error?: unknown): void;
}

/** What a session is made of when all have arrived. */
export interface SessionParts {
  readonly id: Uint8Array;
  readonly role: Role;
  readonly nonces: Record<Role, Uint8Array>;
  readonly maskSeeds: MaskSeeds;
  readonly links: ReadonlyMap<Role, Link>;
}

/** Binds the fate of the links together: when one fails, all end, and every peer learns the cause. */
export function makeSession({ links, ...parts }: SessionParts): Session {
  let cause: CometError | undefined;
  const close = (error?: unknown) => links.forEach((link) => link.close(error));
  const ends = [...links.values()].map(async (link) => {
    const failure = await link.ended;
    cause ??= failure;
    if (failure) close(failure);
  });
  return {
    ...parts,
    close,
    ended: Promise.all(ends).then(() => cause),
    link(peer) {
      const link = links.get(peer);
      if (!link) throw new CometError('E_ARGUMENT', `${parts.role} has no link to ${peer}.`);
      return link;
    },
  };
}

/** The name of a session for maps, logs and authorisation. */
export const sessionName = (id: Uint8Array) => bytesToHex(id);

/** The mask seeds in the order of a hello to `peer`. */
export const seedsFor = (peer: Role, seeds: Required<MaskSeeds>): Uint8Array[] =>
  peer === 'dealer' ? [seeds.server0, seeds.server1] : [seeds[peer as Exclude<ListeningRole, 'dealer'>]];

/** The mask seeds that a hello brought to `me`. */
export const seedsFrom = (me: Role, seeds: readonly Uint8Array[]): MaskSeeds =>
  me === 'dealer' ? { server0: seeds[0], server1: seeds[1] } : { [me]: seeds[0] };
