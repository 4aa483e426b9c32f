import { bytesToHex, randomBytes } from '@noble/hashes/utils.js';
import * as v from 'valibot';
import { CometError } from './errors.js';
import { type Limits, limitsSchema } from './limits.js';
import { integer, isUnknownKey, noList, read, text } from './schema.js';

/** The four parties of a session. Of two parties, the one listed first connects to the other. */
export const ROLES = ['client', 'server0', 'server1', 'dealer'] as const;
export type Role = (typeof ROLES)[number];

/** The parties that keep a listening address. */
export type ListeningRole = Exclude<Role, 'client'>;

/** Everyone but `role`. */
export const othersThan = (role: Role): Role[] => ROLES.filter((other) => other !== role);

/** Whom `role` connects to; it awaits everyone else. */
export const dialledBy = (role: Role): ListeningRole[] => ROLES.slice(ROLES.indexOf(role) + 1) as ListeningRole[];

/** With whom `role` shares a long-term seed (docs/protocol.md section 1): S0-S1, S0-D and S1-D; the client has none. */
export const seedsOf = (role: Role): ListeningRole[] =>
  role === 'client' ? [] : (othersThan(role).filter((other) => other !== 'client') as ListeningRole[]);

const address = v.strictObject({ host: text, port: integer(0, 65535) });
const endpoint = v.pipe(v.string(), v.check(isEndpoint, 'must look like ws://127.0.0.1:7000 or wss://host:7000'));

/** Whether it is the address of a party: a scheme, a host and perhaps a port. */
function isEndpoint(url: string): boolean {
  return /^wss?:\/\/[^/\s?#@]+\/?$/.test(url) && URL.canParse(url);
}

const seed = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits'));
const tls = v.strictObject({ ca: text, cert: text, key: text });
const forEach = <T extends v.GenericSchema>(roles: Role[], schema: T) =>
  v.pipe(noList, v.strictObject(Object.fromEntries(roles.map((role) => [role, schema])) as Record<Role, T>));

const schemaOf = (role: Role) =>
  v.strictObject({
    role: v.literal(role),
    /** Where this party is reached; not in the client's file. */
    listen: role === 'client' ? v.optional(v.undefined()) : address,
    /** Addresses of the parties that this one connects to. */
    peers: forEach(dialledBy(role), endpoint),
    /** Long-term seeds by the peer that holds the same one. Secret. One for two pairs would give a server the masks of the other. */
    seeds: v.pipe(
      forEach(seedsOf(role), seed),
      v.check(
        (seeds) => new Set(Object.values(seeds)).size === Object.keys(seeds).length,
        'must be another for each peer',
      ),
    ),
    /** PEM files: the authority that signed every party's certificate, and this party's own certificate and key. */
    tls: v.optional(tls),
    /** The directory with this party's share of the model. */
    share: v.optional(text),
    /** Web origins, besides loopback ones, whose pages may connect as the client. */
    origins: v.optional(v.array(text), []),
    limits: v.optional(v.pipe(noList, limitsSchema), {}),
  });

/** Files of one party's certificate, PEM. */
export type TlsFiles = v.InferOutput<typeof tls>;

/** The configuration of one party, as {@link parseConfig} checks it. */
export interface Config {
  readonly role: Role;
  readonly listen?: { readonly host: string; readonly port: number };
  readonly peers: Readonly<Partial<Record<Role, string>>>;
  readonly seeds: Readonly<Partial<Record<Role, string>>>;
  readonly tls?: TlsFiles;
  readonly share?: string;
  readonly origins: readonly string[];
  readonly limits: Limits;
}

/**
 * Checks a configuration read from JSON; `where` names it in the error.
 * @throws CometError E_CONFIG that names each wrong key, and of each object one that is unknown; never its value.
 */
export function parseConfig(value: unknown, where = 'the configuration'): Config {
  const role = read(v.object({ role: v.picklist(ROLES) }), value);
  const result = role.success ? read(schemaOf(role.output.role), value) : role;
  if (result.success) return result.output as Config;
  const problems = result.issues.map(describe).join('; ');
  throw new CometError(
    'E_CONFIG',
    `${where} is not valid: ${problems}. Correct it, or make new files with "comet init".`,
  );
}

function describe(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  if (!isUnknownKey(issue)) return `${path ?? 'top level'}: ${issue.message}`;
  // A seed may stand where a key should: only what looks like a name is repeated.
  const key = String(issue.path?.at(-1)?.key);
  return /^[A-Za-z]\w{0,39}$/.test(key) ? `unknown key ${path}` : 'a key that is not a name';
}

/** What {@link createConfigs} needs to know. */
export interface Deployment {
  /** One host for all, or one for each listening party. */
  readonly host: string | Readonly<Record<ListeningRole, string>>;
  /** server0 listens here, server1 on the next port, the dealer on the one after. */
  readonly basePort: number;
  /** Directory with `ca.crt` and, for each role, `ROLE.crt` and `ROLE.key`; needed unless every host is loopback. */
  readonly tls?: string;
}

/**
 * The four configurations of a deployment, with fresh seeds from the platform's CSPRNG.
 * @throws CometError E_INSECURE_LINK for a non-loopback host without `tls`, E_CONFIG for an impossible address.
 */
export function createConfigs({ host, basePort, tls: directory }: Deployment): Record<Role, Config> {
  const listeners: ListeningRole[] = ['server0', 'server1', 'dealer'];
  const hostOf = (role: ListeningRole) => (typeof host === 'string' ? host : host[role]);
  const exposed = listeners.map(hostOf).find((name) => !isLoopback(name));
  if (exposed !== undefined && directory === undefined) throw insecure(exposed);

  const portOf = (role: ListeningRole) => basePort + listeners.indexOf(role);
  const url = (role: ListeningRole) => `${directory ? 'wss' : 'ws'}://${bracketed(hostOf(role))}:${portOf(role)}`;
  const seeds = new Map<string, string>();
  const seedOf = (a: Role, b: Role) => {
    const pair = [a, b].sort().join();
    if (!seeds.has(pair)) seeds.set(pair, bytesToHex(randomBytes(32)));
    return seeds.get(pair);
  };

  const make = (role: Role) =>
    parseConfig(
      {
        role,
        ...(role !== 'client' && { listen: { host: hostOf(role), port: portOf(role) } }),
        peers: Object.fromEntries(dialledBy(role).map((peer) => [peer, url(peer)])),
        seeds: Object.fromEntries(seedsOf(role).map((peer) => [peer, seedOf(role, peer)])),
        ...(directory && {
          tls: { ca: `${directory}/ca.crt`, cert: `${directory}/${role}.crt`, key: `${directory}/${role}.key` },
        }),
        share: `shares/${role}`,
      },
      `the configuration of ${role}`,
    );
  return Object.fromEntries(ROLES.map((role) => [role, make(role)])) as Record<Role, Config>;
}

/** Whether a host name or address means this machine; only such links may go without TLS. */
export function isLoopback(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/^::ffff:/, '');
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** The refusal of a link that others could read or forge. */
export function insecure(host: string): CometError {
  return new CometError(
    'E_INSECURE_LINK',
    `${host} is not this machine, so its link must be wss with certificates for both ends: ` +
      'give "tls" (ca, cert and key files) in the configuration of every party, or use 127.0.0.1.',
  );
}

const bracketed = (host: string) => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);
