/** Makes every function, class and method of the generated bindings throw typed errors. */
import type { CometError } from '../core/errors.js';

type Callable = (this: unknown, ...args: unknown[]) => unknown;
type Class = new (...args: unknown[]) => object;

/** What every call goes through. */
export type Around = <R>(call: () => R) => R;

/** The {@link CometError} of what a call threw. */
export type ToError = (error: unknown) => CometError;

/**
 * The bindings with typed errors, every call inside `around`. Prototypes are changed in place, so call it once per realm.
 */
export function throwingTyped<T extends object>(bindings: T, typed: ToError, around?: Around): T {
  const entries = Object.entries(bindings).map(([name, value]) => [
    name,
    isClass(value) ? ofClass(value, typed, around) : guard(value, typed, around),
  ]);
  return Object.freeze(Object.fromEntries(entries)) as T;
}

function isClass(value: unknown): value is Class {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

function ofClass(value: Class, typed: ToError, around?: Around): Class {
  guardMembers(value.prototype, ['constructor'], typed, around);
  guardMembers(value, ['prototype', 'name', 'length'], typed, around);
  return new Proxy(value, {
    construct: (target, args, newTarget) => {
      const construct = (): object => Reflect.construct(target, args, newTarget) as object;
      return typedErrors(typed, around ? () => around(construct) : construct);
    },
  });
}

function guardMembers(object: object, except: string[], typed: ToError, around?: Around): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (except.includes(name) || !property.configurable) continue;
    const guarded = property.get
      ? { get: guard(property.get, typed, around) as () => unknown }
      : { value: guard(property.value, typed, around) };
    Object.defineProperty(object, name, { ...property, ...guarded });
  }
}

function guard(value: unknown, typed: ToError, around?: Around): unknown {
  if (typeof value !== 'function') return value;
  const callable = value as Callable;
  if (around)
    return function (this: unknown, ...args: unknown[]) {
      return typedErrors(typed, () => around(() => callable.apply(this, args)));
    };
  // Thousands of times a token: no closure for each call.
  return function (this: unknown, ...args: unknown[]) {
    try {
      return callable.apply(this, args);
    } catch (error) {
      throw typed(error);
    }
  };
}

function typedErrors<R>(typed: ToError, call: () => R): R {
  try {
    return call();
  } catch (error) {
    throw typed(error);
  }
}
