/** Each row of `width` values minus its mean. */
export function centred(rows: Float32Array, width: number): Float32Array {
  const result = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += width) {
    let sum = 0;
    for (let i = at; i < at + width; i++) sum += rows[i];
    for (let i = at; i < at + width; i++) result[i] = rows[i] - sum / width;
  }
  return result;
}
