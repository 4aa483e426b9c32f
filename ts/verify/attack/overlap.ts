/** How many indices two sets share. */

/** A byte for each index up to the largest member of a rising list. */
export function members(list: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(list.length === 0 ? 0 : list[list.length - 1] + 1);
  for (const index of list) bytes[index] = 1;
  return bytes;
}

/** How many of a rising list are among the members. */
export function shared(list: Uint16Array, among: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < list.length && list[i] < among.length; i++) count += among[list[i]];
  return count;
}
