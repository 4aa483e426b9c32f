/** What caches lack: which jobs a step gets, which inputs are kept, and what forgetting leaves. */
import fc from 'fast-check';
import { Holes, PREFETCH_WINDOW, type RefillRules } from '../ts/cache/holes.js';
import type { Jobs } from '../ts/gates/attention.js';
import type { ActiveHeads } from '../ts/gates/sets.js';

const HEADS = 3;
const CONTEXT = 12;

/** One row of heads for each row of a step, `x` where a head is active. */
function active(...rows: readonly string[]): ActiveHeads {
  const pairs = rows.flatMap((row, r) => [...row].flatMap((letter, head) => (letter === 'x' ? [[r, head]] : [])));
  return { rows: Uint32Array.from(pairs, ([row]) => row), heads: Uint32Array.from(pairs, ([, head]) => head) };
}
const pairs = ({ positions, heads }: Jobs): string[] => Array.from(positions, (at, i) => `${at}.${heads[i]}`);

/** A step as the attention makes it: jobs, then what is kept of its rows. */
function step(holes: Holes<string>, position: number, ...rows: readonly string[]): string[] {
  return stepBy({}, holes, position, ...rows);
}
function stepBy(rules: RefillRules, holes: Holes<string>, position: number, ...rows: readonly string[]): string[] {
  holes.rewind(position);
  const jobs = holes.jobs(active(...rows), position, rules);
  holes.fill(jobs, active(...rows), position);
  holes.read(active(...rows), position);
  rows.forEach((_, row) => {
    const at = position + row;
    if (holes.hasHole(at)) holes.keep(at, { xs: `x${at}`, r: `r${at}` });
  });
  return pairs(jobs);
}

test('a dense step computes every head of every row, and keeps nothing', () => {
  const holes = new Holes<string>(HEADS, CONTEXT);
  expect(step(holes, 0, 'xxx', 'xxx')).toEqual(['0.0', '0.1', '0.2', '1.0', '1.1', '1.2']);
  expect(step(holes, 2, 'xxx')).toEqual(['2.0', '2.1', '2.2']);
  expect([holes.kept, holes.missing(3)]).toEqual([0, 0]);
});

test('a head computes all that it lacks up to the last row where it is active', () => {
  const holes = new Holes<string>(HEADS, CONTEXT);
  expect(step(holes, 0, 'x..', '.x.', '...')).toEqual(['0.0', '0.1', '1.1']);
  expect(holes.missing(3)).toBe(6);
  expect(holes.kept).toBe(3);
  // Head 2 for the first time, head 0 again: positions ascend, and heads at each.
  expect(step(holes, 3, 'x.x')).toEqual(['0.2', '1.0', '1.2', '2.0', '2.2', '3.0', '3.2']);
  expect(holes.missing(4)).toBe(2);
});

test('an input is kept for as long as its position has a hole', () => {
  const holes = new Holes<string>(HEADS, CONTEXT);
  step(holes, 0, 'xx.', 'x..');
  expect(holes.input(0)).toEqual({ xs: 'x0', r: 'r0' });
  step(holes, 2, '..x');
  // Position 0 is whole, 1 lacks head 1, 2 lacks heads 0 and 1.
  expect(() => holes.input(0)).toThrow(expect.objectContaining({ code: 'E_INTERNAL' }));
  expect(holes.input(1)).toEqual({ xs: 'x1', r: 'r1' });
  expect(holes.kept).toBe(2);
  step(holes, 3, 'xxx');
  expect([holes.kept, holes.missing(4)]).toEqual([0, 0]);
});

test('a step without any head has no jobs, and leaves holes everywhere', () => {
  const holes = new Holes<string>(HEADS, CONTEXT);
  expect(step(holes, 0, '...', '...')).toEqual([]);
  expect([holes.kept, holes.missing(2), holes.missing(1)]).toEqual([2, 6, 3]);
});

test('forgetting takes positions and inputs from there on, and no others', () => {
  const holes = new Holes<string>(HEADS, CONTEXT);
  step(holes, 0, 'x..', '.x.', 'x..');
  expect([holes.kept, holes.missing(3)]).toEqual([3, 4]);
  holes.rewind(1);
  expect([holes.kept, holes.hasHole(0), holes.missing(1)]).toEqual([1, true, 1]);
  expect(holes.input(0).xs).toBe('x0');
  expect(holes.missing(3)).toBe(1 + 6);
  expect(step(holes, 1, 'x.x')).toEqual(['0.2', '1.0', '1.2']);
  holes.rewind(0);
  expect([holes.kept, holes.missing(3)]).toEqual([0, 9]);
});

test('what a ledger takes for cached has no holes', () => {
  const holes = new Holes<string>(HEADS, CONTEXT);
  holes.assume(3);
  expect([holes.missing(3), holes.missing(4), holes.kept]).toEqual([0, 3, 0]);
  expect(step(holes, 3, 'x..')).toEqual(['3.0']);
});

test('the context may be filled to its end', () => {
  const holes = new Holes<string>(HEADS, CONTEXT);
  const rows = Array.from({ length: CONTEXT }, () => '.x.');
  expect(step(holes, 0, ...rows)).toHaveLength(CONTEXT);
  expect([holes.missing(CONTEXT), holes.missing(CONTEXT + 5)]).toEqual([2 * CONTEXT, 2 * CONTEXT]);
});

test('whatever the steps: nothing twice, nothing that is not needed, and every input that will be', () => {
  const row = fc
    .tuple(fc.boolean(), fc.boolean(), fc.boolean())
    .map((set) => set.map((on) => (on ? 'x' : '.')).join(''));
  const steps = fc.array(fc.record({ back: fc.nat(3), rows: fc.array(row, { minLength: 1, maxLength: 3 }) }), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const holes = new Holes<string>(HEADS, CONTEXT);
      const model = new Set<string>();
      let end = 0;
      for (const { back, rows } of all) {
        const position = Math.max(0, end - back);
        if (position + rows.length > CONTEXT) continue;
        end = position + rows.length;
        for (const pair of model) if (Number(pair.split('.')[0]) >= position) model.delete(pair);
        holes.rewind(position);
        const jobs = pairs(holes.jobs(active(...rows), position));
        const wanted: string[] = [];
        for (let at = 0; at < end; at++)
          for (let head = 0; head < HEADS; head++) {
            const needed = rows.some((set, r) => set[head] === 'x' && at <= position + r);
            if (needed && !model.has(`${at}.${head}`)) wanted.push(`${at}.${head}`);
          }
        expect(jobs).toEqual(wanted);
        // Whatever comes from before this step has its input.
        for (const at of jobs.map((job) => Number(job.split('.')[0])))
          if (at < position) expect(holes.input(at)).toEqual({ xs: `x${at}`, r: `r${at}` });
        expect(step(holes, position, ...rows)).toEqual(wanted);
        wanted.forEach((job) => model.add(job));
        const lacking = Array.from({ length: end }, (_, at) => at).filter((at) =>
          [0, 1, 2].some((head) => !model.has(`${at}.${head}`)),
        );
        expect(holes.missing(end)).toBe(HEADS * end - model.size);
        expect(lacking.map((at) => holes.input(at)?.xs)).toEqual(lacking.map((at) => `x${at}`));
        expect(holes.kept).toBe(lacking.length);
      }
    }),
  );
});

describe('ahead of a step', () => {
  const ahead = (holes: Holes<string>, position: number, rules: RefillRules, ...rows: readonly string[]): string[] => {
    const jobs = holes.ahead(active(...rows), position, rules);
    holes.fill(jobs, active(...rows), position);
    return pairs(jobs);
  };

  test('comes what active heads lack of earlier positions; the step then has its own only', () => {
    const holes = new Holes<string>(HEADS, CONTEXT);
    step(holes, 0, 'x..', '.x.', '...');
    expect(ahead(holes, 3, {}, 'x.x')).toEqual(['0.2', '1.0', '1.2', '2.0', '2.2']);
    expect(step(holes, 3, 'x.x')).toEqual(['3.0', '3.2']);
    expect(ahead(holes, 4, {}, 'x.x')).toEqual([]);
  });

  test('comes what heads lack that were active a moment ago, the latest first, within the budget', () => {
    const holes = new Holes<string>(HEADS, CONTEXT);
    step(holes, 0, '.xx');
    step(holes, 1, '.x.');
    for (const at of [2, 3]) step(holes, at, 'x..');
    // Head 1 lacks 2 and 3, head 2 also 1; both are not active now, and head 1 was later.
    expect(ahead(holes, 4, { prefetch: 3 }, 'x..')).toEqual(['1.2', '2.1', '3.1']);
    step(holes, 4, 'x..');
    expect(ahead(holes, 5, { prefetch: 2 }, 'x..')).toEqual(['2.2', '4.1']);
    step(holes, 5, '..x');
    expect(holes.counts).toMatchObject({ prefetched: 5, used: 2, refilled: 4 });
  });

  test('no head comes that was never active, or not for long', () => {
    const holes = new Holes<string>(HEADS, 2 * CONTEXT);
    step(holes, 0, '.x.');
    for (let at = 1; at < PREFETCH_WINDOW; at++) step(holes, at, 'x..');
    expect(ahead(holes, PREFETCH_WINDOW, { prefetch: 1 }, 'x..')).toEqual(['1.1']);
    step(holes, PREFETCH_WINDOW, 'x..');
    expect(ahead(holes, PREFETCH_WINDOW + 1, { prefetch: 9 }, 'x..')).toEqual([]);
  });

  test('inputs that are dropped are used before', () => {
    const holes = new Holes<string>(HEADS, CONTEXT);
    const rules = { keep: 2 };
    for (let at = 0; at < CONTEXT; at++) {
      expect(ahead(holes, at, rules, 'x..')).toEqual(at > 2 ? [`${at - 3}.1`, `${at - 3}.2`] : []);
      expect(stepBy(rules, holes, at, 'x..')).toEqual([`${at}.0`]);
      expect(holes.kept).toBe(Math.min(at + 1, 3));
    }
    expect(holes.counts).toEqual({
      ...{ own: CONTEXT, refilled: 0, prefetched: 2 * (CONTEXT - 3), used: 0 },
      ...{ read: (CONTEXT * (CONTEXT + 1)) / 2, mostKept: 3 },
    });
  });
});

test('whatever is done ahead, a step finds what it needs, and no more inputs are kept than may be', () => {
  const set = fc.array(fc.boolean(), { minLength: HEADS, maxLength: HEADS });
  const steps = fc.array(fc.record({ back: fc.nat(2), rows: fc.array(set, { minLength: 1, maxLength: 3 }) }));
  const rules = fc.record({ keep: fc.nat(5), prefetch: fc.nat(4) });
  fc.assert(
    fc.property(steps, rules, fc.boolean(), (all, rule, isAhead) => {
      const holes = new Holes<string>(HEADS, CONTEXT);
      let end = 0;
      for (const { back, rows } of all) {
        const position = Math.max(0, end - back);
        if (position + rows.length > CONTEXT) continue;
        end = position + rows.length;
        const letters = rows.map((row) => row.map((on) => (on ? 'x' : '.')).join(''));
        const needs = active(...letters);
        holes.rewind(position);
        if (isAhead) {
          const jobs = holes.ahead(needs, position, rule);
          for (const at of jobs.positions) expect(holes.input(at)).toEqual({ xs: `x${at}`, r: `r${at}` });
          holes.fill(jobs, needs, position);
        }
        const jobs = holes.jobs(needs, position, rule);
        if (isAhead) expect(jobs.positions.every((at) => at >= position)).toBe(true);
        stepBy(rule, holes, position, ...letters);
        expect(holes.kept).toBeLessThanOrEqual(rule.keep + rows.length);
        expect(holes.jobs(needs, position, rule).heads).toHaveLength(0);
      }
      const { own, refilled, prefetched, used, read } = holes.counts;
      expect(used).toBeLessThanOrEqual(prefetched);
      expect(read).toBeGreaterThanOrEqual(refilled);
      if (all.every(({ back }) => back === 0))
        expect(own + refilled + prefetched).toBe(HEADS * end - holes.missing(end));
    }),
  );
});
