/**
 * Gives memory of arrays back at once. The collector would find them, but late: it counts objects, and one that holds a megabyte is as small as
 * any. An array that was given back has no elements any more, so whoever still uses it fails, or reads nothing; it never reads what is there later.
 */

/** An array of fewer bytes costs less where it is left to the collector. Tests end all of them: what is read after its end then shows at any size. */
export const RELEASED = { leastBytes: 2048 };

interface Transferable {
  transfer?(length: number): ArrayBuffer;
}

const give: (buffer: ArrayBufferLike) => void =
  'transfer' in ArrayBuffer.prototype ? (buffer) => void (buffer as Transferable).transfer!(0) : intoNothing();

/** Node 20 has no `transfer`: what is sent to a port whose other end is closed is gone. */
function intoNothing(): (buffer: ArrayBufferLike) => void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return (buffer) => port1.postMessage(null, [buffer as ArrayBuffer]);
}

/** Ends the life of arrays, each alone in its buffer; others, and those that are gone already, stay as they are. */
export function release(...arrays: readonly (ArrayBufferView | undefined)[]): void {
  for (const array of arrays) if (array && array.byteLength === array.buffer.byteLength) releaseFrame(array);
}

/** A payload has no more than this before it in its buffer, and nothing after it: else the buffer may hold what is another's. */
const MOST_HEAD_BYTES = 64;

/** Ends the life of a frame by its payload. */
export function releaseFrame({ buffer, byteOffset, byteLength }: ArrayBufferView): void {
  const all = buffer.byteLength;
  const own = byteOffset <= MOST_HEAD_BYTES && byteOffset + byteLength === all;
  if (own && all > 0 && all >= RELEASED.leastBytes) give(buffer);
}
