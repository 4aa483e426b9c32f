/** Writes a safetensors file piece by piece: the header first, then the values in its order. */
import { type FileHandle, open } from 'node:fs/promises';

/** Types that are written. */
export type Dtype = 'F32' | 'F16' | 'BF16';

const BYTES: Readonly<Record<Dtype, number>> = { F32: 4, F16: 2, BF16: 2 };

/** A safetensors file that is being written. Close it in the end. */
export class TensorWriter {
  private constructor(private readonly file: FileHandle) {}

  /** @param shapes the tensors, in the order in which their bytes will come */
  static async create(
    path: string,
    shapes: ReadonlyMap<string, readonly number[]>,
    dtype: Dtype,
  ): Promise<TensorWriter> {
    let end = 0;
    const entries = [...shapes].map(([name, shape]) => {
      const start = end;
      end += shape.reduce((product, n) => product * n, BYTES[dtype]);
      return [name, { dtype, shape, data_offsets: [start, end] }];
    });
    // What transformers asks of a file.
    const header = { __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) };
    const text = new TextEncoder().encode(JSON.stringify(header));
    const head = new Uint8Array(8 + 8 * Math.ceil(text.length / 8)).fill(0x20, 8);
    new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
    head.set(text, 8);
    const writer = new TensorWriter(await open(path, 'wx'));
    await writer.append(head);
    return writer;
  }

  /** The next bytes. */
  async append(bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length) at += (await this.file.write(bytes, at)).bytesWritten;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
