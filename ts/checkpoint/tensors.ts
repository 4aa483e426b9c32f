/** The tensors of one safetensors file, each read, checked and converted to f32 on its own. */
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import { type FileSource, pathOf } from './source.js';

interface TensorInfo {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

interface Header {
  readonly tensors: Record<string, TensorInfo>;
  readonly metadata?: Record<string, string> | null;
  readonly size: number;
}

const DTYPES = ['F32', 'F16', 'BF16'];

/** An open safetensors file. */
export class TensorFile {
  private constructor(
    private readonly kernels: Kernels,
    private readonly source: FileSource,
    private readonly file: string,
    private readonly tensors: ReadonlyMap<string, TensorInfo>,
    /** What the file says about itself. */
    readonly metadata: Readonly<Record<string, string>>,
  ) {}

  /** @throws CometError `E_CHECKPOINT` when the file is missing, truncated or no safetensors file. */
  static async open(kernels: Kernels, source: FileSource, file: string): Promise<TensorFile> {
    const path = pathOf(source, file);
    const size = await source.size(file);
    if (size === undefined) throw new CometError('E_CHECKPOINT', `${path} is missing`);
    const header = await readHeader(kernels, source, file, path);
    if (size !== header.size) {
      const how = size < header.size ? 'is truncated' : 'is too long';
      const message = `${path} ${how}: it has ${size} bytes, its header describes ${header.size}; copy it again`;
      throw new CometError('E_CHECKPOINT', message);
    }
    return new TensorFile(kernels, source, file, new Map(Object.entries(header.tensors)), header.metadata ?? {});
  }

  /** Names of all tensors. */
  get names(): string[] {
    return [...this.tensors.keys()];
  }

  /** A tensor's shape; undefined where there is no such tensor. */
  shape(name: string): readonly number[] | undefined {
    return this.tensors.get(name)?.shape;
  }

  /**
   * A tensor's values, row-major.
   * @throws CometError `E_CHECKPOINT` naming the tensor when it is missing, has another shape or type, or holds NaN or infinity.
   */
  async read(name: string, shape: readonly number[]): Promise<Float32Array> {
    const path = pathOf(this.source, this.file);
    const wanted = `expected a tensor of shape [${shape.join(', ')}]`;
    const info = this.tensors.get(name);
    if (!info) throw new CometError('E_CHECKPOINT', `${path} has no tensor ${name}; ${wanted}`);
    if (info.shape.length !== shape.length || info.shape.some((n, i) => n !== shape[i])) {
      throw new CometError('E_CHECKPOINT', `${path}: ${name} has shape [${info.shape.join(', ')}]; ${wanted}`);
    }
    if (!DTYPES.includes(info.dtype)) {
      throw new CometError('E_CHECKPOINT', `${path}: ${name} has type ${info.dtype}; expected ${DTYPES.join(', ')}`);
    }
    const bytes = await this.source.read(this.file, info.start, info.end);
    if (bytes.length !== info.end - info.start) {
      throw new CometError('E_CHECKPOINT', `${path} is truncated in the middle of ${name}; copy it again`);
    }
    const values = this.kernels.decodeTensor(bytes, info.dtype);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new CometError(
        'E_CHECKPOINT',
        `${path}: ${name} holds ${values[bad]} at index ${bad}; its values must be finite`,
      );
    }
    return values;
  }
}

async function readHeader(kernels: Kernels, source: FileSource, file: string, path: string) {
  try {
    const length = kernels.safetensorsHeaderBytes(await source.read(file, 0, 8));
    const text = kernels.safetensorsHeader(await source.read(file, 0, length));
    return JSON.parse(text) as Header;
  } catch (cause) {
    if (!(cause instanceof CometError) || cause.code !== 'E_CHECKPOINT') throw cause;
    throw new CometError('E_CHECKPOINT', `${path}: ${cause.message}`, { cause });
  }
}
