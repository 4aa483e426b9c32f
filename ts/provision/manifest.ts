/** The public description of one provisioning: what all parties must agree on. Its hash is the provisioning id. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import * as z from 'zod';
import { CometError } from '../core/errors.js';
import type { Plan } from '../model/plan.js';

/** Version of the share files; others fail with E_VERSION. */
export const SHARE_FORMAT = 5;

export interface Manifest {
  readonly format: typeof SHARE_FORMAT;
  /** Name of the model's folder. */
  readonly model: string;
  readonly plan: Plan;
  readonly positionOffset: number;
  /** 16 random bytes, hexadecimal: two provisionings of one model are different. */
  readonly salt: string;
  /** SHA-256 of the masked weights, hexadecimal; empty where they never were a file. */
  readonly masked: string;
  /** SHA-256 of the client's tables, likewise. */
  readonly tables: string;
}

/** The first 8 bytes of the manifest's hash, which every frame carries. */
export function provisioningId(manifest: Manifest): Uint8Array {
  return sha256(utf8ToBytes(JSON.stringify(canonical(manifest)))).slice(0, 8);
}

/** The same value with keys in one order, whoever made it. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, canonical(item)]));
}

/** For people and file names. */
export const provisioningName = (manifest: Manifest): string => bytesToHex(provisioningId(manifest));

const int = z.number().int();
const norm = z.strictObject({
  fx6: int,
  s6: int,
  kSum: int,
  f: int,
  w: int,
  t: int,
  dmin: int,
  sr: int,
  kR: int,
  fx: int,
  sxs: int,
});
const cellBits = z.literal([16, 17]);
const layer = z.strictObject({
  normA: norm, normB: norm, swQkv: int, swO: int, swUp: int, swDown: int, kRaw: int, fLift: int, sLift: int, fQk: int, kV: int, fV: int, sV: int,
  fS: int, exp2: z.strictObject({ p: int, q: int }), kO: int, fO: int, kU: int, fLiftU: int, sLiftU: int, fUh: int,
  bias: z.strictObject({ kSign: int }).optional(), fused: z.boolean().optional(), signTable: z.strictObject({ width: int, bits: int }).optional(),
  postNorm: z.strictObject({ swA: int, swB: int, fA: int, fB: int }).optional(), expCells: z.strictObject({ z: cellBits, p: cellBits }).optional(),
  predictor: z
    .strictObject({ rank: int, outputs: int, swDown: int, swUp: int, kHidden: int, fLift: int, fHidden: int, kScore: int, budget: int.min(0).optional() })
    .optional(),
}); // prettier-ignore
const positive = int.min(1);
const shape = z.strictObject({
  layers: positive,
  width: positive,
  heads: positive,
  headDim: positive,
  ffn: positive,
  context: positive,
  vocab: positive,
});
const plan = z.strictObject({
  shape,
  scoreShift: int,
  sx: int,
  wx: int,
  layers: z.array(layer),
  final: norm.extend({ kOut: int }).strict(),
});
const schema = z.strictObject({
  format: z.literal(SHARE_FORMAT), model: z.string(), plan, positionOffset: int, salt: z.string(), masked: z.string(), tables: z.string(),
}); // prettier-ignore

/** Reads a manifest. @throws CometError E_VERSION for another format, E_PROVISIONING for anything that is not one. */
export function parseManifest(text: string, where: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CometError('E_PROVISIONING', `${where} is not a manifest; run "comet share" again`);
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (format !== SHARE_FORMAT)
    throw new CometError(
      'E_VERSION',
      `${where} has share format ${String(format)}, this program reads ${SHARE_FORMAT}; run "comet share" again`,
    );
  const result = schema.safeParse(value);
  if (!result.success)
    throw new CometError(
      'E_PROVISIONING',
      `${where} is damaged at ${result.error.issues[0].path.join('.')}; run "comet share" again`,
    );
  return result.data;
}
