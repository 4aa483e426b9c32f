/**
 * Gives memory of arrays back at once. The collector would find them, but late: it counts objects, and one that holds a megabyte is as small as
 * any. An array that was given back has no elements any more, so whoever still uses it fails, or reads nothing; it never reads what is there later.
 */

/** Below this an array costs less where it is left to the collector. */
const LEAST_BYTES = 4096;

const give: (buffer: ArrayBuffer) => void =
  'transfer' in ArrayBuffer.prototype ? (buffer) => void (buffer as Transferable).transfer(0) : intoNothing();

interface Transferable extends ArrayBuffer {
  transfer(length: number): ArrayBuffer;
}

/** Node 20 has no `transfer`: what is sent to a port whose other end is closed is gone. */
function intoNothing(): (buffer: ArrayBuffer) => void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return (buffer) => port1.postMessage(null, [buffer]);
}

/** Ends the life of arrays, each alone in its buffer; others, and those that are gone already, stay as they are. */
export function release(...arrays: readonly (ArrayBufferView | undefined)[]): void {
  for (const array of arrays) {
    if (!array || array.byteLength < LEAST_BYTES) continue;
    const { buffer } = array;
    if (buffer.byteLength === array.byteLength && buffer instanceof ArrayBuffer) give(buffer);
  }
}

/** Ends the life of a frame, of which this is a part: no other may be read any more. */
export function releaseFrame({ buffer }: Uint8Array): void {
  if (buffer.byteLength >= LEAST_BYTES && buffer instanceof ArrayBuffer) give(buffer);
}
