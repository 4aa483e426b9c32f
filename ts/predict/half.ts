/** Half-precision floats (IEEE 754 binary16). */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The nearest half of each value, ties to even, as bytes in little endian. Values beyond 65504 become infinite. */
export function halves(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint16(2 * i, half(value), true));
  return bytes;
}

function half(value: number): number {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const size = Math.abs(float[0]);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | even(size * 2 ** 24); // 2^-14 itself is the first normal half
  const exponent = (bits[0] >>> 23) & 0xff;
  // A mantissa rounded up to 2 carries into the exponent, as it should.
  return sign | (((exponent - 112) << 10) + even((bits[0] & 0x7fffff) / 2 ** 13));
}

/** The nearest integer; the even one of two. */
function even(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}
