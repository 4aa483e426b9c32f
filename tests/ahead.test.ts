/** Products of masks that are computed for steps to come, in one call with this step's: the same words, fewer calls. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { OP } from '../ts/core/address.js';
import { Ahead } from '../ts/gates/ahead.js';
import type { Kernels } from '../ts/kernels/load.js';
import type { Link } from '../ts/net/link.js';
import { Tape } from '../ts/parties/tape.js';
import type { StepShape } from '../ts/plan/step.js';
import { Early } from '../ts/wires/early.js';
import { SECTION } from '../ts/wires/effects.js';
import { SectionWriter } from '../ts/wires/section.js';
import type { Words } from '../ts/wires/wire.js';
import {
  keysOf,
  type LinkedStep,
  Lockstep,
  makeWorld,
  type Named,
  nameOf,
  overLinks,
  type Role,
  type World,
} from './support/lockstep.js';
import { TINY } from './support/random-model.js';

/** Tokens of a step, where it begins, and whether it is sparse where that can be. */
type Plan = readonly (readonly [rows: number, position: number, sparse?: boolean])[];

const DECODING: Plan = [[3, 0], ...Array.from({ length: 9 }, (_, i) => [1, 3 + i] as const)];
/** Two prompts, the second of which begins inside the first one's text, and steps of several rows. */
const REWOUND: Plan = [[4, 0], [1, 4], [1, 5], [1, 3], [1, 4], [2, 5], [2, 7], [2, 9], [1, 2], [1, 3], [1, 4], [1, 5]]; // prettier-ignore
/** Whatever comes next, predicted or not. */
const MIXED: Plan = Array.from({ length: 14 }, (_, i) => [1, i, i % 5 > 1] as const);

let settings: Record<string, World>;
beforeAll(async () => {
  const density = { neurons: 0.5, heads: 0.5, fixed: 'neurons' } as const;
  const sparse = await makeWorld(TINY, 3, density);
  settings = {
    dense: await makeWorld(TINY),
    biased: await makeWorld({ ...TINY, biased: true }),
    postNorm: await makeWorld({ ...TINY, postNorm: true, biased: true }),
    tables: await makeWorld(TINY, 3, undefined, undefined, 'tables-thin'),
    fused: await makeWorld(TINY, 3, undefined, undefined, 'fused'),
    sparse,
    padded: { ...sparse, constant: true },
    exact: { ...(await makeWorld({ ...TINY, biased: true, decided: true })), modes: 'ee' },
    partly: { ...sparse, modes: 'dp' },
  };
});

const stepsOf = (world: World, plan: Plan): LinkedStep[] =>
  plan.map(([rows, position, sparse]) => {
    const ids = Array.from({ length: rows }, (_, i) => (7 * (position + i) + 3) % 64);
    return { x: world.embed(ids, position), position, outputs: 'last', ...(sparse !== undefined && { sparse }) };
  });

/** What the harness opens, which computes every product in its step. */
function stepByStep(world: World, steps: readonly LinkedStep[]): Named[] {
  const session = new Lockstep(world, keysOf(1));
  for (const { x, position, outputs, sparse } of steps) session.step(x, position, outputs, sparse);
  session.free();
  return session.opened.filter(({ at }) => at.op !== OP.input).map(({ at, m }): Named => [nameOf(at), m]);
}

const byName = ([a]: Named, [b]: Named): number => (a < b ? -1 : 1);

describe('what is opened', () => {
  test.each([
    ...['dense', 'biased', 'postNorm', 'tables', 'fused'].flatMap((name) => [
      [name, 'decoding', DECODING] as const,
      [name, 'prompts', REWOUND] as const,
    ]),
    ...['sparse', 'padded', 'exact', 'partly'].flatMap((name) => [
      [name, 'decoding', DECODING] as const,
      [name, 'mixed', MIXED] as const,
    ]),
  ])('is the same, %s, %s', async (name, _what, plan) => {
    const world = settings[name];
    const steps = stepsOf(world, plan);
    const { opened } = await overLinks(world, keysOf(1), steps);
    expect(opened.sort(byName)).toEqual(stepByStep(world, steps).sort(byName));
  });
});

describe('the kernels are called', () => {
  /** Products of one dense step: q, k, v; o; up; down. */
  const PRODUCTS = 4 * TINY.layers;
  const TOKENS = 33;
  const MANY: Plan = [[3, 0], ...Array.from({ length: TOKENS }, (_, i) => [1, 3 + i] as const)];

  test('once for four tokens where only masks are multiplied', async () => {
    const { calls } = await overLinks(settings.dense, keysOf(1), stepsOf(settings.dense, MANY));
    const [dealer, servers] = [calls.dealer / PRODUCTS - 1, calls.server0 / PRODUCTS - 2 - TOKENS];
    for (const offline of [dealer, servers]) {
      expect(offline).toBeGreaterThanOrEqual(TOKENS / 4);
      expect(offline).toBeLessThan(TOKENS / 4 + 1.5);
    }
    // What server 1 can compute ahead depends on what has come, but the dealer is ahead of it.
    expect(calls.server1).toBeLessThan(PRODUCTS * (2 + 1.75 * TOKENS));
    expect(calls.server1).toBeGreaterThanOrEqual(calls.server0);
  });

  test('with the sections that have come, and no key stream is read twice', async () => {
    const reads = new Map<string, number>();
    const count = (role: Role, key: Uint8Array, nonce: Uint8Array): void => {
      const stream = `${role} ${key.join()} ${nonce.join()}`;
      reads.set(stream, (reads.get(stream) ?? 0) + 1);
    };
    const watch = (kernels: Kernels, role: Role): Kernels => ({
      ...kernels,
      prgWords(key, nonce, ...rest) {
        count(role, key, nonce);
        return kernels.prgWords(key, nonce, ...rest);
      },
      prgDealt(key, nonce, ...rest) {
        count(role, key, nonce);
        return kernels.prgDealt(key, nonce, ...rest);
      },
      maskOf(key0, key1, nonce, ...rest) {
        count(role, key0, nonce);
        count(role, key1, nonce);
        return kernels.maskOf(key0, key1, nonce, ...rest);
      },
    });
    await overLinks(settings.dense, keysOf(1), stepsOf(settings.dense, DECODING), watch);
    expect(reads.size).toBeGreaterThan(500);
    expect([...reads].filter(([, count]) => count > 1)).toEqual([]);
  });
});

describe('the steps of one call', () => {
  const WEIGHTS = {};
  const words = (n: number): Words => BigUint64Array.of(BigInt(n));
  const step = (number: number, more: Partial<StepShape> = {}): StepShape => {
    return { step: number, rows: 1, position: number, outputs: 'last', ...more };
  };
  const aheadOf = (...coming: StepShape[]): Ahead => {
    const ahead = new Ahead(() => coming);
    ahead.begin(step(0));
    return ahead;
  };
  /** A product whose first call is over. */
  const second = (ahead: Ahead, op = 9) => {
    const at = { step: 0, layer: 0, op };
    ahead.keep(at, WEIGHTS, [], []);
    return at;
  };

  test('are those that follow in the same shape', () => {
    const following = (...coming: StepShape[]): number[] => {
      const ahead = aheadOf(...coming);
      return ahead.following(second(ahead));
    };
    expect(following()).toEqual([]);
    expect(following(step(1), step(2))).toEqual([1, 2]);
    expect(following(...[1, 2, 3, 4, 5].map((n) => step(n)))).toEqual([1, 2, 3]);
    expect(following(step(1), step(2, { rows: 2 }), step(3))).toEqual([1]);
    for (const other of [
      { sparse: true },
      { modes: 'd' },
      { constant: true },
      { epoch: { number: 1, rows: 1 } as never },
    ])
      expect(following(step(1, other))).toEqual([]);
  });

  test('are fewer in the first calls, by product, so that no step has all of them', () => {
    const ahead = aheadOf(...[1, 2, 3, 4].map((n) => step(n)));
    const counts = [1, 2, 3, 4, 5].map((op) => {
      const at = { step: 0, layer: 0, op };
      const steps = ahead.following(at);
      ahead.keep(at, WEIGHTS, steps, steps.map(words));
      return steps.length;
    });
    expect(counts).toEqual([0, 1, 2, 3, 0]);
  });

  test('take their results once, with the weights that they were computed with, and leave none', () => {
    const ahead = aheadOf(step(1), step(2), step(3));
    const at = second(ahead);
    ahead.keep(at, WEIGHTS, [1, 2, 3], [words(1), words(2), words(3)]);
    expect(ahead.take({ ...at, layer: 1 }, WEIGHTS)).toBeUndefined();
    expect(ahead.take({ ...at, step: 1 }, WEIGHTS)).toEqual(words(1));
    expect(ahead.take({ ...at, step: 1 }, WEIGHTS)).toBeUndefined();
    expect(ahead.take({ ...at, step: 3 }, {})).toBeUndefined();
    expect(ahead.take({ ...at, step: 2 }, WEIGHTS)).toBeUndefined();
  });

  test('are none where a step has many rows', () => {
    const ahead = new Ahead(() => [step(1, { rows: 9 })]);
    ahead.begin(step(0, { rows: 9 }));
    expect(ahead.following(second(ahead))).toEqual([]);
  });
});

describe('words that are needed before their step', () => {
  const at = { step: 1, layer: 0, op: 9 };

  test('are made once, and forgotten when their step has taken them: an address is kept no longer', () => {
    const early = new Early();
    const made: number[] = [];
    const make = (): Words => BigUint64Array.of(BigInt(made.push(made.length)));
    expect(early.see(at, 0, () => undefined)).toBeUndefined();
    const first = early.see(at, 0, make);
    expect(early.see(at, 0, make)).toBe(first);
    expect(early.see(at, 1, make)).not.toBe(first);
    expect(early.take({ ...at, step: 2 }, 0, make)).not.toBe(first);
    expect(early.take(at, 0, make)).toBe(first);
    expect(made).toHaveLength(3);
    expect(early.take(at, 0, make)).not.toBe(first);
    expect(made).toHaveLength(4);
  });

  test('are read of sections that have come, which are decoded once and stay whole until their step', async () => {
    const writer = new SectionWriter();
    writer.add(at.op, 2, Uint8Array.of(1, 2, 3));
    const frame = { payload: writer.encode() };
    const dealer = { waiting: () => frame, expect: async () => frame, send: () => undefined };
    const tape = new Tape(dealer as unknown as Link);
    const section = tape.arrived(at.step, at.layer);
    expect(section?.peek(at.op, 2, 3)).toEqual(Uint8Array.of(1, 2, 3));
    expect(section?.peek(at.op, 2, 4)).toBeUndefined();
    expect(section?.peek(at.op, 1, 3)).toBeUndefined();
    expect(await tape.next(at.step, at.layer, SECTION.layer)).toBe(section);
    expect(section?.take(at.op, 2, 3, (bytes) => bytes.slice())).toEqual(Uint8Array.of(1, 2, 3));
  });
});
