/** Files of which the system takes and gives a few bytes at a time, as it may. */
import { readWhole, writeWhole } from '../ts/provision/whole.js';

const BYTES = Uint8Array.from({ length: 100 }, (_, i) => i);

test('a write that is cut short goes on where it stopped', async () => {
  const written: number[] = [];
  const sizes = [1, 50, 7, 100];
  const file = {
    write: async (bytes: Uint8Array, offset: number, length: number) => {
      const part = bytes.subarray(offset, offset + Math.min(length, sizes.shift()!));
      written.push(...part);
      return { bytesWritten: part.length };
    },
  };
  await writeWhole(file, BYTES);
  expect(written).toEqual([...BYTES]);
});

test('a file that takes nothing more is E_IO, not a loop', async () => {
  await expect(writeWhole({ write: async () => ({ bytesWritten: 0 }) }, BYTES)).rejects.toMatchObject({ code: 'E_IO' });
  await writeWhole({ write: () => Promise.reject(new Error('not asked')) }, new Uint8Array(0));
});

test('a read that is cut short goes on, and ends with the file', async () => {
  const fileOf = (content: Uint8Array) => {
    let place = 0;
    return {
      read: async (bytes: Uint8Array, offset: number, length: number) => {
        const part = content.subarray(place, place + Math.min(length, 9));
        bytes.set(part, offset);
        place += part.length;
        return { bytesRead: part.length };
      },
    };
  };
  const whole = new Uint8Array(100);
  expect(await readWhole(fileOf(BYTES), whole)).toBe(100);
  expect(whole).toEqual(BYTES);
  expect(await readWhole(fileOf(BYTES.subarray(0, 31)), new Uint8Array(100))).toBe(31);
});
