import { afterAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { CacheReport } from '../../ts/bench/cache.js';
import { benchGates } from '../../ts/bench/gates.js';
import { benchKernels } from '../../ts/bench/kernels.js';
import type { SessionsReport } from '../../ts/bench/sessions.js';
import { timeAll } from '../../ts/bench/timing.js';
import { loadKernels } from '../../ts/kernels/load.js';
import { HEADER_BYTES } from '../../ts/net/frame.js';
import { provision } from '../../ts/provision/owner.js';
import { syntheticModel } from '../../ts/provision/synthetic.js';
import { SHAPES } from '../../ts/plan/shapes.js';
import { ledgerOf } from '../../ts/cost/ledger-of.js';
import { temporaryFolder, tinyModel, tinyPredictors } from '../support/fixture-model.js';
import { comet, expectFailure, lastJson, stopAll } from '../support/processes.js';

afterAll(stopAll);

const FAST = { seconds: 0.001 };
const positive = (value: number): boolean => Number.isFinite(value) && value > 0;

test('timing takes the best of all passes and reports progress', async () => {
  let calls = 0;
  const seen: number[] = [];
  const { count } = await timeAll({ count: () => calls++ }, { ...FAST, onDone: (done) => seen.push(done) });
  expect(count.calls).toBeLessThanOrEqual(calls);
  expect(count.best).toBeLessThanOrEqual(count.median);
  expect(seen).toEqual([1, 2, 3]);
});

test('timing stops by its signal, and an error of a subject is not swallowed', async () => {
  await expect(timeAll({ any: () => 0 }, { ...FAST, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'E_ABORTED',
  });
  const failing = (): never => {
    throw new Error('broken');
  };
  await expect(timeAll({ failing }, FAST)).rejects.toThrow('broken');
});

test('kernels: every figure is there, parts of limits and counts agree with each other', async () => {
  const sizes = { cached: [64, 48], streamed: [96, 64], batch: [4, 16], words: 256 } as const;
  const report = await benchKernels(await loadKernels(), FAST, sizes);
  expect(positive(report.cyclesPerSecond)).toBe(true);
  for (const { name, best, median, calls } of report.kernels)
    expect({ name, ok: positive(best) && best <= median && calls >= 3 }).toEqual({ name, ok: true });
  const named = Object.fromEntries(report.kernels.map((kernel) => [kernel.name, kernel]));
  for (const name of ['matvec, in cache', 'matvec, large', 'matvec f32']) {
    const { bytes, limit, best, fractionOfLimit } = named[name];
    expect(bytes).toBe(named[limit!].bytes);
    expect(fractionOfLimit).toBeCloseTo(named[limit!].best / best, 9);
  }
  expect(named.matmul.macs).toBe(4 * 64 * 16);
  expect(report.targets.map(({ value, bound, met }) => met === value >= bound)).toEqual(Array(5).fill(true));
});

test('gates: the calls of a layer cost what the ledger says', async () => {
  const kernels = await loadKernels();
  const { gates } = await benchGates(kernels, { shape: 'tiny', context: 3, ...FAST });
  const shape = { ...SHAPES.tiny, layers: 1, context: 3, vocab: 64 };
  const { model, calibration } = await syntheticModel(kernels, shape);
  const { plan } = provision(kernels, 'tiny', model, calibration).manifest;
  const ledger = ledgerOf(plan, [{ step: 1, rows: 1, position: 2, outputs: 'none' }], { cached: 2 });
  const sum = (key: 'onlineBytes' | 'offlineBytes'): number => gates.reduce((all, gate) => all + gate[key], 0);
  expect(sum('offlineBytes')).toBe(ledger.offlineBytes - HEADER_BYTES);
  expect(sum('onlineBytes')).toBe(ledger.onlineBytes - HEADER_BYTES * (2 * ledger.rounds + 1));
  for (const { gate, op, elements, ...sides } of gates) {
    const speeds = [sides.server0, sides.server1, sides.dealer];
    const ok = elements > 0 && speeds.every(({ seconds, elementsPerSecond }) => positive(seconds * elementsPerSecond));
    expect({ gate, op, ok }).toEqual({ gate, op, ok: true });
  }
  expect(gates.filter(({ gate }) => gate === 'product').map(({ op }) => op)).toEqual(['raw', 'x1', 'up', 'x2']);
});

test('sessions: the command reports each number of sessions, and the gain as overlap times work', async () => {
  const args = ['--shape', 'tiny', '--layers', '1', '--tokens', '3', '--sessions', '1,3', '--rtt', '2'];
  const finished = await comet('bench', 'sessions', ...args, '--json');
  expect(finished).toMatchObject({ code: 0 });
  const { sessions } = lastJson(finished) as { sessions: SessionsReport };
  expect(sessions).toMatchObject({ layers: 1, mode: 'dense', tokens: 3, roundTripSeconds: 0.002 });
  expect(sessions.runs.map((run) => run.sessions)).toEqual([1, 3]);
  const [one, three] = sessions.runs;
  expect(one).toMatchObject({
    speedup: 1,
    overlap: 1,
    work: 1,
    productsPerCall: { server0: 1, server1: 1, dealer: 1 },
  });
  expect(three.speedup).toBeCloseTo(three.tokensPerSecond / one.tokensPerSecond, 9);
  expect(three.speedup).toBeCloseTo(three.overlap * three.work, 9);
  for (const run of sessions.runs) expect(positive(run.cpuSecondsPerToken * run.secondsPerToken)).toBe(true);
  expectFailure(await comet('bench', 'sessions', '--shape', 'tiny', '--sessions', '0'), 'E_ARGUMENT');
});

test('tokens: the command reports tokens and where their time goes', async () => {
  const finished = await comet('bench', 'tokens', '--shape', 'tiny', '--layers', '1', '--tokens', '3', '--json');
  expect(finished).toMatchObject({ code: 0 });
  const { schemaVersion, tokens } = lastJson(finished) as Record<string, never>;
  expect(schemaVersion).toBe(1);
  expect(tokens).toMatchObject({ layers: 1, vocab: 50272, promptTokens: 32, tokens: 3, targets: [] });
  const { secondsPerToken, secondsToFirstToken, cpuSecondsPerToken, residentBytes, profile } = tokens as Record<
    string,
    never
  >;
  expect([secondsPerToken, secondsToFirstToken, cpuSecondsPerToken, residentBytes].every(positive)).toBe(true);
  const { server0, server1, dealer, client } = profile as Record<string, Record<string, number>>;
  const total = (parts: Record<string, number>): number => Object.values(parts).reduce((sum, part) => sum + part, 0);
  for (const party of [server0, server1, dealer]) {
    expect(Object.keys(party).sort()).toEqual(
      ['client', 'crossing', 'dealer', 'frames', 'kernels', 'program', 'server0', 'server1'].sort(),
    );
    expect(party.kernels).toBeGreaterThan(0);
    expect(party.crossing).toBeGreaterThan(0);
  }
  // A party waits for others only, and server 0 needs nothing of the dealer.
  expect([server0.server0, server1.server1, dealer.dealer, server0.dealer]).toEqual([0, 0, 0, 0]);
  expect(total(client)).toBeGreaterThan(0);
  expect(finished.stderr).toContain('waiting for client');
});

test('cache: what the parties sent is what the ledger counts of their sets, and every way is replayed', async () => {
  const { dir, remove } = temporaryFolder();
  const model = join(dir, 'tiny');
  tinyModel(model);
  expect(await comet('model', 'calibrate', model, '--tokens', '4096')).toMatchObject({ code: 0 });
  tinyPredictors(model, { neurons: 0.3, heads: 0.5 });
  const run = ['--model', model, '--prompt', 'hello there', '--shape', 'tiny', '--tokens', '5', '--json'];
  const finished = await comet('bench', 'cache', ...run);
  expect(finished).toMatchObject({ code: 0 });
  const { cache } = lastJson(finished) as unknown as { cache: CacheReport };
  remove();
  expect(cache).toMatchObject({ tokens: 5, ledgerEqual: true, prefetch: 0 });
  for (const { ways, rounds } of [
    { ways: cache.ways, rounds: cache.ways[1].rounds },
    { ways: cache.layer.ways, rounds: 30 },
  ]) {
    expect(ways.map(({ way }) => way)).toEqual(['apart', 'merged', 'ahead']);
    expect(ways.slice(1).map((way) => way.rounds)).toEqual([rounds, rounds]);
    expect(ways[0].rounds).toBeGreaterThan(rounds);
    expect(ways[1].bytesOfMerged).toBe(1);
    for (const { times } of ways)
      for (const { medianSeconds, p95Seconds } of times) expect(p95Seconds >= medianSeconds).toBe(true);
    for (const { offCriticalPath } of ways[1].times) expect(offCriticalPath).toBe(0);
  }
  const [steady, , turning] = cache.layer.filled;
  expect([steady.part, turning.part > steady.part, turning.all > steady.all]).toEqual([0, true, true]);
  expect(Object.values(cache.machine).every((value) => value >= 0)).toBe(true);
  expect(finished.stderr).toContain('replayed');
}, 120_000);

test('what cannot be measured is refused', async () => {
  expectFailure(await comet('bench', 'gates', '--shape', 'huge'), 'E_ARGUMENT');
  expect(await comet('bench', 'everything')).toMatchObject({ code: 1 });
  expect(await comet('bench', 'tokens', '--tokens', '1')).toMatchObject({ code: 1 });
  expectFailure(await comet('bench', 'cache', '--tokens', '3'), 'E_ARGUMENT');
});
