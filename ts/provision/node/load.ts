/** The model owner's pipeline from a checkpoint folder on disk: load, prepare, calibrate. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Message } from '../../checkpoint/chat/template.js';
import { type Checkpoint, loadCheckpoint, readConfig } from '../../checkpoint/checkpoint.js';
import { requirePrivate } from '../../checkpoint/config.js';
import { findModel } from '../../checkpoint/hub/node/cache.js';
import { folderSource } from '../../checkpoint/node/folder.js';
import { weightFiles } from '../../checkpoint/shards.js';
import { type FileSource, pathOf, readOptionalText } from '../../checkpoint/source.js';
import { loadTokenizer, type Tokenizer } from '../../checkpoint/tokenizer.js';
import { pause } from '../../core/pause.js';
import { type Kernels, loadKernels } from '../../kernels/load.js';
import type { Shape } from '../../plan/shape.js';
import { PREDICTORS, readRanks } from '../../predict/file.js';
import { embeddedThreads, type Part } from '../../provision/memory.js';
import type { OnOutline } from '../../provision/outline.js';
import { type PreparedModel, prepareModel } from '../../provision/prepare.js';
import { admit, type MemoryOptions } from './machine.js';
import type { RenderChat } from './texts.js';

/** Where the model that comes with comet is. */
export const SHIPPED_MODEL = fileURLToPath(new URL('../../../models/comet-16m', import.meta.url));

/** Progress of long work. */
export type OnProgress = (stage: string, done: number, total: number) => void;

/** A checkpoint as it was trained. */
export interface LoadedCheckpoint {
  readonly kernels: Kernels;
  readonly dir: string;
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  /** Of a model with a chat template. */
  readonly renderChat?: RenderChat;
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
  const { shape, variant } = await readConfig(source);
  admit(shape, ['owner'], { ...memory, gated: variant.feedForward.gated });
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
  const ranks = await ranksBeside(source, shape);
  const { normBefore, feedForward } = variant;
  const { gated } = feedForward;
  const extras = { postNorm: !normBefore, gated, ranks, prefix: await prefixBeside(source) };
  admit(shape, ['owner', ...parts], { threads: embeddedThreads(shape, extras), ...memory, ...extras });
  const predictors = (await source.size(PREDICTORS)) !== undefined;
  const loaded = await loadFrom(dir, source, signal, (tokenizer) => onOutline?.({ tokenizer, shape, predictors }));
  return { ...loaded, prepared: prepareModel(loaded.kernels, loaded.checkpoint) };
}

/** Of the predictors that lie beside a model. What is wrong with them says who reads them, if anybody does. */
async function ranksBeside(source: FileSource, shape: Shape): Promise<number[]> {
  if ((await source.size(PREDICTORS)) === undefined) return [];
  return readRanks(await loadKernels(), source, shape.layers).catch(() => []);
}

/** Tokens of the constant prefix that the kept calibration names; one where there is none, as most tokenisers put before a text. */
async function prefixBeside(source: FileSource): Promise<number> {
  const text = await readOptionalText(source, 'calibration.json');
  if (text === undefined) return 1;
  try {
    const { calibration } = JSON.parse(text) as { calibration?: { prefix?: unknown[] } };
    return calibration?.prefix?.length ?? 0;
  } catch {
    return 1; // Whoever reads it will say what is wrong with it.
  }
}

async function loadFrom(
  dir: string,
  source: FileSource,
  signal?: AbortSignal,
  onTokenizer?: (tokenizer: Tokenizer) => void | Promise<void>,
): Promise<LoadedCheckpoint> {
  const kernels = await loadKernels();
  const tokenizer = await loadTokenizer(source);
  await onTokenizer?.(tokenizer);
  const checkpoint = await loadCheckpoint(kernels, source);
  await pause(signal);
  const { chat } = tokenizer;
  const renderChat = chat && ((turns: readonly Message[]) => chat.render(turns, false));
  return { kernels, dir, checkpoint, tokenizer, renderChat };
}

/** SHA-256 of the files of weights, one after the other. */
export async function weightsHash(dir: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await weightFiles(folderSource(dir)))
    for await (const part of createReadStream(join(dir, file))) hash.update(part as Uint8Array);
  return hash.digest('hex');
}
