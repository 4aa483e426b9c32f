/**
 * Share directories, one for each role: `manifest.json` (public), `secret.json` (seeds of weight masks), a server's `masked.bin` (its
 * `F`, words of 8 or 4 bytes, little endian, layer after layer), the client's `tables.bin` (embedding, positions if any, head, final state of the prefix if any, bias of the head if any, f32), tokeniser and `generation_config.json` (its end tokens).
 */
import { bytesToHex, hexToBytes, randomBytes } from '@noble/hashes/utils.js';
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { GENERATION_CONFIG, generationConfig } from '../../checkpoint/end-tokens.js';
import { ioErrors, makeDraft, replace } from '../../checkpoint/node/draft.js';
import { ROLES } from '../../core/config.js';
import { CometError } from '../../core/errors.js';
import { pause } from '../../core/pause.js';
import { release } from '../../core/release.js';
import { noList } from '../../core/schema.js';
import type { Kernels } from '../../kernels/load.js';
import type { Plan } from '../../plan/formats.js';
import { type MaskedTensor, type MaskSeeds, tensorIds, tensorShape, wordBits } from '../../weights/tensors.js';
import { type Manifest, parseManifest, SHARE_FORMAT } from '../manifest.js';
import { maskModel } from '../mask.js';
import type { OwnedModel } from '../owned.js';
import { readWhole, writeWhole } from '../whole.js';
import { requirePlace } from './place.js';

/** What {@link writeShares} needs. */
export interface ShareSource {
  readonly name: string;
  readonly model: OwnedModel;
  readonly plan: Plan;
  /** The tokeniser's files, by their names. */
  readonly tokenizer: ReadonlyMap<string, Uint8Array>;
  /** The tokens that end a text. */
  readonly ends: Iterable<number>;
}

/** How {@link writeShares} works. */
export interface WriteOptions {
  /** Replace shares that exist. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  readonly onTensor?: (done: number, total: number) => void;
}

/**
 * Provisions a model: writes the four share directories into `out`, all or nothing.
 * @throws CometError E_IO when `out` cannot be written or exists (unless it holds shares, and `force`), E_RANGE for weights outside
 * the range, E_ABORTED.
 */
export async function writeShares(
  kernels: Kernels,
  source: ShareSource,
  out: string,
  { force = false, ...work }: WriteOptions = {},
): Promise<Manifest> {
  await requirePlace(out, force);
  const draft = await ioErrors(out, () => makeDraft(out));
  try {
    const manifest = await ioErrors(out, () => fill(kernels, source, draft, work));
    await ioErrors(out, () => replace(out, draft));
    return manifest;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function fill(
  kernels: Kernels,
  { name, model, plan, tokenizer, ends }: ShareSource,
  dir: string,
  work: Pick<WriteOptions, 'signal' | 'onTensor'>,
): Promise<Manifest> {
  for (const role of ROLES) await mkdir(join(dir, role), { mode: 0o700 });
  const seeds: MaskSeeds = { seed0: randomBytes(32), seed1: randomBytes(32) };
  const masked = await writeMasked(maskModel(kernels, model, plan, seeds), dir, tensorIds(plan).length, work);
  const { embedding, positions, head, prefixState, headBias } = model;
  const none = new Float32Array(0);
  const tables = Buffer.concat(
    [embedding, positions ?? none, head, prefixState ?? none, headBias ?? none].map(bytesOf),
  );
  await writeFile(join(dir, 'client', 'tables.bin'), tables);
  for (const [name, bytes] of tokenizer) await writeFile(join(dir, 'client', name), bytes);
  await writeFile(join(dir, 'client', GENERATION_CONFIG), generationConfig([...ends]));
  const manifest: Manifest = {
    format: SHARE_FORMAT,
    model: name,
    plan,
    positionOffset: model.shape.positionOffset,
    salt: bytesToHex(randomBytes(16)),
    masked,
    tables: createHash('sha256').update(tables).digest('hex'),
  };
  const secrets = { client: {}, server0: { seed0: seeds.seed0 }, server1: { seed1: seeds.seed1 }, dealer: seeds };
  for (const role of ROLES) {
    await writeFile(join(dir, role, 'manifest.json'), JSON.stringify(manifest));
    const secret = Object.fromEntries(Object.entries(secrets[role]).map(([key, seed]) => [key, bytesToHex(seed)]));
    if (role !== 'client') await writeFile(join(dir, role, 'secret.json'), JSON.stringify(secret), { mode: 0o600 });
  }
  return manifest;
}

/** Both servers get the same file; its hash is returned. */
async function writeMasked(
  tensors: Iterable<MaskedTensor>,
  dir: string,
  total: number,
  { signal, onTensor }: Pick<WriteOptions, 'signal' | 'onTensor'>,
): Promise<string> {
  const hash = createHash('sha256');
  const files = await Promise.all(
    ['server0', 'server1'].map((role) => open(join(dir, role, 'masked.bin'), 'wx', 0o600)),
  );
  try {
    let done = 0;
    for (const { bytes } of tensors) {
      hash.update(bytes);
      for (const file of files) await writeWhole(file, bytes);
      onTensor?.(++done, total);
      await pause(signal);
    }
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
  return hash.digest('hex');
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** A role's manifest. @throws CometError E_PROVISIONING when the directory is not one of a share. */
export async function readManifest(dir: string): Promise<Manifest> {
  return parseManifest((await readShare(dir, 'manifest.json')).toString('utf8'), join(dir, 'manifest.json'));
}

const seed = v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)));
const secretSchema = v.pipe(noList, v.strictObject({ seed0: seed, seed1: seed }));

/**
 * A role's mask seeds.
 * @throws CometError E_PROVISIONING for a damaged file, or one whose two seeds are one: each server would know the other's mask.
 */
export async function readMaskSeeds(dir: string): Promise<Partial<MaskSeeds>> {
  const where = join(dir, 'secret.json');
  const result = v.safeParse(secretSchema, parseJson((await readShare(dir, 'secret.json')).toString('utf8')));
  if (!result.success) throw new CometError('E_PROVISIONING', `${where} is damaged; run "comet share" again`);
  const { seed0, seed1 } = result.output;
  if (seed0 && seed0 === seed1)
    throw new CometError('E_PROVISIONING', `${where} has one seed twice; run "comet share" again`);
  return { ...(seed0 && { seed0: hexToBytes(seed0) }), ...(seed1 && { seed1: hexToBytes(seed1) }) };
}

/** Most bytes of a file that are in memory at once: whole words of any size. */
const PIECE = 3 * 2 ** 18;

/** A server's masked matrices in pieces, each of which ends when the next is asked for; the last comes only when the whole file has the manifest's hash. */
export async function* readMasked(dir: string, manifest: Manifest): AsyncGenerator<MaskedTensor> {
  const path = join(dir, 'masked.bin');
  const file = await ioErrors(path, () => open(path, 'r'));
  const hash = createHash('sha256');
  try {
    const ids = tensorIds(manifest.plan);
    for (const [i, id] of ids.entries()) {
      const [[rows, cols], size] = [tensorShape(manifest.plan, id), wordBits(manifest.plan, id) / 8];
      const total = size * rows * cols;
      for (let at = 0; at < total; at += PIECE) {
        const bytes = new Uint8Array(Math.min(PIECE, total - at));
        if ((await readWhole(file, bytes)) !== bytes.length) throw damaged(path, 'is truncated');
        hash.update(bytes);
        const last = i === ids.length - 1 && at + PIECE >= total;
        if (last && (await readWhole(file, new Uint8Array(1))) > 0) throw damaged(path, 'is too long');
        if (last && hash.digest('hex') !== manifest.masked)
          throw damaged(path, 'does not have the hash in its manifest');
        yield { ...id, from: at / size, bytes };
        release(bytes);
      }
    }
  } finally {
    await file.close();
  }
}

async function readShare(dir: string, name: string): Promise<Buffer> {
  const path = join(dir, name);
  try {
    return await readFile(path);
  } catch (cause) {
    const message = `${path} cannot be read; make the share directories with "comet share MODEL --out DIR"`;
    throw new CometError('E_PROVISIONING', message, { cause });
  }
}

const damaged = (path: string, how: string) =>
  new CometError('E_PROVISIONING', `${path} ${how}; run "comet share" again and copy the directory whole`);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
