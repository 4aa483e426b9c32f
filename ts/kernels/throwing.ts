/** Makes every function, class and method of the generated bindings throw typed errors. */
import { typed } from './errors.js';

type Callable = (this: unknown, ...args: unknown[]) => unknown;
type Class = new (...args: unknown[]) => object;

/** The bindings with typed errors. Prototypes are changed in place, so call it once per realm. */
export function throwingTyped<T extends object>(bindings: T): T {
  const entries = Object.entries(bindings).map(([name, value]) => [
    name,
    isClass(value) ? ofClass(value) : guard(value),
  ]);
  return Object.freeze(Object.fromEntries(entries)) as T;
}

function isClass(value: unknown): value is Class {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

function ofClass(value: Class): Class {
  guardMembers(value.prototype, ['constructor']);
  guardMembers(value, ['prototype', 'name', 'length']);
  return new Proxy(value, {
    construct: (target, args, newTarget) => attempt(() => Reflect.construct(target, args, newTarget) as object),
  });
}

function guardMembers(object: object, except: string[]): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (except.includes(name) || !property.configurable) continue;
    const guarded = property.get ? { get: guard(property.get) as () => unknown } : { value: guard(property.value) };
    Object.defineProperty(object, name, { ...property, ...guarded });
  }
}

function guard(value: unknown): unknown {
  if (typeof value !== 'function') return value;
  return function (this: unknown, ...args: unknown[]) {
    return attempt(() => (value as Callable).apply(this, args));
  };
}

function attempt<R>(call: () => R): R {
  try {
    return call();
  } catch (error) {
    throw typed(error);
  }
}
