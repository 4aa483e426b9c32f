/** `calibration.json`: the calibration that is kept beside a model, with the hashes of what it was measured of. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { finite, integer } from '../../core/schema.js';
import type { Calibration } from '../calibration.js';
import { readBytes, writeWhole } from './io.js';
import { type Loaded, weightsHash } from './load.js';

/** Of the file; 1 had no hash of config.json. */
const FORMAT = 2;

/** Where a model's calibration is kept. */
export const keptPath = (dir: string): string => join(dir, 'calibration.json');

/** A calibration and what it was measured on. */
export interface Kept {
  readonly calibration: Calibration;
  /** {@link textHash}; older files say nothing. */
  readonly text?: string;
}

/** What is kept of a model, or why that is not to be used: ranges depend on weights and on what config.json says of them. */
export async function readKept(model: Loaded): Promise<Kept | string | undefined> {
  const path = keptPath(model.dir);
  if (!existsSync(path)) return undefined;
  const content = parse(new TextDecoder().decode(await readBytes(path)));
  const { format } = (content ?? {}) as { format?: unknown };
  if (format === 1) return 'does not say which config.json it belongs to, as those of an older version';
  const found = v.safeParse(schema, content);
  if (!found.success || !fits(found.output.calibration, model)) return 'is damaged';
  if (found.output.weights !== (await weightsHash(model.dir))) return 'belongs to other weights';
  if (found.output.config !== (await configHash(model.dir))) return 'belongs to another config.json';
  return found.output;
}

/** Keeps a calibration beside its model. @returns the path written. @throws CometError E_IO. */
export async function writeKept({ dir }: Loaded, { calibration, text }: Kept): Promise<string> {
  const path = keptPath(dir);
  const hashes = { weights: await weightsHash(dir), config: await configHash(dir), text };
  await writeWhole(path, `${JSON.stringify({ format: FORMAT, ...hashes, calibration })}\n`);
  return path;
}

/** SHA-256 of a text and of how many of its tokens are run at most. */
export const textHash = (text: string, tokens: number): string =>
  createHash('sha256').update(`${tokens} tokens of\n`).update(text).digest('hex');

/** SHA-256 of config.json, to the byte. */
const configHash = async (dir: string): Promise<string> =>
  createHash('sha256')
    .update(await readBytes(join(dir, 'config.json')))
    .digest('hex');

const fits = ({ layers, prefix = [] }: Calibration, { prepared: { shape } }: Loaded): boolean =>
  prefix.every((id) => id < shape.vocab) &&
  prefix.length < shape.context &&
  layers.length === shape.layers &&
  layers.every(({ logZ }) => logZ.min.length === shape.heads && logZ.max.length === shape.heads);

/** A magnitude: no layer computes nothing but zeros. */
const positive = v.pipe(finite, v.gtValue(0));
const range = v.object({ min: positive, max: positive });
const norm = v.object({ sumSquares: v.object({ ...range.entries, median: positive }), first: range });
const heads = v.array(finite);
const activationMax = v.pipe(finite, v.minValue(0));
const gate = v.object({
  max: positive,
  rawMax: positive,
  productMax: positive,
  rawProductMax: positive,
  activationMax,
});
const layer = v.object({
  normA: norm, normB: norm, logZ: v.object({ min: heads, max: heads }), qkMax: positive, vMax: positive, rawQkvMax: positive,
  rawUpMax: positive, scoreMax: positive, streamMax: positive, oMax: positive, uhMax: positive, activationMax,
  gate: v.optional(gate), headNorms: v.optional(v.object({ q: norm, k: norm })),
}); // prettier-ignore
const schema = v.object({
  format: v.literal(FORMAT),
  weights: v.string(),
  config: v.string(),
  text: v.optional(v.string()),
  calibration: v.object({
    tokens: positive,
    prefix: v.optional(v.pipe(v.array(integer(0)), v.minLength(1))),
    layers: v.array(layer),
    finalNorm: v.object({ ...norm.entries, streamMax: positive }),
    hiddenMax: positive,
  }),
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
