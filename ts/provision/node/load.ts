/** The model owner's pipeline from a checkpoint folder on disk: load, prepare, calibrate. */
import { createHash } from 'node:crypto';
import { constants, createReadStream, existsSync } from 'node:fs';
import { access, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { type Checkpoint, loadCheckpoint, readConfig } from '../../checkpoint/checkpoint.js';
import { requirePrivate } from '../../checkpoint/config.js';
import { findModel } from '../../checkpoint/hub/node/cache.js';
import { folderSource } from '../../checkpoint/node/folder.js';
import { weightFiles } from '../../checkpoint/shards.js';
import { type FileSource, pathOf } from '../../checkpoint/source.js';
import { loadTokenizer, type Tokenizer } from '../../checkpoint/tokenizer.js';
import { CometError } from '../../core/errors.js';
import { pause } from '../../core/pause.js';
import { finite, integer } from '../../core/schema.js';
import { type Kernels, loadKernels } from '../../kernels/load.js';
import type { Shape } from '../../plan/shape.js';
import { PREDICTORS, readRanks } from '../../predict/file.js';
import { calibrate, type Calibration } from '../../provision/calibrate.js';
import type { Part } from '../../provision/memory.js';
import type { OnOutline } from '../../provision/outline.js';
import { type PreparedModel, prepareModel } from '../../provision/prepare.js';
import { admit, type MemoryOptions } from './machine.js';

/** Where the model that comes with comet is. */
export const SHIPPED_MODEL = fileURLToPath(new URL('../../../models/comet-16m', import.meta.url));

/** Tokens that a calibration runs unless told otherwise. */
export const CALIBRATION_TOKENS = 32768;

/** Of calibration.json; 1 had no hash of config.json. */
const CALIBRATION_FORMAT = 2;

/** Progress of long work. */
export type OnProgress = (stage: string, done: number, total: number) => void;

export interface LoadOptions {
  /** Path of a text to calibrate on; the folder's calibration.json, or else its calibration.txt, unless given. */
  readonly calibration?: string;
  /** Most tokens to calibrate on. */
  readonly tokens?: number;
  /** The constant prefix: a text, "none", or what the tokeniser puts before every text ("auto"); as the kept calibration has it unless given. */
  readonly prefix?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** A checkpoint as it was trained. */
export interface LoadedCheckpoint {
  readonly kernels: Kernels;
  readonly dir: string;
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
}

/** A checkpoint with everything the owner knows of it. */
export interface Loaded extends LoadedCheckpoint {
  readonly prepared: PreparedModel;
}

/** Loads a folder, or a model of the hub's cache, for plaintext work. @throws CometError E_CHECKPOINT, E_UNSUPPORTED, E_LIMIT, E_IO. */
export async function loadPlain(
  model: string = SHIPPED_MODEL,
  memory: MemoryOptions = {},
  signal?: AbortSignal,
): Promise<LoadedCheckpoint> {
  const dir = await findModel(model);
  const source = folderSource(dir);
  const { shape } = await readConfig(source);
  admit(shape, ['owner'], memory);
  return loadFrom(dir, source, signal);
}

/**
 * Loads and prepares a folder or a model of the hub's cache, where `parts` of a private deployment are to run beside its owner.
 * @throws CometError E_CHECKPOINT, E_UNSUPPORTED, E_LIMIT, E_IO.
 */
export async function loadModel(
  model: string = SHIPPED_MODEL,
  parts: readonly Part[] = [],
  memory: MemoryOptions = {},
  signal?: AbortSignal,
  onOutline?: OnOutline,
): Promise<Loaded> {
  const dir = await findModel(model);
  const source = folderSource(dir);
  const { shape, variant } = await readConfig(source);
  requirePrivate(variant, pathOf(source, 'config.json'));
  admit(shape, ['owner', ...parts], {
    ...memory,
    postNorm: !variant.normBefore,
    ranks: await ranksBeside(source, shape),
  });
  const predictors = (await source.size(PREDICTORS)) !== undefined;
  const loaded = await loadFrom(dir, source, signal, (tokenizer) => onOutline?.({ tokenizer, shape, predictors }));
  return { ...loaded, prepared: prepareModel(loaded.kernels, loaded.checkpoint) };
}

/** Of the predictors that lie beside a model. What is wrong with them says who reads them, if anybody does. */
async function ranksBeside(source: FileSource, shape: Shape): Promise<number[]> {
  if ((await source.size(PREDICTORS)) === undefined) return [];
  return readRanks(await loadKernels(), source, shape.layers).catch(() => []);
}

async function loadFrom(
  dir: string,
  source: FileSource,
  signal?: AbortSignal,
  onTokenizer?: (tokenizer: Tokenizer) => void,
): Promise<LoadedCheckpoint> {
  const kernels = await loadKernels();
  const tokenizer = await loadTokenizer(source);
  onTokenizer?.(tokenizer);
  const checkpoint = await loadCheckpoint(kernels, source);
  await pause(signal);
  return { kernels, dir, checkpoint, tokenizer };
}

/** The bytes of a file. @throws CometError E_IO. */
export async function readBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new CometError('E_IO', `${path} cannot be read (${cause.code})`, { cause });
  });
}

/** A text file. @throws CometError E_IO, E_ARGUMENT for one that is not UTF-8. */
export async function readText(path: string): Promise<string> {
  const bytes = await readBytes(path);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CometError('E_ARGUMENT', `${path} is not UTF-8`, { cause });
  }
}

/** The calibration that belongs to a model: kept beside it, or measured now. */
export async function calibrationOf(model: Loaded, options: LoadOptions = {}): Promise<Calibration> {
  const kept = join(model.dir, 'calibration.json');
  if (options.calibration === undefined && existsSync(kept)) {
    const found = await readKept(model, kept);
    const fitting = typeof found !== 'string' && hasPrefix(found, model, options.prefix);
    if (fitting) return found;
    if (typeof found === 'string' && !existsSync(join(model.dir, 'calibration.txt')))
      throw new CometError('E_CHECKPOINT', `${kept} ${found}; ${REMEDY}`);
  }
  return measure(model, options);
}

/** A kept calibration, or why it is not to be used: ranges depend on weights and on what config.json says of them. */
async function readKept(model: Loaded, path: string): Promise<Calibration | string> {
  const content = parse(new TextDecoder().decode(await readBytes(path)));
  const { format } = (content ?? {}) as { format?: unknown };
  if (format === 1) return 'does not say which config.json it belongs to, as those of an older version';
  const found = v.safeParse(keptSchema, content);
  if (!found.success || !fits(found.output.calibration, model)) return 'is damaged';
  if (found.output.weights !== (await weightsHash(model.dir))) return 'belongs to other weights';
  if (found.output.config !== (await configHash(model.dir))) return 'belongs to another config.json';
  return found.output.calibration;
}

const hasPrefix = ({ prefix = [] }: Calibration, { tokenizer }: Loaded, choice?: string): boolean =>
  choice === undefined || `${prefix.join()}` === prefixTokens(tokenizer, choice).join();

/** Tokens of the constant prefix that is chosen. @throws CometError E_ARGUMENT for a text without tokens. */
function prefixTokens(tokenizer: Tokenizer, choice = 'auto'): readonly number[] {
  if (choice === 'none') return [];
  if (choice === 'auto') return tokenizer.first;
  const ids = tokenizer.encode(choice).slice(tokenizer.first.length);
  if (ids.length === 0) throw new CometError('E_ARGUMENT', 'the prefix has no tokens: give a text, "auto" or "none"');
  return ids;
}

/** Measures a calibration and keeps it beside the model. @returns the path written. */
export async function keepCalibration(model: Loaded, options: LoadOptions): Promise<string> {
  const path = join(model.dir, 'calibration.json');
  const calibration = await measure(model, options);
  const hashes = { weights: await weightsHash(model.dir), config: await configHash(model.dir) };
  const text = JSON.stringify({ format: CALIBRATION_FORMAT, ...hashes, calibration });
  await writeWhole(path, `${text}\n`);
  return path;
}

/** Sees that {@link writeWhole} can write a file, before what it is to hold is worked for. @throws CometError E_IO. */
export async function requireWritable(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
    if ((await stat(path)).isFile()) return;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' && existsSync(dirname(path))) return;
    throw new CometError('E_IO', `${path} cannot be written (${code})`, { cause });
  }
  throw new CometError('E_IO', `${path} is no file that could be replaced`);
}

/** Writes a file that is either whole or not there. @throws CometError E_IO. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.partial`;
  try {
    await writeFile(draft, content);
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new CometError('E_IO', `${path} could not be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}

const fits = ({ layers, prefix = [] }: Calibration, { prepared: { shape } }: Loaded): boolean =>
  prefix.every((id) => id < shape.vocab) &&
  prefix.length < shape.context &&
  layers.length === shape.layers &&
  layers.every(({ logZ }) => logZ.min.length === shape.heads && logZ.max.length === shape.heads);

const REMEDY = 'run "comet model calibrate DIR --text FILE" with a text like that which will be generated';

async function measure(
  model: Loaded,
  { calibration, tokens = CALIBRATION_TOKENS, prefix, signal, onProgress }: LoadOptions,
): Promise<Calibration> {
  const path = calibration ?? join(model.dir, 'calibration.txt');
  if (!existsSync(path))
    throw new CometError(
      'E_ARGUMENT',
      calibration === undefined ? `there is no ${path}; ${REMEDY}` : `there is no ${path}, a text to calibrate on`,
    );
  const ids = model.tokenizer.encode(await readText(path));
  return calibrate(model.kernels, model.prepared, ids, {
    tokens,
    prefix: prefixTokens(model.tokenizer, prefix),
    signal,
    onProgress: (done, total) => onProgress?.('calibrating', done, total),
  });
}

/** A magnitude: no layer computes nothing but zeros. */
const positive = v.pipe(finite, v.gtValue(0));
const range = v.object({ min: positive, max: positive });
const norm = v.object({ sumSquares: v.object({ ...range.entries, median: positive }), first: range });
const heads = v.array(finite);
const layer = v.object({
  normA: norm, normB: norm, logZ: v.object({ min: heads, max: heads }), qkMax: positive, vMax: positive, rawQkvMax: positive,
  rawUpMax: positive, scoreMax: positive, streamMax: positive, oMax: positive, uhMax: positive, activationMax: v.pipe(finite, v.minValue(0)),
}); // prettier-ignore
const keptSchema = v.object({
  format: v.literal(CALIBRATION_FORMAT),
  weights: v.string(),
  config: v.string(),
  calibration: v.object({
    tokens: positive,
    prefix: v.optional(v.pipe(v.array(integer(0)), v.minLength(1))),
    layers: v.array(layer),
    finalNorm: v.object({ ...norm.entries, streamMax: positive }),
    hiddenMax: positive,
  }),
});

/** SHA-256 of config.json, to the byte. */
const configHash = async (dir: string): Promise<string> =>
  createHash('sha256')
    .update(await readBytes(join(dir, 'config.json')))
    .digest('hex');

/** SHA-256 of the files of weights, one after the other. */
export async function weightsHash(dir: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await weightFiles(folderSource(dir)))
    for await (const part of createReadStream(join(dir, file))) hash.update(part as Uint8Array);
  return hash.digest('hex');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
