/** Control messages of a client to server 0, server 1 and the dealer: when epochs begin, and a session's steps. Public, lengths only. */
import * as v from 'valibot';
import { integer } from '../core/schema.js';
import { MOST_PREFETCH } from './step.js';

const Announced = v.object({
  rows: integer(1),
  position: integer(0),
  outputs: v.picklist(['none', 'last', 'all']),
  sparse: v.optional(v.boolean()),
  constant: v.optional(v.boolean()),
  modes: v.optional(v.pipe(v.string(), v.regex(/^[dpe]*$/), v.maxLength(256))),
  prefetch: v.optional(integer(0, MOST_PREFETCH)),
  apart: v.optional(v.boolean()),
  keep: v.optional(integer(0)),
});

/** Steps that a client announces in one message: some 105 bytes each and one a layer, of the 65536 that it may have. */
export const STEPS_PER_MESSAGE = 192;

export const StepsMessage = v.strictObject({
  type: v.literal('steps'),
  steps: v.pipe(v.array(Announced), v.minLength(1), v.maxLength(4096)),
});

/** At most once, before any step. */
export const EpochMessage = v.strictObject({
  type: v.literal('epoch'),
  fresh: v.boolean(),
  tokens: v.optional(integer(1, 0xffffffff)),
});

export const ControlMessage = v.variant('type', [StepsMessage, EpochMessage]);

/** A step without its number: numbers are counted by every party and never repeat. */
export type AnnouncedStep = v.InferOutput<typeof Announced>;
