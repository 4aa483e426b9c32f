/** Caches of sessions: their memory and its limits, what their statistics say, and how runs are replayed. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { layerRun } from '../ts/bench/cache-layer.js';
import { mean, quantile, replayed, type Run, walk, WAYS, withoutRefills } from '../ts/bench/cache-ways.js';
import { cacheBytes, keepWithin } from '../ts/cache/memory.js';
import { codeOf } from '../ts/core/errors.js';
import type { Event, Itinerary } from '../ts/cost/itinerary.js';
import { Replay, type Speeds } from '../ts/cost/replay.js';
import { allHeads } from '../ts/gates/sets.js';
import { loadKernels } from '../ts/kernels/load.js';
import { HEADER_BYTES } from '../ts/net/frame.js';
import type { AnnouncedStep } from '../ts/plan/announced-step.js';
import type { StepShape } from '../ts/plan/step.js';
import { DecoderState } from '../ts/program/decoder.js';
import { bitsOf, cachesOf } from '../ts/verify/caches.js';
import { temporaryFolder, tinyModel, tinyPredictors } from './support/fixture-model.js';
import { type Bench, openClient, startBench } from './support/parties.js';
import { comet, expectFailure, lastJson } from './support/processes.js';
import { TINY } from './support/random-model.js';
import { refills, Sets } from './support/sets.js';
import { openTapped } from './support/tap.js';

const ROWS = [9, 1, 1, 4, 1, 1, 1, 1];
let bench: Bench;
const folder = temporaryFolder();
const model = join(folder.dir, 'tiny');
beforeAll(async () => {
  bench = await startBench(5, { ...TINY, layers: 3 }, { neurons: 0.3, heads: 0.5 });
  tinyModel(model);
  expect(await comet('model', 'calibrate', model, '--tokens', '4096')).toMatchObject({ code: 0 });
  tinyPredictors(model, { neurons: 0.3, heads: 0.5 });
}, 60_000);
afterAll(() => folder.remove());

const announced = (rows: readonly number[]): AnnouncedStep[] => {
  let position = 0;
  return rows.map((count) => ({ rows: count, position: (position += count) - count, outputs: 'last' }));
};
const numbered = (steps: readonly AnnouncedStep[]): StepShape[] =>
  steps.map((step, i) => ({ ...step, step: i, sparse: true }));

/** A session of the bench, as its parties counted. */
async function session(prefetch: 'none' | number) {
  const { client, served } = await openClient(bench, {}, { prefetch });
  const steps = announced(ROWS);
  client.announce(steps);
  const ids = bench.text(ROWS.reduce((sum, rows) => sum + rows, 0));
  for (const { rows, position } of steps) await client.run(ids.slice(position, position + rows));
  client.end();
  await served;
  const { revealed } = bench.parties.parties.server0.counts();
  const { plan } = bench.owner.manifest;
  const run: Run = { plan, steps: numbered(steps), revealed: bitsOf(numbered(steps), revealed) };
  return { steps, revealed, run, plan };
}

describe('memory', () => {
  test('of vectors is what the kernels take, of inputs what is kept', async () => {
    const { plan } = bench.owner.manifest;
    const { layers, heads, headDim, width, context } = plan.shape;
    const { MaskedCache } = await loadKernels();
    for (const positions of [1, 31, 32, 33, context]) {
      const cache = new MaskedCache(0, heads, headDim, context);
      const { rows, heads: all } = allHeads(positions, heads);
      const words = new BigUint64Array(positions * heads * headDim);
      cache.put(all, rows, words, words);
      expect(cacheBytes(plan, positions, 0)).toBe(2 * layers * cache.bytes());
      cache.free();
    }
    // Two of three layers have predicted heads; no more is kept than there is.
    expect(cacheBytes(plan, 40, 3) - cacheBytes(plan, 40, 0)).toBe(2 * 3 * 16 * (width + 1));
    expect(cacheBytes(plan, 40, 99)).toBe(cacheBytes(plan, 40, 40));
  });

  test('as many inputs are kept as fit, none less', () => {
    const { plan } = bench.owner.manifest;
    const rows = 8;
    expect(keepWithin(plan, 40, rows, Infinity)).toBeUndefined();
    expect(keepWithin(plan, 40, rows, cacheBytes(plan, 40, 40))).toBeUndefined();
    for (let kept = rows; kept < 40; kept++) {
      const limit = cacheBytes(plan, 40, kept);
      expect(keepWithin(plan, 40, rows, limit)).toBe(kept - rows);
      expect(keepWithin(plan, 40, rows, limit + 1)).toBe(kept - rows);
    }
    const refused = (): unknown => keepWithin(plan, 40, rows, cacheBytes(plan, 40, rows) - 1);
    expect(refused).toThrow(expect.objectContaining({ code: 'E_LIMIT' }));
  });

  test.each([undefined, 2])(
    'every party refuses steps whose caches it does not allow; inputs kept: %s',
    async (keep) => {
      const { plan } = bench.owner.manifest;
      const steps = announced([8, 1, 1]);
      const needed = cacheBytes(plan, 10, keep === undefined ? 10 : keep + 1);
      // The prompt's rows are kept besides.
      const limits = [Math.max(needed, cacheBytes(plan, 8, 8)), needed - 1];
      for (const [i, limit] of limits.entries()) {
        const { client, outcome } = await openTapped(bench, undefined, {
          mode: { keep },
          limits: { cacheBytes: limit },
        });
        client.announce(steps);
        const code = await client.run(bench.text(8)).then(() => '', codeOf);
        expect([limit, code]).toEqual([limit, i === 0 ? '' : 'E_LIMIT']);
        client.end();
        const ends = (await outcome).map((end) => (end.status === 'rejected' ? codeOf(end.reason) : ''));
        expect(ends).toEqual(i === 0 ? ['', '', ''] : ['E_LIMIT', 'E_LIMIT', 'E_LIMIT']);
      }
    },
  );
});

test('a step that asks for more than may be computed ahead is refused by every party', async () => {
  const { client, outcome } = await openTapped(bench, undefined, {});
  client.announce([{ rows: 1, position: 0, outputs: 'last', prefetch: 65 }]);
  expect(await client.run([1]).then(() => '', codeOf)).toBe('E_FRAME');
  expect((await outcome).map((end) => (end.status === 'rejected' ? codeOf(end.reason) : ''))).toEqual(
    Array(3).fill('E_FRAME'),
  );
});

test('statistics are those of the sets', async () => {
  const { steps, revealed, plan } = await session('none');
  const sets = new Sets(plan.shape, bench.orders);
  const layers = plan.shape.layers;
  for (const [i, { rows, position }] of steps.entries())
    sets.add(position, rows, revealed.slice(layers * i, layers * (i + 1)));
  const counts = cachesOf(plan, numbered(steps), revealed);
  const missed = refills(plan.shape, sets, steps).reduce((sum, count) => sum + count, 0);
  expect(missed).toBeGreaterThan(0);
  expect(counts).toMatchObject({ refilled: missed, prefetched: 0, used: 0 });
  const all = layers * plan.shape.heads * ROWS.reduce((sum, rows) => sum + rows, 0);
  expect(counts.own + counts.refilled + counts.neverFilled).toBe(all);
  expect(counts.hitRate).toBe(1 - missed / (counts.read - counts.own));
  expect(counts.kept).toBeLessThanOrEqual(counts.mostKept);
});

describe('one run, three ways', () => {
  test('what is counted is what the parties did; ways differ in frames, and in nothing that they compute', async () => {
    for (const prefetch of [0, 2]) {
      const { run } = await session(prefetch);
      const { opening, refill } = bench.parties.parties.server0.counts().links.server1.sent;
      const [apart, merged, ahead] = WAYS.map((way) => walk(run, way, prefetch));
      const sum = (list: readonly number[]): number => list.reduce((total, each) => total + each, 0);
      expect(sum(ahead.itineraries.map(({ cost }) => cost.rounds))).toBe(opening.frames);
      expect(sum(ahead.itineraries.map(({ cost }) => cost.refills))).toBe(refill.frames);
      expect(ahead.costs.map(({ rounds }) => rounds)).toEqual(merged.costs.map(({ rounds }) => rounds));
      expect(apart.cache).toEqual(merged.cache);
      expect(apart.costs.map(({ macs }) => macs)).toEqual(merged.costs.map(({ macs }) => macs));
      for (const [i, { cost }] of apart.itineraries.entries()) {
        // Three exchanges and a section for each layer that lacks something.
        expect(apart.costs[i].rounds - merged.costs[i].rounds).toBe(cost.refills);
        expect(cost.sections - merged.itineraries[i].cost.sections).toBe(cost.refills / 3);
      }
      const filled = ({ cache }: typeof ahead): number => cache.own + cache.refilled + cache.prefetched;
      expect(filled(ahead) - filled(merged)).toBe(
        ahead.cache.prefetched - (merged.cache.refilled - ahead.cache.refilled),
      );
      if (prefetch === 0) expect(ahead.cache).toEqual(merged.cache);
      else expect(ahead.cache.prefetched).toBeGreaterThan(0);
    }
  });

  test('on a link that is slow enough nothing is left of refills that go beside, and rounds of their own take their delays', async () => {
    const { run } = await session(0);
    const speeds = {
      macsPerSecond: 1e12,
      narrowMacsPerSecond: 1e12,
      secondsPerRound: 0,
      secondsPerByte: 0,
      wakeSeconds: 0,
    };
    const slow = { ...speeds, oneWaySeconds: 1, bytesPerSecond: Infinity };
    const [apart, merged, ahead] = WAYS.map((way) => walk(run, way, 0));
    const [ofApart, ofMerged, ofAhead] = [apart, merged, ahead].map((each) => replayed(each, slow));
    const bare = replayed(withoutRefills(ahead), slow);
    for (const [i, without] of bare.entries()) {
      expect(ofAhead[i]).toBeCloseTo(without, 5);
      expect(ofMerged[i]).toBeCloseTo(without, 5);
      // The dealer has nothing to wait for, so its section is there.
      expect(ofApart[i] - ofMerged[i]).toBeCloseTo(apart.itineraries[i].cost.refills, 5);
    }
  });

  test('heads that stay fill no hole; heads that turn fill all but the last', () => {
    const { plan } = bench.owner.manifest;
    const two = { ...plan, shape: { ...plan.shape, layers: 2 }, layers: plan.layers.slice(0, 2) };
    const [steady, turning] = (['steady', 'turning'] as const).map((heads) =>
      walk(layerRun(two, 8, heads), 'merged', 0),
    );
    // Two of four heads, and as many again in the next token.
    expect(steady.cache).toMatchObject({ refilled: 0, neverFilled: 8 * 2 });
    expect(turning.cache).toMatchObject({ refilled: 7 * 2, neverFilled: 2 });
  });
});

describe('replay', () => {
  const load = (macs = 0, narrowMacs = 0) => ({ macs, narrowMacs, openedBytes: 0, dealtBytes: 0 });
  const speeds: Speeds = {
    ...{ macsPerSecond: 1, narrowMacsPerSecond: 4, secondsPerByte: 0, secondsPerRound: 0, wakeSeconds: 0 },
    ...{ oneWaySeconds: 10, bytesPerSecond: Infinity },
  };
  const open = (macs = 0, bytes = 0, clear = false): Event => ({ before: load(macs), kind: 'open', bytes, clear });
  const step = (events: Event[], more: Partial<Speeds> = {}): number =>
    new Replay({ ...speeds, ...more }).step({ events, after: load(), cost: undefined as never } satisfies Itinerary);

  test('a token takes the ways of the client, and of each round a delay, the work before it and its bytes', () => {
    expect(step([])).toBe(20);
    expect(step([open(), open()])).toBe(40);
    expect(step([open(5)])).toBe(20 + 2 + 10);
    expect(step([{ ...open(), before: load(5, 5) }])).toBe(20 + 0.5 + 10);
    expect(step([open(0, 300)], { bytesPerSecond: 100 })).toBe(20 + 3 + 10);
    expect(step([open()], { secondsPerRound: 1, wakeSeconds: 0.5 })).toBe(20 + 1 + 10.5);
  });

  test('what is beside takes no time while it fits in flights, and the rest where it does not', () => {
    const beside = (macs: number): Event[] => [
      { before: load(), kind: 'beside', events: [open(macs), open(macs)] },
      ...Array.from({ length: 4 }, () => open()),
      { before: load(), kind: 'join' },
    ];
    // Two fifths of it are a server's: twice 5 of a flight of 10, twice 10, twice 20.
    expect(step(beside(12.5))).toBe(20 + 40);
    expect(step(beside(25))).toBe(20 + 40 + 10);
    expect(step(beside(50))).toBe(20 + 40 + 30);
    // Two of its answers are still to come when it is joined: one delay, because the other's was under way.
    expect(step([beside(0)[0], open(), beside(0).at(-1)!])).toBe(20 + 10 + 10);
  });

  test('a section is there when the dealer has made and sent it, after what it depends on was revealed', () => {
    const section = (part: 0 | 1): Event => ({ before: load(), kind: 'section', layer: 0, part });
    // A fifth of the products that follow the section, and one way.
    expect(step([section(0), open(25)])).toBe(20 + 5 + 10 + 10 - 10 + 10);
    const chosen: Event[] = [section(0), open(0, 0, true), section(1), { before: load(), kind: 'reveal' }, open()];
    // The first section's way began with the step's; bits to the dealer and its answer take two.
    expect(step(chosen)).toBe(20 + 10 + 20 + 10);
    expect(step([section(0), open(0, HEADER_BYTES)], { bytesPerSecond: HEADER_BYTES })).toBe(20 + 1 + 1 + 10);
  });

  test('of sections that are called alike each is waited for', () => {
    const section = (part: 0 | 3): Event => ({ before: load(), kind: 'section', layer: 0, part });
    // The third takes a fifth of 200 and a way, and the second round ends at 30: then two fifths of 200 are a server's.
    const rounds = [section(0), open(), section(3), open(), section(3), open(200)];
    expect(step(rounds)).toBe(40 + 10 + 80 + 10 + 10 - 10 + 10);
  });

  test('means and quantiles', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect([0.05, 0.5, 0.95, 1].map((part) => quantile([5, 1, 4, 2, 3], part))).toEqual([1, 3, 5, 5]);
  });
});

test('a state that is given to a walk is left as the steps leave it', () => {
  const { plan } = bench.owner.manifest;
  const state = new DecoderState(plan);
  state.assume(3);
  expect(state.holes.map((holes) => holes.missing(4))).toEqual([4, 4, 4]);
});

describe('the command', () => {
  const text = ['generate', 'hello there', '--model', model, '--max-tokens', '6', '--json'];

  test('says what caches did, in as many rounds whatever is done ahead or dropped', async () => {
    const told = [];
    for (const options of [[], ['--prefetch', '3'], ['--prefetch', 'none', '--cache-memory', '0.2']]) {
      const finished = await comet(...text, ...options);
      expect(finished).toMatchObject({ code: 0 });
      told.push(lastJson(finished) as { rounds: number; cache: Record<string, number> });
    }
    for (const { rounds, cache } of told) {
      expect(rounds).toBe(told[0].rounds);
      expect(cache.own).toBeGreaterThan(0);
      expect(cache.hitRate).toBeLessThanOrEqual(1);
    }
    expect(told[0].cache.prefetched).toBe(0);
  });

  test('refuses less memory than vectors take, and wrong values', async () => {
    const failed = await comet(...text, '--cache-memory', '0.001');
    expectFailure(failed, 'E_LIMIT');
    expect(failed.stderr).toContain('--cache-memory');
    for (const wrong of ['some', '65', '-1'])
      expect(await comet(...text, '--prefetch', wrong)).toMatchObject({ code: 1 });
  });
});
