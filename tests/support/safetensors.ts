/** Safetensors files with other contents. */

export interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}
export type Header = Record<string, Entry>;

/** A file with another header or other data, and `more` bytes behind the data. */
export function edited(
  file: Uint8Array<ArrayBuffer>,
  change: (header: Header, data: Uint8Array<ArrayBuffer>) => void,
  more = new Uint8Array(0),
): Uint8Array<ArrayBuffer> {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Header;
  const data = new Uint8Array([...file.subarray(8 + length), ...more]);
  change(header, data);
  const text = new TextEncoder().encode(JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + data.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  out.set(data, 8 + text.length);
  return out;
}

/** A file with one tensor more. */
export const withTensor = (
  file: Uint8Array<ArrayBuffer>,
  name: string,
  entry: Omit<Entry, 'data_offsets'>,
  values: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> =>
  edited(
    file,
    (header, { length }) => (header[name] = { ...entry, data_offsets: [length - values.length, length] }),
    values,
  );

/** The bytes of a tensor. */
export function tensorBytes(file: Uint8Array<ArrayBuffer>, name: string): Uint8Array<ArrayBuffer> {
  let found = new Uint8Array(0);
  edited(file, (header, data) => {
    found = data.slice(...header[name].data_offsets);
  });
  return found;
}
