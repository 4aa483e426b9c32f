/** Measures the time inside gates, per operation. */
import type { Address } from '../core/address.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The same gates; calls that name an address, and the generators they return, report their seconds. */
export function timed<T extends object>(gates: T, report: (at: Address, seconds: number) => void): T {
  return new Proxy(gates, {
    get(target, name) {
      const method = Reflect.get(target, name, target) as unknown;
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        const at = args[0] as Partial<Address> | undefined;
        if (at?.op === undefined) return (method as Method).apply(target, args);
        const begin = performance.now();
        const result = (method as Method).apply(target, args);
        const elapsed = (): void => report(at as Address, (performance.now() - begin) / 1000);
        if (!isGenerator(result)) return (elapsed(), result);
        return (function* () {
          const value: unknown = yield* result;
          elapsed();
          return value;
        })();
      };
    },
  });
}

const isGenerator = (value: unknown): value is Generator<unknown, unknown, unknown> =>
  typeof (value as { next?: unknown } | undefined)?.next === 'function';
