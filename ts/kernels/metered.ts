/** For profiles only: tells apart the time inside the kernels and the time that arguments and results take to cross into them and back. */

/** Counts a call as one or the other; what is nested counts for itself. */
export type MeterCalls = <R>(part: 'kernels' | 'crossing', call: () => R) => R;

type Callable = (...args: unknown[]) => unknown;

/**
 * Whatever `instantiate` instantiates has exports that are counted as `kernels`. The bindings keep their instance to themselves and a
 * module's exports cannot be changed, so the constructor is exchanged while they call it.
 */
export function withMeteredExports<R>(meter: MeterCalls, instantiate: () => R): R {
  const { Instance } = WebAssembly;
  const metered = function (module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    const { exports } = new Instance(module, imports);
    return {
      exports: Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, watched(name, value)])),
    };
  };
  const watched = (name: string, value: unknown): unknown =>
    // The bindings' own helpers allocate and free what crosses.
    typeof value !== 'function' || name.startsWith('__wb')
      ? value
      : (...args: unknown[]) => meter('kernels', () => (value as Callable)(...args));
  WebAssembly.Instance = metered as unknown as typeof Instance;
  try {
    return instantiate();
  } finally {
    WebAssembly.Instance = Instance;
  }
}
