/** The header of a GGUF file: metadata, and where each tensor lies. The tensors themselves are not read. */
import { CometError } from '../../core/errors.js';
import type { Kernels } from '../../kernels/load.js';
import { type FileSource, pathOf } from '../source.js';
import { Metadata } from './metadata.js';

/** A tensor of a GGUF file. */
export interface GgufTensor {
  readonly name: string;
  /** Outputs, then inputs, as in a Hugging Face checkpoint: GGUF's order turned round. */
  readonly shape: readonly number[];
  /** By ggml's name: `F32`, `Q4_1`, .. */
  readonly type: string;
  /** Where its bytes are in the file. */
  readonly start: number;
  readonly end: number;
}

/** What a GGUF file holds. */
export interface Gguf {
  readonly path: string;
  readonly metadata: Metadata;
  readonly tensors: readonly GgufTensor[];
}

/** Tensor types that can be read, by ggml's names. */
const TYPES = ['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q4_K', 'Q5_K', 'Q6_K'];

/**
 * Reads a header with `@huggingface/gguf`.
 * @throws CometError `E_CHECKPOINT` when the file is missing, cut off, or no GGUF file; `E_UNSUPPORTED` for another type of tensor, big-endian
 * files and parts of a model in several files; `E_IO` when it cannot be read.
 */
export async function parseGguf(kernels: Kernels, source: FileSource, file: string): Promise<Gguf> {
  const path = pathOf(source, file);
  const size = await source.size(file);
  if (size === undefined) throw new CometError('E_CHECKPOINT', `${path} is missing`);
  const { gguf, GGMLQuantizationType } = await import('@huggingface/gguf');
  const ranges = new Ranges(source, file, size);
  // The parser reads ranges of a URL through the function it is given; nothing is fetched.
  const found = await gguf('https://file.invalid/', { fetch: ranges.fetch }).catch((cause: Error) => {
    if (cause instanceof CometError) throw cause;
    throw ranges.beyond ? cutOff(path) : new CometError('E_CHECKPOINT', `${path}: ${cause.message}`, { cause });
  });
  if (found.tensorInfoByteRange[1] > size) throw cutOff(path);
  if (!found.littleEndian) throw new CometError('E_UNSUPPORTED', `${path} is big-endian; convert it to little-endian`);
  const metadata = new Metadata(path, Object.fromEntries(Object.entries(found.metadata)));
  if (metadata.integer('split.count', 1) > 1)
    throw metadata.unsupported('split.count', 'merge its files first: "llama-gguf-split --merge"');
  const tensors = found.tensorInfos.map(({ name, shape, dtype, offset }): GgufTensor => {
    const type = GGMLQuantizationType[dtype] ?? `number ${String(dtype as number)}`;
    const start = Number(found.tensorDataOffset + offset);
    const dims = shape.map(Number).reverse();
    return { name, shape: dims, type, start, end: start + bytesOf(kernels, dims, type, `${path}: ${name}`) };
  });
  if (tensors.some(({ end }) => end > size)) throw cutOff(path);
  return { path, metadata, tensors };
}

/** Bytes of a tensor. @throws CometError `E_UNSUPPORTED` for another type, `E_CHECKPOINT` for rows that are not whole blocks. */
function bytesOf(kernels: Kernels, shape: readonly number[], type: string, what: string): number {
  const block = TYPES.includes(type) ? kernels.quantBlock(type) : undefined;
  if (!block) throw new CometError('E_UNSUPPORTED', `${what} has type ${type}; supported are ${TYPES.join(', ')}`);
  const [values, bytes] = block;
  if (shape.length === 0 || shape[shape.length - 1] % values !== 0)
    throw new CometError('E_CHECKPOINT', `${what} has rows that are not whole blocks of ${type}`);
  return (shape.reduce((product, n) => product * n, 1) / values) * bytes;
}

const cutOff = (path: string): CometError =>
  new CometError('E_CHECKPOINT', `${path} is cut off; copy or download it again`);

/** Ranges of a file as the answers of a web server. */
class Ranges {
  /** Whether anything behind the end was asked for. */
  beyond = false;

  constructor(
    private readonly source: FileSource,
    private readonly file: string,
    private readonly size: number,
  ) {}

  readonly fetch: typeof fetch = async (_url, init) => {
    const [from, last] = new Headers(init?.headers).get('range')!.match(/\d+/g)!.map(Number);
    const to = Math.min(last + 1, this.size);
    if (from < to) return new Response(await this.source.read(this.file, from, to));
    this.beyond = true;
    return new Response();
  };
}
