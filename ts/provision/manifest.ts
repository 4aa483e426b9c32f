/** The public description of one provisioning: what all parties must agree on. Its hash is the provisioning id. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import * as v from 'valibot';
import { CometError } from '../core/errors.js';
import { integer } from '../core/schema.js';
import type { Plan } from '../plan/formats.js';

/** Version of the share files; others fail with E_VERSION. */
export const SHARE_FORMAT = 7;

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

const int = integer();
const norm = v.strictObject({
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
  eps: v.pipe(v.number(), v.gtValue(0)),
  power: v.optional(v.picklist([-2, 1])),
  factor: v.optional(v.number()),
  windows: v.optional(v.strictObject({ count: int, step: int, shift: int, digits: v.array(int) })),
});
const lifted = { k: int, f: int };
const activation = v.variant('kind', [
  v.strictObject({ kind: v.picklist(['relu', 'relu2', 'silu', 'gelu', 'gelu_tanh']) }),
  v.strictObject({ kind: v.literal('fatrelu'), threshold: v.pipe(v.number(), v.finite()) }),
]);
const sines = {
  gate: v.picklist(['silu', 'gelu', 'gelu_tanh']),
  ...{ width: int, scale: int, count: integer(1), publicBits: int, dealtBits: int, fA: int },
};
const gate = v.strictObject({
  activation,
  way: v.picklist(['squares', 'signs', 'sines']),
  matrix: v.optional(v.strictObject({ ...lifted, sw: int })),
  bias: v.optional(v.boolean()),
  scaled: v.optional(v.strictObject(lifted)),
  product: v.optional(v.strictObject(lifted)),
  cube: v.optional(v.strictObject(lifted)),
  sines: v.optional(v.strictObject({ ...lifted, ...sines })),
});
const cellBits = v.picklist([16, 17]);
const layer = v.strictObject({
  normA: norm, normB: norm, swQkv: int, swO: int, swUp: int, swDown: int, kRaw: int, fLift: int, sLift: int, fQk: int, kV: int, fV: int, sV: int,
  fS: int, exp2: v.strictObject({ p: int, q: int }), kO: int, fO: int, oLift: v.optional(v.boolean()), kU: int, fLiftU: int, sLiftU: int, fUh: int, kUh: int,
  rope: v.optional(v.strictObject({ bits: int, fR: int })), bias: v.optional(v.boolean()), gate: v.optional(gate),
  attentionBias: v.optional(v.strictObject({ qkv: v.optional(v.boolean()), o: v.optional(v.boolean()) })), fused: v.optional(v.boolean()),
  signDigits: v.optional(v.array(int)), signTable: v.optional(v.strictObject({ width: int, bits: int })),
  postNorm: v.optional(v.strictObject({ swA: int, swB: int, fA: int, fB: int, kA: v.optional(int), kB: v.optional(int) })), expCells: v.optional(v.strictObject({ z: cellBits, p: cellBits })),
  softmax: v.optional(v.strictObject({ width: int, levels: v.array(v.strictObject({ shift: int, offset: int, dtop: int })) })),
  predictor: v.optional(
    v.strictObject({ rank: int, outputs: int, swDown: int, swUp: int, kHidden: int, fLift: int, fHidden: int, kScore: int, budget: v.optional(integer(0)) }),
  ),
}); // prettier-ignore
const positive = integer(1);
const shape = v.strictObject({
  layers: positive,
  width: positive,
  heads: positive,
  kvHeads: positive,
  headDim: positive,
  ffn: positive,
  context: positive,
  vocab: positive,
});
const plan = v.strictObject({
  shape,
  scoreShift: int,
  sx: int,
  wx: int,
  prefix: v.optional(v.pipe(v.array(int), v.minLength(1))),
  rope: v.optional(v.strictObject({ frequencies: v.array(v.number()) })),
  publicWeights: v.optional(v.literal(true)),
  layers: v.array(layer),
  final: v.strictObject({ ...norm.entries, kOut: int }),
});
const schema = v.strictObject({
  format: v.literal(SHARE_FORMAT), model: v.string(), plan, positionOffset: int, salt: v.string(), masked: v.string(), tables: v.string(),
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
  const result = v.safeParse(schema, value);
  if (!result.success)
    throw new CometError(
      'E_PROVISIONING',
      `${where} is damaged at ${v.getDotPath(result.issues[0])}; run "comet share" again`,
    );
  return result.output;
}
