/**
 * The first frame each way on every link. The party that connects speaks first and says nothing more until it is answered.
 * Payload: role u8 | role spoken to u8 | number of seeds u8 | length of name u8 | nonce, 16 bytes | the software's name, UTF-8 |
 * seeds, 32 bytes each.
 *
 * Every two parties exchange nonces, so S0, S1 and D each know all three from which the session's tape keys are derived.
 * The client's hello also carries the keys of its input wire's masks (docs/protocol.md section 1): to server i its key,
 * to the dealer both. They are why a link must be private from its first frame on; they are never logged.
 */
import { ROLES, type Role } from '../core/config.js';
import { CometError } from '../core/errors.js';
import type { ChannelLink } from './link.js';
import { within } from './wait.js';

export const NONCE_BYTES = 16;
export const SEED_BYTES = 32;
/** What this release calls itself to its peers; only for their logs. */
export const SOFTWARE = 'comet-mpc 0.1.0';

export interface Hello {
  readonly role: Role;
  readonly software: string;
  readonly nonce: Uint8Array;
  /** From the client: to a server its seed, to the dealer those of server 0 and server 1. From others: none. */
  readonly maskSeeds: readonly Uint8Array[];
}

/** How many mask seeds a hello from one role to another carries. */
const seedCount = (from: Role, to: Role) => (from !== 'client' ? 0 : to === 'dealer' ? 2 : 1);

const NAME_AT = 4 + NONCE_BYTES;

export function encodeHello({ role, software, nonce, maskSeeds }: Hello, to: Role): Uint8Array {
  const name = new TextEncoder().encode(software).slice(0, 255);
  const seedsAt = NAME_AT + name.length;
  const bytes = new Uint8Array(seedsAt + SEED_BYTES * maskSeeds.length);
  bytes.set([ROLES.indexOf(role), ROLES.indexOf(to), maskSeeds.length, name.length]);
  bytes.set(nonce, 4);
  bytes.set(name, NAME_AT);
  maskSeeds.forEach((seed, i) => bytes.set(seed, seedsAt + SEED_BYTES * i));
  return bytes;
}

/** @throws CometError E_FRAME when the bytes are not a hello, E_CONFIG when it is meant for another than `me`. */
export function decodeHello(bytes: Uint8Array, me: Role): Hello {
  const fail = (why: string) => new CometError('E_FRAME', `A hello was refused: ${why}.`);
  const [from, addressee, seeds, nameLength] = bytes;
  const [role, to] = [ROLES[from], ROLES[addressee]];
  const seedsAt = NAME_AT + nameLength;
  if (!role || !to || bytes.length !== seedsAt + SEED_BYTES * seeds) throw fail('its length or roles are wrong');
  if (to !== me) throw misdirected(role, to, me);
  if (seeds !== seedCount(role, me))
    throw fail(`it has ${seeds} mask seeds, ${role} owes ${me} ${seedCount(role, me)}`);
  return {
    role,
    software: new TextDecoder().decode(bytes.subarray(NAME_AT, seedsAt)).replace(/\p{Cc}/gu, ' '),
    nonce: bytes.slice(4, NAME_AT),
    maskSeeds: Array.from({ length: seeds }, (_, i) =>
      bytes.slice(seedsAt + SEED_BYTES * i, seedsAt + SEED_BYTES * (i + 1)),
    ),
  };
}

const misdirected = (from: Role, to: Role, me: Role) =>
  new CometError(
    'E_CONFIG',
    `${from} meant ${to} and reached ${me}: correct the addresses in the configuration of ${from}.`,
  );

export function sendHello(link: ChannelLink, to: Role, hello: Hello): void {
  link.send({ kind: 'hello', payload: encodeHello(hello, to) });
}

/** A hello with the session that its frame named. */
export interface Greeting extends Hello {
  readonly session: Uint8Array;
}

/**
 * Waits for the peer's hello, on `link` that has received nothing before.
 * @throws CometError, after telling the peer: E_FRAME for anything but a hello of the `expected` role, E_CONFIG, E_PROVISIONING,
 * E_VERSION, E_PEER_ABSENT when nothing comes within `helloMs`.
 */
export async function receiveHello(
  link: ChannelLink,
  me: Role,
  { expected, helloMs, signal }: { expected?: Role; helloMs: number; signal?: AbortSignal },
): Promise<Greeting> {
  const silent = () =>
    new CometError('E_PEER_ABSENT', `${expected ?? 'A connection'} said no hello within ${helloMs} ms.`);
  try {
    const frame = await within(helloMs, silent, (inner) => link.expect('hello', undefined, inner), signal);
    const hello = decodeHello(frame.payload, me);
    if (hello.role === me || (expected && hello.role !== expected)) {
      throw new CometError(
        'E_FRAME',
        `A hello of ${hello.role} was refused: ${expected ?? 'another role'} was expected here.`,
      );
    }
    return { ...hello, session: frame.session };
  } catch (error) {
    link.close(error);
    throw error;
  }
}
