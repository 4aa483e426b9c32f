/** Records the calls of gates while a program walks them, so that each can be repeated alone under a fresh address. */
import type { Address } from '../core/address.js';
import type { Effect, Opening } from '../wires/effects.js';
import { packedBytes } from '../wires/section.js';
import { type Format, sizeOf } from '../wires/wire.js';

/** One call of a gate: a method whose first argument is an address. */
export interface Call {
  readonly gate: string;
  readonly at: Address;
  /** The arguments after the address. */
  readonly rest: readonly unknown[];
  /** Elements of its result, or of its widest argument where that has more, as for sums. */
  elements: number;
  /** Bytes, both ways, that it costs to open its result. */
  onlineBytes: number;
  /** Entries of the tape that it dealt: the dealer only. */
  section: Uint8Array;
}

type Method = (...args: unknown[]) => unknown;
type Work = Generator<Effect, unknown, unknown[]>;

export class Recorder {
  #calls: Call[] = [];
  #step = 0;
  /** The call that each share comes from, through whatever is added to it before it is opened. */
  readonly #origins = new Map<unknown, Call>();

  /** @param dealt what the dealer dealt since the last time it was asked */
  constructor(
    private readonly gates: object,
    private readonly dealt: () => Uint8Array = () => new Uint8Array(0),
  ) {}

  get calls(): readonly Call[] {
    return this.#calls;
  }

  /** Forgets all calls. */
  clear(): void {
    this.#calls = [];
    this.#origins.clear();
  }

  /** The same gates; what is called is recorded. */
  watched<G extends object>(): G {
    return new Proxy(this.gates, {
      get: (target, name) => {
        // What calls read is needed again.
        if (name === 'release' || name === 'endAll') return () => undefined;
        const method = Reflect.get(target, name, target) as unknown;
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => this.#called(String(name), (method as Method).bind(target), args);
      },
    }) as G;
  }

  /** Makes a recorded call again. Arguments are what they were; the address is of a step of its own. */
  repeat({ gate, at, rest }: Call): void {
    const step = (this.#step = Math.max(this.#step, at.step) + 1);
    const gates = this.gates as Record<string, Method>;
    const result = gates[gate]({ ...at, step }, ...rest.map(ownCopy));
    if (isWork(result)) finish(result);
    else if (isWire(result)) gates.release(result);
    this.dealt();
  }

  #called(gate: string, method: Method, args: unknown[]): unknown {
    if (gate === 'open') this.#opened(args[2] as Opening<unknown>[]);
    const [at, ...rest] = args as [Partial<Address> | undefined, ...unknown[]];
    if (at?.op === undefined) {
      const result = method(...args);
      const origin = args.map((arg) => this.#origins.get(arg)).find(Boolean);
      if (origin) this.#from(origin, result);
      return result;
    }
    const call: Call = {
      gate,
      at: at as Address,
      rest: rest.map(ownCopy),
      elements: 0,
      onlineBytes: 0,
      section: new Uint8Array(0),
    };
    this.#calls.push(call);
    const result = method(...args);
    return isWork(result) ? this.#awaited(call, result) : this.#returned(call, result);
  }

  *#awaited(call: Call, work: Work): Work {
    return this.#returned(call, yield* work);
  }

  #returned(call: Call, result: unknown): unknown {
    call.section = this.dealt();
    call.elements = Math.max(...[result, ...call.rest].map(elementsOf));
    this.#from(call, result);
    return result;
  }

  /** Shares are arrays of words; one gate returns two. */
  #from(call: Call, result: unknown): void {
    for (const share of ArrayBuffer.isView(result) ? [result] : Object.values(result ?? {}))
      if (ArrayBuffer.isView(share) && !isWire(result)) this.#origins.set(share, call);
  }

  #opened(openings: readonly Opening<unknown>[]): void {
    for (const opening of openings) {
      const call = this.#origins.get(opening.share);
      if (call) call.onlineBytes += 2 * packedBytes(sizeOf(opening), opening.width);
    }
  }
}

/** Gates end the shares that they are given. */
const ownCopy = (arg: unknown): unknown => (ArrayBuffer.isView(arg) ? (arg as Uint8Array).slice() : arg);

/** Runs a gate's program to its end; its only effects are products. */
function finish(work: Work): void {
  let next = work.next();
  while (!next.done) {
    const effect = next.value;
    next = work.next(effect.kind === 'compute' ? effect.products.map((product) => product.run()) : []);
  }
}

const isWork = (result: unknown): result is Work =>
  typeof (result as { next?: unknown } | undefined)?.next === 'function';

const isWire = (value: unknown): value is Format => typeof (value as Partial<Format> | undefined)?.width === 'number';

function elementsOf(value: unknown): number {
  if (isWire(value)) return sizeOf(value);
  const share = (value as { normalised?: unknown } | undefined)?.normalised ?? value;
  return share instanceof BigUint64Array ? share.length : 0;
}
