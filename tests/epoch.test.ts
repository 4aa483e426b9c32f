/** Epochs: weights in an order that nobody knows, under fresh masks (docs/epochs.md). */
import { readFileSync } from 'node:fs';
import { EPOCH_OP, OP } from '../ts/core/address.js';
import type { Role } from '../ts/core/config.js';
import { epochCost, epochsOf } from '../ts/epoch/cost.js';
import { EpochStream } from '../ts/epoch/stream.js';
import { type MovedTensor, movedTensors } from '../ts/epoch/tensors.js';
import { ServerEpochWeights } from '../ts/epoch/weights.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { encodeControl } from '../ts/net/control.js';
import { type Frame, HEADER_BYTES } from '../ts/net/frame.js';
import { HOSTED } from '../ts/parties/hosted.js';
import { LocalParties } from '../ts/parties/local.js';
import { type Epoch, epochPolicy, EpochSchedule } from '../ts/plan/epoch.js';
import { FINAL_OP } from '../ts/program/decoder.js';
import { maskModel } from '../ts/provision/mask.js';
import { inOrder } from '../ts/provision/owned.js';
import { DealerMatrices } from '../ts/weights/dealer-weights.js';
import { orderFrom, permuted } from '../ts/weights/permutation.js';
import { inThread, type Place } from '../ts/weights/place.js';
import { ServerMatrices } from '../ts/weights/server-weights.js';
import { TENSORS } from '../ts/weights/tensors.js';
import type { Words } from '../ts/wires/wire.js';
import { comparedWithTwin, rmsDifference } from './support/compare.js';
import { composedOrders } from './support/epochs.js';
import { keptOf, wordsOf } from './support/masked.js';
import { type Bench, openClient, startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';
import { KEYS, nameOf, runShuffle, type ShuffleWorld } from './support/shuffled.js';
import { READERS, spied, watchMatrices } from './support/streams.js';
import { openTapped } from './support/tap.js';

const SHAPE = { ...TINY, layers: 3 };
const DENSITY = { neurons: 0.5, heads: 0.7 };
const start = (shape = {}, density = DENSITY) => startBench(5, { ...SHAPE, ...shape }, density);
const FRESH: Epoch = { number: 1, heads: true };

let plain: Bench;
let biased: Bench;
beforeAll(async () => {
  plain = await start();
  biased = await start({ biased: true });
});

describe('the shuffle', () => {
  let bench: Bench;
  let world: ShuffleWorld;
  beforeAll(async () => {
    bench = biased;
    world = await worldOf(bench);
  });

  test.each([FRESH, { number: 2, heads: false }])('gives the weights in the composed order of %o', (epoch) => {
    const { kernels, owner } = bench;
    const { stored } = runShuffle(world, epoch);
    const orders = composedOrders(bench, [KEYS.a, KEYS.b, KEYS.c], epoch);
    const ordered = inOrder(owner.model, owner.model.layers, orders);
    expect(ordered.layers[1].up).not.toEqual(owner.model.layers[1].up);
    const tensors = new Map(movedTensors(owner.manifest.plan, epoch).map((tensor) => [nameOf(tensor), tensor]));
    expect([...stored.keys()]).toEqual([...tensors.keys()]);
    const { plan } = owner.manifest;
    for (const masked of maskModel(kernels, ordered, plan, owner.seeds)) {
      const tensor = tensors.get(`${masked.layer}.${masked.name}`);
      if (!tensor) continue;
      const low = (words: BigUint64Array): Words => keptOf(plan, tensor, words);
      const plain = low(kernels.subWords(wordsOf(kernels, plan, masked), world.mask(tensor)));
      const { servers, mask } = stored.get(nameOf(tensor))!;
      expect(servers[0].masked).toEqual(servers[1].masked);
      expect(low(kernels.subWords(servers[0].masked, mask))).toEqual(plain);
      expect(low(kernels.addWords(servers[0].share, servers[1].share))).toEqual(plain);
    }
  });

  test('moves what a sparse step may open, and heads only where they are predicted', () => {
    const names = (epoch: Epoch, of: number) =>
      movedTensors(bench.owner.manifest.plan, epoch)
        .filter(({ layer }) => layer === of)
        .map(({ name }) => name);
    const neurons = ['up', 'down', 'upBias', 'predictUp', 'thresholds'];
    expect(names(FRESH, 0)).toEqual(neurons);
    expect(names(FRESH, 1).sort()).toEqual([...neurons, 'qkv', 'o', 'qkvBias', 'centers'].sort());
    expect(names({ number: 2, heads: false }, 1)).toEqual(neurons);
  });

  /**
   * Everything that a server receives is the same for other weights in another order, when what it does not know absorbs the difference:
   * so it says nothing of the weights, nor of the permutation that the server misses.
   */
  test.each([0, 1] as const)('shows server %i nothing', (party) => {
    const { kernels } = bench;
    const me = party === 0 ? 'server0' : 'server1';
    const theirs = party === 0 ? 'b' : 'a';
    const before = runShuffle(world, FRESH);
    const { plan } = world;
    const orders = Object.fromEntries(
      (['a', 'b', 'c'] as const).map((pair) => [pair, new EpochStream(kernels, KEYS[pair]).orders(plan, FRESH)]),
    );
    const other = new EpochStream(kernels, new Uint8Array(32).fill(9)).orders(plan, FRESH);
    const move = (words: Words, tensor: MovedTensor, by: typeof other): Words =>
      permuted(words, tensor.block, tensor.order(by));
    const add = (...all: Words[]): Words => all.reduce((sum, words) => kernels.addWords(sum, words) as Words);
    const sub = (a: Words, b: Words): Words => kernels.subWords(a, b) as Words;
    const noiseOf = (pair: 'a' | 'b') => {
      const stream = new EpochStream(kernels, KEYS[pair]);
      return new Map(movedTensors(plan, FRESH).map((tensor) => [nameOf(tensor), stream.noise(FRESH, tensor)]));
    };
    const [r, v] = [noiseOf('a'), noiseOf('b')];
    // Other weights under the same F: the half of the mask that this server does not know is another.
    const mask = (tensor: MovedTensor): Words => world.mask(tensor).map((word, i) => word + BigInt(i) * 77n);
    const received = (tensor: MovedTensor): Words[] => before.sent[me].get(nameOf(tensor))!;
    const chosen =
      party === 0
        ? {
            orders: () => other,
            noise: (_: Words, tensor: MovedTensor): Words =>
              sub(
                received(tensor)[0],
                move(add(move(mask(tensor), tensor, orders.a), r.get(nameOf(tensor))!), tensor, other),
              ),
            fresh: (_: Words, tensor: MovedTensor): Words => {
              const twice = move(
                add(move(world.masked(tensor), tensor, orders.a), r.get(nameOf(tensor))!),
                tensor,
                other,
              );
              return sub(received(tensor)[1], move(add(twice, chosen.noise(_, tensor)), tensor, orders.c));
            },
          }
        : {
            orders: () => other,
            noise: (_: Words, tensor: MovedTensor): Words =>
              sub(received(tensor)[0], move(world.masked(tensor), tensor, other)),
            fresh: (_: Words, tensor: MovedTensor): Words => {
              const twice = move(add(move(mask(tensor), tensor, other), chosen.noise(_, tensor)), tensor, orders.b);
              return add(received(tensor)[1], move(add(twice, v.get(nameOf(tensor))!), tensor, orders.c));
            },
          };
    const after = runShuffle({ ...world, mask }, FRESH, { [theirs]: chosen });
    expect(after.sent[me]).toEqual(before.sent[me]);
    const used = { ...orders, [theirs]: other };
    for (const { tensor, servers, mask: fresh } of after.stored.values()) {
      const plain = sub(world.masked(tensor), mask(tensor));
      const moved = (['a', 'b', 'c'] as const).reduce((words, pair) => move(words, tensor, used[pair]), plain);
      expect(sub(servers[0].masked, fresh)).toEqual(moved);
    }
  });

  test('tells the dealer nothing', () => {
    const { sent } = runShuffle(world, FRESH);
    for (const words of sent.dealer.values()) expect(words).toEqual([new BigUint64Array(0)]);
  });

  test('no party sends weights as they were, or as they will be', () => {
    const { kernels } = bench;
    const { sent, stored } = runShuffle(world, FRESH);
    for (const { tensor, servers, mask } of stored.values()) {
      const plain = kernels.subWords(servers[0].masked, mask);
      const known = [plain, world.masked(tensor), world.mask(tensor), servers[0].masked, mask].map(
        (words) => new Set(words),
      );
      for (const to of ['server0', 'server1'])
        for (const words of sent[to].get(nameOf(tensor))!)
          for (const set of known) expect(words.filter((word) => set.has(word))).toHaveLength(0);
    }
  });

  test('reads every key stream once, each by the two that share it', () => {
    const reads = new Map<string, Role[]>();
    const kernelsOf = (role: Role): Kernels =>
      spied(bench.kernels, (key, nonce) => {
        const name = `${hex(key)} ${hex(nonce)}`;
        reads.set(name, [...(reads.get(name) ?? []), role]);
      });
    const ofMatrices: string[] = [];
    const unwatch = watchMatrices(bench.kernels, (key) => ofMatrices.push(hex(key)));
    for (const number of [1, 2, 3]) runShuffle({ ...world, kernelsOf }, { number, heads: number === 1 });
    unwatch();
    expect(ofMatrices).toEqual([]);
    expect(reads.size).toBeGreaterThan(100);
    const owners = { a: 'dealer,server0', b: 'dealer,server1', c: 'server0,server1' };
    for (const [name, roles] of reads) {
      const pair = (['a', 'b', 'c'] as const).find((one) => name.startsWith(hex(KEYS[one])))!;
      expect([...roles].sort().join()).toBe(owners[pair]);
    }
  });
});

test('the spies of this suite watch every kernel that takes a key', () => {
  const exported = readFileSync(new URL('../pkg/comet_kernels.d.ts', import.meta.url), 'utf8');
  const takesKey = (params: string): boolean => /\b(key|nonce|seed)\d?: Uint8Array/.test(params);
  const readers = [...exported.matchAll(/(\w+)\(([^()]*)\): /g)].filter(([, , params]) => takesKey(params));
  expect(new Set(readers.map(([, name]) => name))).toEqual(new Set([...READERS.functions, ...READERS.methods]));
  const { kernels } = plain;
  const reads: string[] = [];
  const onRead = (key: Uint8Array, nonce: Uint8Array): void => void reads.push(`${key[0]} ${nonce[0]}`);
  const [one, two, nonce] = [KEYS.a, KEYS.b, new Uint8Array(12).fill(7)];
  const spy = spied(kernels, onRead);
  const unwatch = watchMatrices(kernels, onRead);
  spy.prgWords(one, nonce, 0, 1, 64);
  spy.prgGather(one, nonce, Uint32Array.of(0), 64);
  spy.prgDealt(one, nonce, 1, 64).free();
  spy.dealRemainder(one, nonce, new spy.Dealt(BigUint64Array.of(1n)), 64, false);
  spy.maskOf(one, two, nonce, 1, 64, false);
  for (const kind of [spy.RingMatrix, spy.RingRows]) {
    const matrix = kind.fromPrg(1, 1, one, nonce);
    matrix.addPrg(two, nonce, false);
    matrix.free();
  }
  unwatch();
  kernels.RingRows.fromPrg(1, 1, one, nonce).free();
  const [a, b] = [`${one[0]} 7`, `${two[0]} 7`];
  expect(reads).toEqual([a, a, a, a, a, b, a, b, a, b]);
});

test('operations of epochs are none of steps', () => {
  expect(Math.max(...Object.values(OP), ...Object.values(FINAL_OP))).toBeLessThan(EPOCH_OP);
  expect(EPOCH_OP + TENSORS.length).toBeLessThan(0x100);
});

test('an epoch that was begun does not begin again', () => {
  const { kernels, owner } = plain;
  const { plan } = owner.manifest;
  const stream = new EpochStream(kernels, KEYS.a);
  const [tensor] = movedTensors(plan, FRESH);
  const reused = expect.objectContaining({ code: 'E_TAPE_REUSE' }) as Error;
  stream.fresh(FRESH, tensor);
  expect(() => stream.fresh(FRESH, tensor)).toThrow(reused);
  stream.orders(plan, { number: 2, heads: false });
  expect(() => stream.noise(FRESH, tensor)).toThrow(reused);
});

test('orders are permutations, and all of them are drawn', async () => {
  const { prgWords } = await loadKernels();
  const seen = new Map<string, number>();
  for (let i = 0; i < 1200; i++) {
    const words = prgWords(KEYS.a, new Uint8Array(12).fill(i % 256).fill(i >> 8, 6), 0, 4, 64) as Words;
    const order = orderFrom(words);
    expect([...order].sort()).toEqual([0, 1, 2, 3]);
    seen.set(order.join(), (seen.get(order.join()) ?? 0) + 1);
  }
  expect(seen.size).toBe(24);
  // 50 of each are expected, with a standard deviation of 7.
  expect(Math.max(...seen.values())).toBeLessThan(100);
});

test('epochs begin where the client says', () => {
  const run = (policy: { fresh: boolean; tokens?: number }, rows: readonly number[]): number[] => {
    const schedule = new EpochSchedule(policy);
    // Rows that are not sparse are negative.
    return rows.map((count) => schedule.next({ rows: Math.abs(count), sparse: count > 0 }).number);
  };
  expect(run({ fresh: false }, [9, 1, 1])).toEqual([0, 0, 0]);
  expect(run({ fresh: true }, [-9, 1, 1])).toEqual([1, 1, 1]);
  expect(run({ fresh: true, tokens: 3 }, [1, 1, 1, 1, 7, 1, -1, 1, 1, 1])).toEqual([1, 1, 1, 2, 2, 3, 3, 3, 3, 4]);
  expect(run({ fresh: false, tokens: 2 }, [-5, 1, 1, 1])).toEqual([0, 0, 0, 1]);
  expect(epochPolicy({})).toEqual({ fresh: true });
  expect(epochPolicy({ sharedEpoch: true })).toEqual({ fresh: false });
  expect(epochPolicy({}, true)).toEqual({ fresh: false });
  expect(epochPolicy({ epochTokens: 8 }, true)).toEqual({ fresh: true, tokens: 8 });
});

const PARTS = [9, 1, 1, 10, 1, 1, 1];

describe('sessions', () => {
  test.each([
    { epochs: { fresh: true } },
    { epochs: { fresh: true, tokens: 10 } },
    { epochs: { fresh: false, tokens: 1 } },
    { epochs: { fresh: true, tokens: 2 }, biases: true },
    { epochs: { fresh: true, tokens: 10 }, modes: 'dpe' },
  ])('wires equal the twin: %o', async ({ epochs, biases, modes }) => {
    const bench = biases ? biased : plain;
    const log = await comparedWithTwin(bench, bench.text(24), PARTS, { sparse: true, epochs, modes });
    expect(log.differences).toEqual([]);
    expect(log.equal).toBe(true);
    expect(log.compared).toBeGreaterThan(100);
  });

  test('dense steps in an epoch of their own equal the twin', async () => {
    const bench = plain;
    const log = await comparedWithTwin(bench, bench.text(12), [9, 3], { epochs: { fresh: true } });
    expect(log.equal).toBe(true);
  });

  test('compute the same with and without, where all is predicted', async () => {
    const bench = await start({}, { neurons: 1, heads: 1 });
    const ids = bench.text(16);
    const run = async (epochs?: { fresh: boolean; tokens?: number }): Promise<Float32Array> => {
      const { client, served } = await openClient(bench, {}, { epochs });
      client.announce([12, 1, 1, 1, 1].map((rows, i) => ({ rows, position: i && 11 + i, outputs: 'all' as const })));
      const parts = [await client.run(ids.slice(0, 12))];
      for (const id of ids.slice(12)) parts.push(await client.run([id]));
      client.end();
      await served;
      return Float32Array.from(parts.flatMap((part) => [...part]));
    };
    const without = await run();
    for (const epochs of [{ fresh: true }, { fresh: true, tokens: 1 }, { fresh: false, tokens: 12 }])
      expect(rmsDifference(await run(epochs), without)).toBeLessThan(0.02);
  });

  test('bytes are those of the formula, on each link', async () => {
    const bench = plain;
    const { plan } = bench.owner.manifest;
    const epochs = { fresh: true, tokens: 2 };
    const { client, served } = await openClient(bench, {}, { epochs });
    const steps = Array.from({ length: 5 }, (_, position) => ({ rows: 1, position, outputs: 'none' as const }));
    client.announce(steps);
    for (const id of bench.text(5)) await client.run([id]);
    client.end();
    await served;
    const { server0, server1, dealer } = mapRoles((role) => bench.parties.parties[role].counts());
    const [first, later] = [epochCost(plan, FRESH), epochCost(plan, { number: 2, heads: false })];
    expect(first.words).toBeGreaterThan(later.words);
    const count = first.frames + 2 * later.frames;
    const payload = first.bytes + 2 * later.bytes;
    const sent = [server0.links.server1, server1.links.server0, dealer.links.server0, server0.links.dealer].map(
      (meter) => meter.sent.shuffle,
    );
    expect(sent.reduce((sum, { frames }) => sum + frames, 0)).toBe(count);
    expect(sent.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(payload + HEADER_BYTES * count);
    // Two words to server 1, one back, one from the dealer.
    expect(sent.map(({ frames, bytes }) => bytes - HEADER_BYTES * frames)).toEqual([
      payload / 2,
      payload / 4,
      payload / 4,
      0,
    ]);
    // Words that are needed modulo 2^32 only have four bytes, modulo 2^48 six.
    const moved = movedTensors(plan, FRESH);
    const [count32, count48] = [32, 48].map((size) =>
      moved.filter(({ bits }) => bits === size).reduce((sum, { rows, cols }) => sum + rows * cols, 0),
    );
    expect(Math.min(count32, count48)).toBeGreaterThan(0);
    expect(first.bytes).toBe(32 * first.words - 16 * count32 - 8 * count48);
    expect(
      epochsOf(
        plan,
        steps.map((step) => ({ ...step, sparse: true })),
        epochs,
      ),
    ).toEqual({
      epochs: 3,
      epochBytes: payload + HEADER_BYTES * count,
    });
    for (const party of [server0, server1, dealer]) expect(party.epochs.map(({ number }) => number)).toEqual([1, 2, 3]);
    const seen = [server0, server1, dealer].flatMap((party) => party.epochs.map(({ bytes }) => bytes));
    expect(seen.reduce((sum, bytes) => sum + bytes, 0)).toBe(2 * (payload + HEADER_BYTES * count));
  });

  test('read no key stream twice, in epochs and in steps', async () => {
    const { kernels, owner, text } = plain;
    const reads = new Map<string, number>();
    const onRead = (key: Uint8Array, nonce: Uint8Array): void => {
      const name = `${hex(key)} ${hex(nonce)}`;
      reads.set(name, (reads.get(name) ?? 0) + 1);
    };
    const spy = spied(kernels, onRead);
    const unwatch = watchMatrices(kernels, onRead);
    const tensors = maskModel(kernels, owner.model, owner.manifest.plan, owner.seeds);
    const parties = await LocalParties.start(spy, owner.manifest, owner.seeds, tensors);
    const seeds = new Set([owner.seeds.seed0, owner.seeds.seed1].map(hex));
    const { client, served } = await openClient(
      { parties, owner } as Bench,
      {},
      { epochs: { fresh: true, tokens: 2 } },
    );
    client.announce(Array.from({ length: 5 }, (_, position) => ({ rows: 1, position, outputs: 'last' as const })));
    for (const id of text(5)) await client.run([id]);
    client.end();
    await served;
    unwatch();
    const pairs = [...reads].filter(([name]) => !seeds.has(name.slice(0, 64)));
    expect(pairs.length).toBeGreaterThan(1000);
    // All parties are in this thread: a stream belongs to two of them.
    expect(pairs.filter(([, count]) => count > 2)).toEqual([]);
  });

  test('each has an order of its own', async () => {
    const bench = plain;
    const orders: string[] = [];
    const firsts = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const { client, outcome } = await openTapped(
        bench,
        (frame, _from, to) => {
          if (frame.kind === 'shuffle' && to === 'server1') firsts.add(hex(frame.payload.slice(0, 64)));
          if (frame.kind === 'reveal') orders.push(hex(frame.payload));
          return [frame];
        },
        { mode: { epochs: { fresh: true } } },
      );
      client.announce([{ rows: 8, position: 0, outputs: 'last' }]);
      await client.run([1, 2, 3, 4, 5, 6, 7, 8]);
      client.end();
      expect((await outcome).every(({ status }) => status === 'fulfilled')).toBe(true);
    }
    expect(new Set(orders).size).toBe(orders.length / 2);
    expect(firsts.size).toBeGreaterThan(50);
  });
});

/** What a tampered link makes of one frame of a shuffle. */
const TAMPERED: { name: string; to: Role; round: number; change: (frame: Frame) => Frame[] }[] = [
  { name: 'weights that are too short', to: 'server1', round: 0, change: shorter },
  { name: "the dealer's weights, too short", to: 'server0', round: 0, change: shorter },
  { name: 'weights sent twice', to: 'server1', round: 1, change: (frame) => [frame, frame] },
  { name: 'weights of another epoch', to: 'server0', round: 1, change: (frame) => [{ ...frame, step: 2 }] },
  { name: 'weights of another layer', to: 'server1', round: 0, change: (frame) => [{ ...frame, layer: 1 }] },
  {
    name: 'an acknowledgement with words',
    to: 'dealer',
    round: 0,
    change: (frame) => [{ ...frame, payload: new Uint8Array(8) }],
  },
];
function shorter(frame: Frame): Frame[] {
  return [{ ...frame, payload: frame.payload.slice(8) }];
}

describe('what is refused', () => {
  test.each(TAMPERED)('$name', async ({ to, round, change }) => {
    let done = false;
    const { client, outcome } = await openTapped(
      plain,
      (frame, _from, role) => {
        if (done || frame.kind !== 'shuffle' || role !== to || frame.round !== round) return [frame];
        done = true;
        return change(frame);
      },
      { mode: { epochs: { fresh: true } } },
    );
    client.announce([{ rows: 1, position: 0, outputs: 'last' }]);
    await expect(client.run([1])).rejects.toMatchObject({ code: 'E_FRAME' });
    expect(codesOf(await outcome)[HOSTED.indexOf(to as (typeof HOSTED)[number])]).toBe('E_FRAME');
  });

  const epoch = { type: 'epoch', fresh: true };
  const steps = { type: 'steps', steps: [{ rows: 1, position: 0, outputs: 'none' }] };
  test.each([
    ['epochs twice', [epoch, epoch]],
    ['epochs after steps', [steps, epoch]],
    ['epochs of no tokens', [{ ...epoch, tokens: 0 }]],
    ['epochs of half a token', [{ ...epoch, tokens: 0.5 }]],
    ['an unknown key', [{ ...epoch, heads: true }]],
    ['nothing of whether to begin', [{ type: 'epoch' }]],
  ])('%s', async (_, messages) => {
    const { session, outcome } = await openTapped(plain);
    for (const message of messages) session.link('dealer').send({ kind: 'control', payload: encodeControl(message) });
    const results = codesOf(await outcome);
    expect(results[HOSTED.indexOf('dealer')]).toBe('E_FRAME');
  });

  test('a client may leave during a shuffle', async () => {
    const { session, client, outcome } = await openTapped(
      plain,
      (frame, _from, to) => {
        if (frame.kind === 'shuffle' && to === 'server1' && frame.layer === 1) session.close();
        return [frame];
      },
      { mode: { epochs: { fresh: true } } },
    );
    client.announce([{ rows: 1, position: 0, outputs: 'last' }]);
    await expect(client.run([1])).rejects.toThrow();
    expect(codesOf(await outcome)).toEqual(['', '', '']);
  });
});

test('memory of weights that an epoch replaces, and of those of a session, is given back', async () => {
  const { kernels, owner } = plain;
  const { plan } = owner.manifest;
  const held = { now: 0 };
  const counted = <T extends object>(placed: T): T => {
    held.now++;
    return new Proxy(placed, {
      get: (target, name) => {
        if (name === 'free') return () => void held.now--;
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(target) : value;
      },
    });
  };
  const place: Place = {
    matrix: async (matrix) => counted(await inThread.matrix(matrix)),
    rows: async (rows) => counted(await inThread.rows(rows)),
  };
  const shared = new ServerMatrices(kernels, plan, 0, owner.seeds.seed0, place);
  for (const tensor of maskModel(kernels, owner.model, plan, owner.seeds)) await shared.add(tensor);
  const before = held.now;
  const weights = new ServerEpochWeights(shared);
  const tensors = movedTensors(plan, FRESH);
  const size = ({ rows, cols }: MovedTensor): number => rows * cols;
  // A matrix is held twice, masked and as a share; what is no matrix is not counted.
  const each = 2 * tensors.filter(({ rows }) => rows > 1).length;
  for (let epoch = 0; epoch < 2; epoch++) {
    for (const tensor of tensors) {
      const words = new BigUint64Array(size(tensor)).fill(BigInt(epoch));
      const old = await weights.words(tensor);
      await weights.put(tensor, words, words);
      expect(await weights.words(tensor)).toEqual(old);
    }
    expect(held.now - before).toBe((epoch + 1) * each);
    await weights.swap();
    expect(held.now - before).toBe(each);
    for (const tensor of tensors) expect(new Set(await weights.words(tensor))).toEqual(new Set([BigInt(epoch)]));
  }
  await weights.put(tensors[0], new BigUint64Array(size(tensors[0])), new BigUint64Array(size(tensors[0])));
  await weights.free();
  expect(held.now).toBe(before);
  expect(await weights.words(tensors[0])).toEqual(await shared.words(tensors[0]));
});

/** The weights as the owner masked them. */
async function worldOf({ kernels, owner }: Bench): Promise<ShuffleWorld> {
  const { plan } = owner.manifest;
  const masks = await DealerMatrices.expand(kernels, plan, owner.seeds);
  const all = new Map<string, { masked: Words; mask: Words }>();
  for (const { layer, name, ...rest } of maskModel(kernels, owner.model, plan, owner.seeds)) {
    const masked = wordsOf(kernels, plan, { layer, name, ...rest });
    all.set(`${layer}.${name}`, { masked, mask: await masks.words({ layer, name }) });
  }
  const of = (tensor: MovedTensor) => all.get(nameOf(tensor))!;
  return { kernels, plan, masked: (tensor) => of(tensor).masked, mask: (tensor) => of(tensor).mask };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const codesOf = (results: readonly PromiseSettledResult<void>[]): string[] =>
  results.map((result) => (result.status === 'rejected' ? (result.reason as { code: string }).code : ''));

function mapRoles<T>(of: (role: (typeof HOSTED)[number]) => T): Record<(typeof HOSTED)[number], T> {
  return { server0: of('server0'), server1: of('server1'), dealer: of('dealer') };
}
