/** Turns a GGUF file into a Hugging Face folder: all of it, or nothing. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CometError } from '../../../core/errors.js';
import { pause } from '../../../core/pause.js';
import { type Kernels, loadKernels } from '../../../kernels/load.js';
import { exists, ioErrors, makeDraft } from '../../node/draft.js';
import { folderSource } from '../../node/folder.js';
import { type Dtype, TensorWriter } from '../../node/write-tensors.js';
import { type GgufModel, modelOf } from '../config.js';
import { type Gguf, parseGguf } from '../parse.js';
import { ROPE_FACTORS, type TensorToImport, tensorsOf } from '../tensors.js';
import { type TokenizerFiles, tokenizerOf } from '../tokenizer.js';
import { GgufValues } from '../values.js';

/** Types of tensors as `config.json` names them. */
const NAMES: Readonly<Record<Dtype, string>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** How a file is imported. */
export interface ImportOptions {
  /** The folder to make. */
  readonly out: string;
  /** Of all tensors written; the narrowest that holds every value exactly, unless given. */
  readonly dtype?: Dtype;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** What was imported. */
export interface ImportReport {
  readonly out: string;
  readonly architecture: string;
  /** Of all tensors written: `F32`, `F16` or `BF16`. */
  readonly dtype: Dtype;
  readonly tensors: number;
  readonly parameters: number;
  /** Values that `dtype` does not hold exactly: the folder's differ from the file's there. */
  readonly roundedValues: number;
  /** SHA-256 of the file. */
  readonly sha256: string;
  /** As the file names it. */
  readonly license?: string;
}

/** A file that has been read as far as everything but its tensors. */
interface Opened {
  readonly kernels: Kernels;
  readonly path: string;
  readonly gguf: Gguf;
  readonly model: GgufModel;
  readonly tokenizer: TokenizerFiles;
  readonly tensors: readonly TensorToImport[];
  readonly values: GgufValues;
}

/**
 * Imports a GGUF file of the architectures llama, qwen2 and qwen3.
 * @throws CometError `E_CHECKPOINT` when the file is cut off or damaged, `E_UNSUPPORTED` naming what is not supported, `E_IO` when `out` exists
 * or cannot be written, `E_ABORTED`.
 */
export async function importGguf(path: string, options: ImportOptions): Promise<ImportReport> {
  const { out } = options;
  const target = resolve(out);
  if (await ioErrors(out, () => exists(target)))
    throw new CometError('E_IO', `${out} exists already; choose another --out`);
  const opened = await openGguf(path);
  const dtype = options.dtype ?? (await exactDtype(opened, options));
  const sha256 = await hashOf(path, options);
  const draft = await ioErrors(out, () => makeDraft(out));
  try {
    const roundedValues = await ioErrors(out, () =>
      writeWeights(opened, join(draft, 'model.safetensors'), dtype, options),
    );
    const report = reportOf(opened, { out, dtype, sha256, roundedValues });
    await ioErrors(out, async () => {
      for (const [file, content] of Object.entries(smallFiles(opened, report)))
        await writeFile(join(draft, file), `${JSON.stringify(content, undefined, 2)}\n`);
      await chmod(draft, 0o755);
      await rename(draft, target);
    });
    return report;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function openGguf(path: string): Promise<Opened> {
  const kernels = await loadKernels();
  const source = folderSource(dirname(path));
  const gguf = await parseGguf(kernels, source, basename(path));
  const values = new GgufValues(kernels, source, basename(path));
  const factors = gguf.tensors.find(({ name }) => name === ROPE_FACTORS);
  const model = modelOf(gguf, factors && (await values.read(factors)));
  const tensors = tensorsOf(gguf, model);
  const context = model.config.max_position_embeddings as number;
  const tokenizer = tokenizerOf(gguf.metadata, model.dimensions.vocab, context);
  return { kernels, path, gguf, model, tokenizer, tensors, values };
}

/** The narrowest type that holds every value exactly. */
async function exactDtype({ kernels, tensors, values }: Opened, { signal }: ImportOptions): Promise<Dtype> {
  let left: Dtype[] = ['F16', 'BF16'];
  for (const tensor of tensors) {
    for await (const piece of values.pieces(tensor)) {
      left = left.filter((dtype) => kernels.countRounded(piece, dtype) === 0);
      if (left.length === 0) return 'F32';
      await pause(signal);
    }
  }
  return left[0];
}

async function hashOf(path: string, { signal }: ImportOptions): Promise<string> {
  const hash = createHash('sha256');
  await ioErrors(path, async () => {
    for await (const part of createReadStream(path)) {
      hash.update(part as Uint8Array);
      if (signal?.aborted) await pause(signal);
    }
  });
  return hash.digest('hex');
}

/** @returns how many values were rounded. */
async function writeWeights(opened: Opened, path: string, dtype: Dtype, options: ImportOptions): Promise<number> {
  const { kernels, tensors, values } = opened;
  const shapes = new Map(tensors.map(({ name, from }) => [name, from.shape]));
  const total = tensors.reduce((sum, { from }) => sum + sizeOf(from.shape), 0);
  const writer = await TensorWriter.create(path, shapes, dtype);
  let [done, rounded] = [0, 0];
  try {
    for (const tensor of tensors) {
      for await (const piece of values.pieces(tensor)) {
        await writer.append(encode(kernels, piece, dtype, `${opened.path}: ${tensor.from.name}`));
        if (dtype !== 'F32') rounded += kernels.countRounded(piece, dtype);
        options.onProgress?.('importing', (done += piece.length), total);
        await pause(options.signal);
      }
    }
  } finally {
    await writer.close();
  }
  return rounded;
}

function encode(kernels: Kernels, piece: Float32Array, dtype: Dtype, what: string): Uint8Array {
  try {
    return kernels.encodeTensor(piece, dtype);
  } catch (cause) {
    if (!(cause instanceof CometError)) throw cause;
    throw new CometError(cause.code, `${what}: ${cause.message}`, { cause });
  }
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

type Written = Pick<ImportReport, 'out' | 'dtype' | 'sha256' | 'roundedValues'>;

function reportOf({ gguf, model, tensors }: Opened, written: Written): ImportReport {
  const license = gguf.metadata.string('general.license', '');
  return {
    ...written,
    architecture: model.architecture,
    tensors: tensors.length,
    parameters: tensors.reduce((sum, { from }) => sum + sizeOf(from.shape), 0),
    ...(license && { license }),
  };
}

/** All files but the weights. */
function smallFiles({ path, gguf, model, tokenizer }: Opened, report: ImportReport): Record<string, object> {
  const { bos, eos, padding } = tokenizer.ids;
  const ids = {
    ...(bos !== undefined && { bos_token_id: bos }),
    ...(eos.length > 0 && { eos_token_id: eos.length === 1 ? eos[0] : eos }),
    ...(padding !== undefined && { pad_token_id: padding }),
  };
  const types = new Set(gguf.tensors.map(({ type }) => type));
  return {
    'config.json': { ...model.config, ...ids, torch_dtype: NAMES[report.dtype] },
    'generation_config.json': ids,
    'tokenizer.json': tokenizer.tokenizer,
    'tokenizer_config.json': tokenizer.config,
    'comet.json': {
      weights: 'public',
      source: { format: 'gguf', file: basename(path), sha256: report.sha256, tensorTypes: [...types] },
      ...(report.license && { license: report.license }),
      dtype: report.dtype,
      roundedValues: report.roundedValues,
    },
  };
}
