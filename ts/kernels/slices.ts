/** How weights are spread over a pool: each worker keeps a range of their columns or neurons. */
import { transfer, type Remote } from 'comlink';
import type { Engine } from './engine.js';

/** What one worker keeps: `from .. to`. */
export interface Slice {
  readonly engine: Remote<Engine>;
  readonly from: number;
  readonly to: number;
}

/** Calls the worker of every slice; a typed error when one fails or the pool ends first. */
export type CallAll = <R>(slices: readonly Slice[], call: (slice: Slice, i: number) => Promise<R>) => Promise<R[]>;

/** Equal slices of `count` things that begin at multiples of `unit`; empty ones are left out. */
export function slicesOf(engines: readonly Remote<Engine>[], count: number, unit: number): Slice[] {
  const units = Math.ceil(count / unit);
  const bound = (i: number): number => Math.min(count, unit * Math.round((i * units) / engines.length));
  return engines.map((engine, i) => ({ engine, from: bound(i), to: bound(i + 1) })).filter(({ from, to }) => from < to);
}

/** A copy that moves to a worker: a view would clone the whole memory behind it. */
export function sent<A extends BigUint64Array | Uint32Array>(array: A): A {
  const copy = array.slice();
  return transfer(copy, [copy.buffer]) as A;
}
