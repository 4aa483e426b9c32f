/** Makes every function, class and method of the generated bindings throw typed errors. */
import { typed } from './errors.js';

type Callable = (this: unknown, ...args: unknown[]) => unknown;
type Class = new (...args: unknown[]) => object;

/** What every call goes through. */
export type Around = <R>(call: () => R) => R;

/** The bindings with typed errors, every call inside `around`. Prototypes are changed in place, so call it once per realm. */
export function throwingTyped<T extends object>(bindings: T, around?: Around): T {
  const attempt: Around = around ? (call) => typedErrors(() => around(call)) : typedErrors;
  const entries = Object.entries(bindings).map(([name, value]) => [
    name,
    isClass(value) ? ofClass(value, attempt) : guard(value, attempt),
  ]);
  return Object.freeze(Object.fromEntries(entries)) as T;
}

function isClass(value: unknown): value is Class {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

function ofClass(value: Class, attempt: Around): Class {
  guardMembers(value.prototype, ['constructor'], attempt);
  guardMembers(value, ['prototype', 'name', 'length'], attempt);
  return new Proxy(value, {
    construct: (target, args, newTarget) => attempt(() => Reflect.construct(target, args, newTarget) as object),
  });
}

function guardMembers(object: object, except: string[], attempt: Around): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (except.includes(name) || !property.configurable) continue;
    const guarded = property.get
      ? { get: guard(property.get, attempt) as () => unknown }
      : { value: guard(property.value, attempt) };
    Object.defineProperty(object, name, { ...property, ...guarded });
  }
}

function guard(value: unknown, attempt: Around): unknown {
  if (typeof value !== 'function') return value;
  return function (this: unknown, ...args: unknown[]) {
    return attempt(() => (value as Callable).apply(this, args));
  };
}

function typedErrors<R>(call: () => R): R {
  try {
    return call();
  } catch (error) {
    throw typed(error);
  }
}
