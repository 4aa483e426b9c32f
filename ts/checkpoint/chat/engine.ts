/**
 * Runs chat templates with `@huggingface/jinja`, with the globals that `transformers` gives them. A template comes with a model that others
 * made: it may spend so much and no more, so it ends whatever it says. Loaded when a template is used.
 */
import * as jinja from '@huggingface/jinja';
import { formatDate } from './clock.js';

/** A value of a template, as far as it is looked at here. */
interface Value {
  readonly type: string;
  readonly value: unknown;
}

interface Scope {
  set(name: string, value: unknown): void;
  lookupVariable(name: string): Value;
}

/** A parsed template. */
export interface Program {
  readonly type: 'Program';
}

/** What is used of the library; the imports of its own declarations are not found by the resolution of Node. */
interface Jinja {
  readonly Environment: new () => Scope;
  readonly Interpreter: new (scope: Scope) => {
    run(program: Program): Value;
    evaluate(statement: object | undefined, scope: Scope): Value;
  };
  tokenize(text: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }): object[];
  parse(tokens: object[]): Program;
}

const { Environment, Interpreter, tokenize, parse } = jinja as unknown as Jinja;

/** A template that refuses what it was given. */
export class Refused extends Error {}

/** A template that takes more than it may. */
export class Boundless extends Error {}

/** What a template may spend. */
export interface Budget {
  /** Steps: one for each expression, each element of a list that it gives, and each {@link STEP} of its size. */
  readonly steps: number;
  /** Most of one value: characters, and {@link ELEMENT} for each element. */
  readonly size: number;
}

const STEP = 64;
const ELEMENT = 16;
const LONGEST_RANGE = 16384;

/** @throws Error for wrong syntax. */
export const parseTemplate = (text: string): Program =>
  parse(tokenize(text, { lstrip_blocks: true, trim_blocks: true }));

/**
 * The text that a template writes.
 * @throws Refused where it calls `raise_exception`, Boundless where it takes more than `budget`, Error for any other failure.
 */
export function renderTemplate(program: Program, variables: Readonly<Record<string, unknown>>, budget: Budget): string {
  const environment = new Environment();
  for (const [name, value] of Object.entries({ ...GLOBALS, ...variables })) environment.set(name, value);
  const given = Object.keys(variables).map((name) => environment.lookupVariable(name));
  return String(new BoundedInterpreter(environment, budget, new Set(given)).run(program).value);
}

const GLOBALS: Readonly<Record<string, unknown>> = {
  ...{ true: true, True: true, false: false, False: false, none: null, None: null },
  raise_exception: (message: unknown) => {
    throw new Refused(String(message));
  },
  range,
  strftime_now: (format: unknown) => formatDate(new Date(), String(format)),
};

function range(first: number, last?: number, step = 1): number[] {
  const [start, stop] = last === undefined ? [0, first] : [first, last];
  if (![start, stop, step].every(Number.isSafeInteger)) throw new Error('range() takes whole numbers');
  if (step === 0) throw new Error('range() step must not be zero');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > LONGEST_RANGE) throw new Boundless();
  return Array.from({ length }, (_, i) => start + i * step);
}

/** Counts what every expression gives: whatever is then done with a value takes about as long. */
class BoundedInterpreter extends Interpreter {
  #left: number;
  readonly #sizes = new WeakMap<Value, number>();

  constructor(
    environment: Scope,
    private readonly budget: Budget,
    /** Values from outside: templates name them again and again, and do little with them as a whole. */
    private readonly given: ReadonlySet<Value>,
  ) {
    super(environment);
    this.#left = budget.steps;
  }

  override evaluate(statement: object | undefined, environment: Scope): Value {
    this.#spend(1);
    const value = super.evaluate(statement, environment);
    const { size } = this.#sizeOf(value);
    this.#spend(elementsOf(value).length + (this.given.has(value) ? 0 : size / STEP));
    return value;
  }

  #spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new Boundless();
  }

  /** A namespace can change, and so can the size of what it is in: those are measured each time. */
  #sizeOf(value: Value): { size: number; isFixed: boolean } {
    const known = this.#sizes.get(value);
    if (known !== undefined) return { size: known, isFixed: true };
    let size = 1 + textOf(value).length;
    let isFixed = value.type !== 'NamespaceValue';
    for (const element of elementsOf(value)) {
      this.#spend(1);
      const inner = this.#sizeOf(element);
      size += ELEMENT + inner.size;
      isFixed &&= inner.isFixed;
      if (size > this.budget.size) break;
    }
    if (size > this.budget.size) throw new Boundless();
    if (isFixed) this.#sizes.set(value, size);
    return { size, isFixed };
  }
}

/** What a value consists of; keys are texts of their own. */
function elementsOf({ value }: Value): readonly Value[] {
  if (Array.isArray(value)) return value as Value[];
  return value instanceof Map ? [...(value as Map<string, Value>).values()] : [];
}

const textOf = ({ value }: Value): string => {
  if (typeof value === 'string') return value;
  return value instanceof Map ? [...value.keys()].join('') : '';
};
