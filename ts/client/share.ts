/**
 * The client's share of a provisioning, wherever its files are: `manifest.json`, `tables.bin` and
 * the tokeniser's.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { type FileSource, pathOf } from '../checkpoint/source.js';
import { loadTokenizer, type Tokenizer } from '../checkpoint/tokenizer.js';
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import type { ClientModel } from '../provision/client-model.js';
import { clientModel } from '../provision/client-model.js';
import { type Manifest, parseManifest } from '../provision/manifest.js';
import type { OnOutline } from '../provision/outline.js';
import type { ClientTables } from '../provision/prepare.js';

export interface ClientShare {
  readonly manifest: Manifest;
  readonly model: ClientModel;
  readonly tokenizer: Tokenizer;
}

/**
 * Reads a share.
 * @throws CometError E_PROVISIONING for a damaged one, E_VERSION, E_CHECKPOINT for the tokeniser,
 * E_IO.
 */
export async function readClientShare(
  kernels: Kernels,
  source: FileSource,
  onOutline?: OnOutline,
): Promise<ClientShare> {
  const text = new TextDecoder().decode(await readWhole(source, 'manifest.json'));
  const manifest = parseManifest(text, pathOf(source, 'manifest.json'));
  const tokenizer = await loadTokenizer(source);
  const { shape, layers, prefix } = manifest.plan;
  await onOutline?.({ tokenizer, shape, predictors: layers.some(({ predictor }) => predictor), prefix });
  return { manifest, model: clientModel(kernels, manifest, await readTables(source, manifest)), tokenizer };
}

/**
 * Embedding, positions, head, the prefix's final state and the head's bias, where there are such,
 * f32 little endian, one after the other.
 */
async function readTables(source: FileSource, manifest: Manifest): Promise<ClientTables> {
  const bytes = await readWhole(source, 'tables.bin');
  if (bytesToHex(sha256(bytes)) !== manifest.tables) {
    const message = `${pathOf(source, 'tables.bin')} does not have the hash in its manifest`;
    throw new CometError('E_PROVISIONING', `${message}; run "comet share" again and copy the directory whole`);
  }
  const { vocab, width, context } = manifest.plan.shape;
  const ofPrefix = manifest.plan.prefix ? width : 0;
  const placed = manifest.plan.rope ? 0 : context + manifest.positionOffset;
  const values = (2 * vocab + placed) * width + ofPrefix;
  if (bytes.length !== 4 * values && bytes.length !== 4 * (values + vocab)) {
    const message = `${pathOf(source, 'tables.bin')} is not of the shape in its manifest`;
    throw new CometError('E_PROVISIONING', `${message}; run "comet share" again and copy the directory whole`);
  }
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let at = 0;
  const take = (count: number): Float32Array => all.subarray(at, (at += count));
  const tables = {
    embedding: take(vocab * width),
    ...(placed > 0 && { positions: take(placed * width) }),
    head: take(vocab * width),
    ...(ofPrefix > 0 && { prefixState: take(ofPrefix) }),
  };
  return at < all.length ? { ...tables, headBias: take(vocab) } : tables;
}

async function readWhole(source: FileSource, file: string): Promise<Uint8Array<ArrayBuffer>> {
  const size = await source.size(file);
  if (size !== undefined) return source.read(file, 0, size);
  const message = `${pathOf(source, file)} cannot be read; make the share directories with "comet share MODEL --out DIR"`;
  throw new CometError('E_PROVISIONING', message);
}
