/** Writes safetensors files. */
import { halves } from './half.js';

/** A tensor to write: as halves, or as it is. */
export interface TensorToWrite {
  readonly dtype: 'F16' | 'F32';
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The bytes of a safetensors file: the header's length, the header, the tensors in their order. */
export function safetensors(
  tensors: Readonly<Record<string, TensorToWrite>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const parts = Object.entries(tensors).map(([name, { dtype, shape, values }]) => ({
    name,
    dtype,
    shape,
    bytes: dtype === 'F16' ? halves(values) : new Uint8Array(values.slice().buffer),
  }));
  let end = 0;
  const entries = parts.map(({ name, dtype, shape, bytes }) => [
    name,
    { dtype, shape, data_offsets: [end, (end += bytes.length)] },
  ]);
  const text = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }));
  const header = 8 * Math.ceil(text.length / 8);
  const file = new Uint8Array(8 + header + end).fill(0x20, 8, 8 + header);
  new DataView(file.buffer).setBigUint64(0, BigInt(header), true);
  file.set(text, 8);
  let at = 8 + header;
  for (const { bytes } of parts) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}
