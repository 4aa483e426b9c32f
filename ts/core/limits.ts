import * as v from 'valibot';
import { integer } from './schema.js';

const MIB = 2 ** 20;
const count = (value: number, max: number) => v.optional(integer(1, max), value);
const LONGEST = 2 ** 31 - 1;
const milliseconds = (value: number) => count(value, LONGEST);
const millisecondsOrForever = (value: number) => v.optional(integer(0, LONGEST), value);

/** Bounds on what a peer can make this party hold or wait for; each has a default, so `{}` is a complete value. */
export const limitsSchema = v.strictObject({
  /** Longest payload of one frame, in bytes. */
  frameBytes: count(64 * MIB, 2 ** 31 - 1),
  /** Frames, and bytes, that one link holds unread before it gives up on its peer. */
  queueFrames: count(4096, 2 ** 24),
  queueBytes: count(256 * MIB, 2 ** 40),
  /** `Link.drained()` waits while more than this many bytes are unsent. */
  highWaterBytes: count(8 * MIB, 2 ** 40),
  /** Sessions served at once, and sessions whose parties have not all arrived. */
  sessions: count(16, 65536),
  pendingSessions: count(16, 65536),
  /** How long to try to reach a listening peer. */
  connectMs: milliseconds(20_000),
  /** How long a new connection may take to say hello. */
  helloMs: milliseconds(10_000),
  /** How long the first party of a session waits for the last. */
  rendezvousMs: milliseconds(30_000),
  /** How often a connection is probed, and after what silence its peer counts as lost. */
  pingMs: milliseconds(10_000),
  lostMs: milliseconds(30_000),
  /** How long a session may wait for another party within a step, and for the client between steps; 0 is for ever. */
  stallMs: millisecondsOrForever(120_000),
  idleMs: millisecondsOrForever(900_000),
  /** Epochs that a session may begin: for each, the parties move the model. */
  epochs: v.optional(integer(0, 0xffffffff), 64),
  /** Bytes that a server's caches of one session may take; no bound unless given. The dealer's take half. */
  cacheBytes: v.optional(integer(1)),
  /** Bytes of memory that this party may use for a model; as many as the machine has, unless given. */
  memoryBytes: v.optional(integer(1)),
});

export type Limits = v.InferOutput<typeof limitsSchema>;

export const DEFAULT_LIMITS: Limits = Object.freeze(v.parse(limitsSchema, {}));
