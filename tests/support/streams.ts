/** Watches which key streams the kernels read. */
import { jest } from '@jest/globals';
import type { Kernels } from '../../ts/kernels/load.js';

export type OnRead = (key: Uint8Array, nonce: Uint8Array) => void;

/** Every kernel that reads a key stream; `epoch.test.ts` compares this with what the artefact exports. */
export const READERS = {
  functions: ['prgWords', 'prgDealt', 'prgGather', 'dealRemainder', 'maskOf'],
  methods: ['addPrg', 'fromPrg'],
} as const;

/** Kernels whose functions report every key stream that they read. */
export function spied(kernels: Kernels, onRead: OnRead): Kernels {
  const watched: readonly string[] = READERS.functions;
  return new Proxy(
    { ...kernels },
    {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (!watched.includes(name as string)) return value;
        return (...args: unknown[]): unknown => {
          report(args, onRead);
          return (value as (...all: unknown[]) => unknown)(...args);
        };
      },
    },
  );
}

/** Reports what matrices read, of whichever party: their methods are those of the realm. Returns what ends that. */
export function watchMatrices({ RingMatrix, RingRows }: Kernels, onRead: OnRead): () => void {
  const spies = [RingMatrix, RingRows].flatMap((kind) => [
    watch(kind.prototype as object as Watched, 'addPrg', onRead),
    watch(kind as object as Watched, 'fromPrg', onRead),
  ]);
  return () => spies.forEach((spy) => spy.mockRestore());
}

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Watched = Record<(typeof READERS.methods)[number], Method>;

function watch(of: Watched, name: (typeof READERS.methods)[number], onRead: OnRead) {
  const real = of[name];
  return jest.spyOn(of, name).mockImplementation(function (this: unknown, ...args: unknown[]) {
    report(args, onRead);
    return real.apply(this, args);
  });
}

/** Keys are the arguments of 32 bytes, the nonce that of 12: one nonce for all keys of a call. */
function report(args: readonly unknown[], onRead: OnRead): void {
  const bytes = args.filter((arg): arg is Uint8Array => (arg as Partial<Uint8Array> | null)?.BYTES_PER_ELEMENT === 1);
  const nonce = bytes.find(({ length }) => length === 12)!;
  for (const key of bytes.filter(({ length }) => length === 32)) onRead(key, nonce);
}
