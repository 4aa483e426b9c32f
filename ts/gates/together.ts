/**
 * Several products with the same weights as one: rows after rows, pairs after pairs. Every element of a result depends on its own row only, and
 * words have no rounding, so each gets, bit for bit, what it gets alone.
 */
import { release } from '../core/release.js';
import type { Words } from '../wires/wire.js';
import type { Job } from './product-spec.js';
import { stackWords } from './rows.js';

/** What is multiplied by some weights: `x`, of so many rows. */
export interface Task {
  readonly job: Job;
  readonly x: Words;
  readonly rows: number;
}

/** Tasks of one kind as one; results follow each other in the same order. */
export function together(tasks: readonly Task[]): Task {
  if (tasks.length === 1) return tasks[0];
  return { job: joinedJob(tasks), x: stackWords(tasks.map(({ x }) => x)), rows: total(tasks.map(({ rows }) => rows)) };
}

/** The results of tasks of these lengths out of their common one, which ends, or is that of the only task. */
export function apart(all: Words, lengths: readonly number[]): Words[] {
  if (lengths.length === 1) return [all];
  let from = 0;
  const parts = lengths.map((length) => all.slice(from, (from += length)));
  release(all);
  return parts;
}

function joinedJob(tasks: readonly Task[]): Job {
  const [{ job: first }] = tasks;
  const jobs = tasks.map(({ job }) => job);
  if (first.kind === 'dense') return first;
  if (first.kind === 'columns') {
    const own = jobs as (typeof first)[];
    const rows = shifted(own.map((job) => job.rows), tasks.map((task) => task.rows)); // prettier-ignore
    return { ...first, rows, blocks: joined(own.map(({ blocks }) => blocks)) };
  }
  if (first.kind === 'blocks') {
    const own = jobs as (typeof first)[];
    const counts = own.map(({ count }) => count);
    const rows = shifted(own.map((job) => job.rows), counts); // prettier-ignore
    return { ...first, rows, blocks: joined(own.map(({ blocks }) => blocks)), count: total(counts) };
  }
  const pairs = (jobs as (typeof first)[]).map((job) => job.pairs);
  const ends = shifted(pairs.map(({ starts }) => starts.subarray(1)), pairs.map(({ neurons }) => neurons.length)); // prettier-ignore
  return {
    ...first,
    pairs: {
      rows: total(pairs.map(({ rows }) => rows)),
      starts: joined([Uint32Array.of(0), ends]),
      neurons: joined(pairs.map(({ neurons }) => neurons)),
    },
  };
}

/** Lists one after the other, each counted from where the ones before it end. */
function shifted(lists: readonly Uint32Array[], sizes: readonly number[]): Uint32Array {
  let base = 0;
  return joined(
    lists.map((list, i) => {
      const own = list.map((value) => value + base);
      base += sizes[i];
      return own;
    }),
  );
}

function joined(lists: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(total(lists.map(({ length }) => length)));
  lists.reduce((at, list) => (all.set(list, at), at + list.length), 0);
  return all;
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
