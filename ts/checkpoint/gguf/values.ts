/** The values of a GGUF file's tensors, some rows at a time: no model has to fit into memory. */
import { CometError } from '../../core/errors.js';
import type { Kernels } from '../../kernels/load.js';
import type { FileSource } from '../source.js';
import type { GgufTensor } from './parse.js';
import { deinterleave, type TensorToImport } from './tensors.js';

/** About how many values are in memory at once. */
const PIECE = 1 << 21;

/** Reads tensors of one file. */
export class GgufValues {
  constructor(
    private readonly kernels: Kernels,
    private readonly source: FileSource,
    private readonly file: string,
  ) {}

  /** A whole tensor, as it is in the file. @throws CometError as {@link pieces}. */
  read({ name, type, start, end }: GgufTensor): Promise<Float32Array> {
    return this.#values(name, type, start, end);
  }

  /**
   * The values of a tensor in the order of a Hugging Face checkpoint, whole rows and heads at a time.
   * @throws CometError `E_CHECKPOINT` naming the tensor when the file is shorter than it was.
   */
  async *pieces({
    from: { name, type, shape, start, end },
    interleaved,
  }: TensorToImport): AsyncGenerator<Float32Array> {
    const [rows, columns] = [shape[0], shape[1] ?? 1];
    // A vector is one row to its blocks.
    const unit = shape.length === 1 ? rows : (interleaved ?? 1);
    const step = unit * Math.max(1, Math.floor(PIECE / (unit * columns)));
    const rowBytes = (end - start) / rows;
    for (let row = 0; row < rows; row += step) {
      const to = Math.min(row + step, rows);
      const values = await this.#values(name, type, start + row * rowBytes, start + to * rowBytes);
      yield interleaved ? deinterleave(values, interleaved, columns) : values;
    }
  }

  async #values(name: string, type: string, start: number, end: number): Promise<Float32Array> {
    const bytes = await this.source.read(this.file, start, end);
    if (bytes.length < end - start)
      throw new CometError('E_CHECKPOINT', `${this.file} is cut off in the middle of ${name}; copy it again`);
    return this.kernels.dequantize(bytes, type);
  }
}
