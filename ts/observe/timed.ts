/** Watches gates, for measurements: which is called for which operation, and until when it works. */
import type { Address } from '../core/address.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Hears that a gate begins; what it returns hears that the gate, or the generator that the gate returned, is done. */
export type OnGate = (at: Address, gate: string) => () => void;

/** The same gates; `onGate` hears of the calls that name an address. */
export function timed<T extends object>(gates: T, onGate: OnGate): T {
  return new Proxy(gates, {
    get(target, name) {
      const method = Reflect.get(target, name, target) as unknown;
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        const at = args[0] as Partial<Address> | undefined;
        if (at?.op === undefined) return (method as Method).apply(target, args);
        const done = onGate(at as Address, String(name));
        const result = (method as Method).apply(target, args);
        if (!isGenerator(result)) return (done(), result);
        return (function* () {
          const value: unknown = yield* result;
          done();
          return value;
        })();
      };
    },
  });
}

const isGenerator = (value: unknown): value is Generator<unknown, unknown, unknown> =>
  typeof (value as { next?: unknown } | undefined)?.next === 'function';
