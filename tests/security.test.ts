/**
 * Checks of what each server sees, and mutants that each must be caught by one of them. All keys are fixed, so every result is the same
 * in every run.
 */
import { nonce, OP } from '../ts/core/address.js';
import type { Kernels, RingMatrix } from '../ts/kernels/load.js';
import { FIXED, prefixLength, type PrefixName } from '../ts/plan/formats.js';
import { FINAL_OP } from '../ts/program/decoder.js';
import { provision } from '../ts/provision/owner.js';
import { isPrefix, tensorIds, TENSORS } from '../ts/weights/tensors.js';
import type { Words } from '../ts/wires/wire.js';
import {
  type DealtEntry,
  type Hooks,
  keyOf,
  keysOf,
  Lockstep,
  makeWorld,
  type Named,
  nameOf,
  type OpenedWire,
  overLinks,
  type Pair,
  type Role,
  type Seen,
  type World,
} from './support/lockstep.js';
import { wordsOf } from './support/masked.js';
import { lcg, type Only, randomModel, TINY } from './support/random-model.js';
import type { Density } from './support/random-predictors.js';
import { choices, refills, Sets, toleranceOf, wrongChoices } from './support/sets.js';

type Mutation = NonNullable<Hooks['kernels']>;
const asIs: Mutation = (kernels) => kernels;

/** Enough for every gate; the statistics run it hundreds of times. */
const SMALL = { layers: 1, width: 16, heads: 2, kvHeads: 2, headDim: 8, ffn: 16, context: 16, vocab: 16 };
const SMALL_SEED = 4;
/** Two layers, so that heads are predicted. */
const SMALL_SPARSE = { ...SMALL, layers: 2 };
/** The same neurons whatever the text, and heads that depend on it. */
const DENSITY: Density = { neurons: 0.5, heads: 0.5, fixed: 'neurons' };

/** What checks run on, dense or sparse. */
interface Setting {
  readonly world: World;
  readonly prompts: Pair<readonly number[]>;
  /** Where statistics run hundreds of times: always these steps. */
  readonly small: World;
  readonly makeSmall: (replace?: (kernels: Kernels) => Kernels) => Promise<World>;
  readonly steps: readonly { readonly ids: readonly number[]; readonly position: number }[];
  /** Part of the runs: a sparse one takes four times as long. */
  readonly part: number;
}

let dense: Setting;
let sparse: Setting;
let biased: Setting;
let sparseBiased: Setting;
let exact: Setting;
let padded: Setting;
/** Another variant of the program: signs by table, one product, large cells. */
let tables: Setting;
let postNorm: Setting;
/** The same with streams so wide that norms' outputs are lifted. */
let lifted: Setting;
/** Norms by windows and softmax by coarse levels. */
let wide: Setting;
/** Sparse, with refills beside the layer before. */
let ahead: Setting;
/** Behind a constant prefix. */
let behind: Setting;
/** Queries and keys are turned, and two heads of queries read the same keys. */
let rotated: Setting;
beforeAll(async () => {
  const makeSmall: Setting['makeSmall'] = (replace) => makeWorld(SMALL, SMALL_SEED, undefined, replace);
  const steps = [{ ids: [3, 7], position: 0 }];
  dense = { world: await makeWorld(TINY), prompts: PROMPTS, small: await makeSmall(), makeSmall, steps, part: 1 };
  const makeTables: Setting['makeSmall'] = (replace) => makeWorld(SMALL, SMALL_SEED, undefined, replace, 'tables-thin');
  const tablesWorld = await makeWorld(TINY, 3, undefined, undefined, 'tables-thin');
  tables = { ...dense, world: tablesWorld, small: await makeTables(), makeSmall: makeTables };
  const makePostNorm: Setting['makeSmall'] = (replace) =>
    makeWorld({ ...SMALL, layers: 2, postNorm: true }, SMALL_SEED, undefined, replace);
  const postNormWorld = await makeWorld({ ...TINY, postNorm: true, biased: true });
  postNorm = { ...dense, world: postNormWorld, small: await makePostNorm(), makeSmall: makePostNorm, part: 0.5 };
  const wideStream = { postNorm: true, outliers: { neurons: 3000 } };
  const makeLifted: Setting['makeSmall'] = (replace) =>
    makeWorld({ ...SMALL, ...wideStream, layers: 2 }, SMALL_SEED, undefined, replace);
  const liftedWorld = await makeWorld({ ...TINY, ...wideStream, biased: true });
  lifted = { ...dense, world: liftedWorld, small: await makeLifted(), makeSmall: makeLifted };
  const outliers = { tokens: 48, queries: 10 };
  const makeWide: Setting['makeSmall'] = (replace) => makeWorld({ ...SMALL, outliers }, SMALL_SEED, undefined, replace);
  wide = {
    ...dense,
    world: await makeWorld({ ...TINY, outliers }),
    small: await makeWide(),
    makeSmall: makeWide,
    part: 0.5,
  };
  biased = { ...dense, world: await makeWorld({ ...TINY, biased: true }) };
  const makeSparse: Setting['makeSmall'] = (replace) => makeWorld(SMALL_SPARSE, SMALL_SEED, DENSITY, replace);
  const [world, other] = [await makeWorld(TINY, 3, DENSITY), await makeSparse()];
  const [ids] = alike(other, 3, 2);
  const two = [
    { ids: ids.slice(0, 2), position: 0 },
    { ids: ids.slice(2), position: 2 },
  ];
  sparse = { world, prompts: alike(world, 4, 3), small: other, makeSmall: makeSparse, steps: two, part: 0.5 };
  const both = await makeWorld({ ...TINY, biased: true }, 3, DENSITY);
  sparseBiased = { ...sparse, world: both, prompts: alike(both, 4, 3) };
  const decided = await makeWorld({ ...TINY, biased: true, decided: true });
  const makeExact: Setting['makeSmall'] = async (replace) => ({ ...(await makeSmall(replace)), modes: 'e' });
  const exactSmall = { small: await makeExact(), makeSmall: makeExact, part: 0.5 };
  exact = { ...dense, ...exactSmall, world: { ...decided, modes: 'ee' } };
  const makePadded: Setting['makeSmall'] = async (replace) => ({ ...(await makeSparse(replace)), constant: true });
  padded = { ...sparse, world: { ...world, constant: true }, small: await makePadded(), makeSmall: makePadded };
  const makeAhead: Setting['makeSmall'] = async (replace) => ({ ...(await makeSparse(replace)), prefetch: 1 });
  ahead = { ...sparse, world: { ...world, prefetch: 1 }, small: await makeAhead(), makeSmall: makeAhead };
  const makeBehind: Setting['makeSmall'] = (replace) =>
    makeWorld({ ...SMALL, prefix: [1, 6] }, SMALL_SEED, undefined, replace);
  const behindWorld = await makeWorld({ ...TINY, prefix: [7, 42] });
  behind = {
    ...dense,
    world: behindWorld,
    small: await makeBehind(),
    makeSmall: makeBehind,
    steps: [{ ids: [3, 7], position: 2 }],
  };
  const llama = { kvHeads: 1, rope: [1, 0.4, 0.1] };
  const makeRotated: Setting['makeSmall'] = (replace) =>
    makeWorld({ ...SMALL, ...llama }, SMALL_SEED, undefined, replace);
  rotated = {
    ...dense,
    world: await makeWorld({ ...TINY, ...llama, kvHeads: 2, biased: true }),
    small: await makeRotated(),
    makeSmall: makeRotated,
    part: 0.5,
  };
});

const PROMPTS: Pair<readonly number[]> = [
  [5, 9, 33, 2],
  [61, 0, 17, 48],
];

/**
 * Two prompts of other tokens everywhere that let the same heads through, some of which have missed tokens of the first `prefill` when the
 * others need them. No score is near its threshold.
 */
function alike({ forward, plan, predictors }: World, length: number, prefill: number): Pair<readonly number[]> {
  const { shape } = plan;
  const random = lcg(length);
  const steps = [
    { position: 0, rows: prefill },
    { position: prefill, rows: length - prefill },
  ];
  const seen = new Map<string, number[][]>();
  for (let i = 0; i < 4000; i++) {
    const ids = Array.from({ length }, () => Math.floor(random() * shape.vocab));
    const inputs: number[][][] = [];
    forward(ids, { inputs });
    const heads = choices(predictors!, inputs).filter(({ neurons }) => !neurons);
    if (heads.some(({ margin }) => Math.abs(margin) < toleranceOf(plan))) continue;
    const active = (layer: number, at: number, head: number): boolean =>
      layer === 0 || heads.some(({ position, index, margin }) => position === at && index === head && margin > 0);
    if (refills(shape, { neuron: () => true, head: active }, steps)[1] === 0) continue;
    const key = heads.map(({ position, index, margin }) => `${position} ${index} ${margin > 0}`).join();
    const found = seen.get(key)?.find((other) => other.every((id, at) => id !== ids[at]));
    if (found) return [found, ids];
    seen.set(key, [...(seen.get(key) ?? []), ids]);
  }
  throw new Error('no two prompts are alike');
}

/** What a session revealed of steps of so many rows, from the first position on that steps run. */
function setsOf({ opened }: Lockstep, { plan, orders, constant }: World, rows: readonly number[]): Sets {
  const sets = new Sets(plan.shape, orders);
  let position = prefixLength(plan);
  for (const [step, count] of rows.entries()) {
    const own = opened.filter(({ at, clear }) => clear && at.step === step);
    sets.add(position, count, own.map(({ at, m }) => ({ layer: at.layer, op: at.op, bits: m })), constant ? plan : undefined); // prettier-ignore
    position += count;
  }
  return sets;
}

/** Two steps: a prefill, and a decode step on its caches. Returns the last hidden state. */
function run(
  ids: readonly number[],
  hooks: Hooks,
  seed = 1,
  { world }: Pick<Setting, 'world'> = dense,
): { session: Lockstep; hidden: Float32Array } {
  const { kernels, plan, embed } = world;
  const session = new Lockstep(world, keysOf(seed), hooks);
  const first = prefixLength(plan);
  session.step(embed(ids.slice(0, 3), first), first, 'none');
  const [a, b] = session.step(embed(ids.slice(3), first + 3), first + 3, 'last')!;
  session.free();
  const { kOut, sxs, sr } = plan.final;
  const words = kernels.joinWords(kernels.maskWords(a, kOut), kernels.maskWords(b, kOut), kOut);
  return { session, hidden: kernels.signedToFloat(words, kOut, sxs + sr) };
}

/** Root mean square of the error of the last hidden state, beside floats that leave out what was not revealed. */
function errorOf(ids: readonly number[], { session, hidden }: ReturnType<typeof run>, { world }: Setting): number {
  const found = setsOf(session, world, [ids.length - 1, 1]);
  const first = prefixLength(world.plan);
  const only: Only = {
    neuron: (layer, at, neuron) => at < first || found.neuron(layer, at, neuron),
    head: (layer, at, head) => at < first || found.head(layer, at, head),
  };
  const reference = world.forward([...(world.plan.prefix ?? []), ...ids], undefined, only).at(-1)!;
  return Math.sqrt(hidden.reduce((sum, v, i) => sum + (v - reference[i]) ** 2, 0) / hidden.length);
}

/** The check `values`: the output is that of the float model. */
function values(mutation: Mutation, setting = dense): string | undefined {
  const errors = setting.prompts.map((ids) => errorOf(ids, run(ids, { kernels: mutation }, 1, setting), setting));
  const error = Math.max(...errors);
  return error < 0.02 ? undefined : `the hidden state is off by ${error} rms`;
}

/** The check `sets`: what is revealed is what floats would choose, unless a score is near its threshold. */
function sets(mutation: Mutation, setting = sparse): string | undefined {
  const { world, prompts } = setting;
  for (const ids of prompts) {
    const { session } = run(ids, { kernels: mutation }, 1, setting);
    const found = setsOf(session, world, [ids.length - 1, 1]);
    const inputs: number[][][] = [];
    world.forward(ids, { inputs }, found);
    const [wrong] = wrongChoices(choices(world.predictors!, inputs), found, toleranceOf(world.plan));
    if (wrong)
      return `a score that is ${wrong.margin} above its threshold was taken for another: ${JSON.stringify(wrong)}`;
  }
  return undefined;
}

/** The check `views`: server i sees the same bits for two prompts when the others' randomness absorbs the difference. */
function views(i: 0 | 1, mutation: Mutation, setting = dense): string | undefined {
  const { world, prompts } = setting;
  const { kernels } = world;
  const first = run(prompts[0], { kernels: mutation }, 1, setting);
  const opened = new Map(first.session.opened.map((wire) => [nameOf(wire.at), wire]));
  const tape = new Map(first.session.dealt.map((entry) => [nameOf(entry.at, entry.part), entry.remainder]));
  const halves = ({ at, secret, halves: own, xor, width }: Omit<OpenedWire, 'sent' | 'm'>): Pair<Words> => {
    const { m } = opened.get(nameOf(at))!;
    const rest = xor
      ? kernels.xorWords(kernels.xorWords(m, secret), own[i])
      : kernels.maskWords(kernels.subWords(kernels.subWords(m, secret), own[i]), width);
    return (i === 0 ? [own[0], rest] : [rest, own[1]]) as Pair<Words>;
  };
  const deal = ({ at, part }: DealtEntry): Uint8Array | undefined => (i === 1 ? tape.get(nameOf(at, part)) : undefined);
  const second = run(prompts[1], { kernels: mutation, halves, deal }, 1, setting);
  const error = errorOf(prompts[1], second, setting);
  const leaked = different(first.session.views[i], second.session.views[i]);
  if (leaked) return `server ${i} sees a difference: ${leaked}`;
  return error < 0.02 ? undefined : `with the shifted masks the hidden state is off by ${error} rms`;
}

function different(one: readonly Seen[], other: readonly Seen[]): string | undefined {
  if (one.length !== other.length) return `${one.length} and ${other.length} things`;
  const at = one.findIndex(({ what, data }, i) => what !== other[i].what || !equal(data, other[i].data));
  return at < 0 ? undefined : `${one[at].what}, ${other[at].what}`;
}
const equal = (a: Seen['data'], b: Seen['data']): boolean =>
  a.length === b.length && (a as Uint8Array).every((v: number | bigint, i: number) => v === b[i]);

/** Hears of the key streams that matrices of weights are masked with while `work` runs; their methods take no kernels to replace. */
async function watchingMatrices<T>(
  { RingMatrix, RingRows }: Kernels,
  read: (key: Uint8Array, at: Uint8Array, count: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  type Watched = Pick<typeof RingMatrix, 'fromPrg'> & { prototype: Pick<RingMatrix, 'addPrg'> & { words(): Words } };
  const restore = ([RingMatrix, RingRows] as unknown as Watched[]).map((kind) => {
    const { prototype, fromPrg } = kind;
    const { addPrg } = prototype;
    let inside = false;
    kind.fromPrg = (rows, cols, key, at) => {
      read(key, at, rows * cols);
      inside = true;
      try {
        return fromPrg.call(kind, rows, cols, key, at);
      } finally {
        inside = false;
      }
    };
    prototype.addPrg = function (this: typeof prototype, key, at, negate) {
      if (!inside) read(key, at, this.words().length);
      addPrg.call(this as never, key, at, negate);
    };
    return () => {
      kind.fromPrg = fromPrg;
      prototype.addPrg = addPrg;
    };
  });
  try {
    return await work();
  } finally {
    for (const undo of restore) undo();
  }
}

/**
 * The check `streams`: when a model is provisioned and in the product's sessions no key stream is read twice, and all ends of a stream
 * read the same words. A weight's mask is read by its owner, its server and, but for biases, the dealer; by whom is not seen, only how often.
 * The order of neurons and heads comes from a key of its own.
 */
async function streams(mutation: Mutation, { small, makeSmall, steps }: Setting = dense): Promise<string | undefined> {
  const reads = new Map<string, { role: Role | 'weights'; count?: number; width: number }[]>();
  const note = (role: Role | 'weights', key: Uint8Array, at: Uint8Array, width: number, count?: number): void => {
    const stream = `${hex(key)}.${hex(at)}`;
    reads.set(stream, [...(reads.get(stream) ?? []), { role, count, width }]);
  };
  const spy: Mutation = (kernels, role) => {
    const read = (key: Uint8Array, at: Uint8Array, width: number, count?: number): void =>
      note(role, key, at, width, count);
    const spied: Kernels = {
      ...kernels,
      prgWords: (key, at, first, count, width) => {
        read(key, at, width, count);
        return kernels.prgWords(key, at, first, count, width);
      },
      prgDealt: (key, at, count, width) => {
        read(key, at, width, count);
        return kernels.prgDealt(key, at, count, width);
      },
      maskOf: (key0, key1, at, count, width, xor) => {
        for (const key of [key0, key1]) read(key, at, width, count);
        return kernels.maskOf(key0, key1, at, count, width, xor);
      },
      dealRemainder: (key, at, words, width, xor) => {
        read(key, at, width, words.length);
        return kernels.dealRemainder(key, at, words, width, xor);
      },
      prgGather: (key, at, positions, width) => {
        read(key, at, width);
        return kernels.prgGather(key, at, positions, width);
      },
    };
    return mutation(spied, role);
  };
  const step = (position: number, ids: readonly number[] = [3, 7]) => ({
    ...{ x: small.embed(ids, position), position, outputs: 'all' as const },
  });
  const keys = keysOf(2);
  const first = prefixLength(small.plan);
  const { tape, client, servers } = keys;
  await watchingMatrices(
    small.kernels,
    (key, at, count) => note('weights', key, at, 64, count),
    async () => {
      const world = await makeSmall((kernels) => ({
        ...kernels,
        prgWords: (key, at, first, count, width) => {
          note('weights', key, at, width, count);
          return kernels.prgWords(key, at, first, count, width);
        },
      }));
      await overLinks(
        { ...world, kernels: small.kernels },
        keys,
        [...[0, 2, 1].map((at) => step(first + at)), ...steps.map(({ ids, position }) => step(position, ids))],
        spy,
      );
    },
  );
  const weights = [1, 2].map((half): [string, string] => [hex(keyOf(half, SMALL_SEED)), 'weights,weights,weights']);
  const biases = tensorIds(small.plan).filter(({ name }) => BIASES.includes(name));
  const ofBiases = new Set(
    biases.flatMap(({ layer, name }) =>
      [1, 2].map((half) => `${hex(keyOf(half, SMALL_SEED))}.${hex(nonce({ step: 0, layer, op: PLACES[name] }, 0))}`),
    ),
  );
  const owners = new Map([
    ...weights,
    // Drawn by the owner, and once more by the test.
    [hex(keyOf(3, SMALL_SEED)), 'weights,weights'],
    [hex(tape[0]), 'dealer,server0'],
    [hex(tape[1]), 'dealer,server1'],
    [hex(client[0]), 'dealer,server0'],
    [hex(client[1]), 'dealer,server1'],
    [hex(servers), 'server0,server1'],
  ]);
  for (const [stream, readers] of reads) {
    const text = `stream ${stream} is read by ${JSON.stringify(readers)}`;
    const roles = readers.map(({ role }) => role).sort();
    const due = ofBiases.has(stream) ? 'weights,weights' : owners.get(stream.split('.')[0]);
    if (roles.join() !== due) return text;
    // A gather names positions, no count.
    const counts = readers.flatMap(({ count }) => count ?? []);
    if (new Set(readers.map(({ width }) => width)).size > 1 || new Set(counts).size > 1) return text;
  }
  if ([...ofBiases].some((stream) => !reads.has(stream))) return 'the mask of a bias was not read';
  return reads.size > 200 ? undefined : `only ${reads.size} streams were read`;
}
/** Where tensors are among a layer's, docs/protocol.md section 4.3; those that the dealer needs no mask of. */
const PLACES: Record<string, number> = { qkvBias: 4, oBias: 5, upBias: 6, downBias: 7, centers: 8, thresholds: 11 };
const BIASES = Object.keys(PLACES);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Bits of one place in a view, one a run, packed. */
type Column = Uint32Array;

/** Low, middle and top bit of the first and of another element of everything in a server's view that should be uniform. */
function columnsOf(runs: readonly (readonly Seen[])[]): { names: string[]; columns: Column[] } {
  const names: string[] = [];
  const columns: Column[] = [];
  // Server 1 reads its dealt words from its tape.
  const words = runs[0].some(({ what }) => what.startsWith('tape')) ? 'tape' : 'dealt';
  // The bits that are revealed are not random, but each share of them is.
  const wanted = new RegExp(`^(opened|half|share|${words}) `);
  for (const [at, { what, data, width }] of runs[0].entries()) {
    if (!wanted.test(what)) continue;
    // A packed entry's last byte may be filled up with zeros.
    const length = what.startsWith('tape') ? data.length - 1 : data.length;
    for (const element of new Set([0, (7 * at + 3) % Math.max(length, 1)])) {
      if (element >= length) continue;
      for (const bit of new Set([0, width >> 1, width - 1])) {
        const column = new Uint32Array(Math.ceil(runs.length / 32));
        runs.forEach((seen, i) => {
          column[i >> 5] |= Number((BigInt(seen[at].data[element]) >> BigInt(bit)) & 1n) << (i & 31);
        });
        names.push(`${what.replace(/ \d+\./, ' ')}[${element}] bit ${bit}`);
        columns.push(column);
      }
    }
  }
  return { names, columns };
}

const ones = (word: number): number => {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

/** Chi-square (one degree of freedom) of one bit over `n` runs being fair, beyond which it is not: 10^-9 a test, 10^-11 of millions. */
const UNFAIR = { few: 37.3, many: 46.3 };

/** Sums chi-squares of fair bits; each alone and all together must be plausible. */
class Fairness {
  problem: string | undefined;
  #sum = 0;
  #count = 0;

  constructor(private readonly unfair: number) {}

  /** Takes a bit that was set in so many of `n` runs; false where that is no chance. */
  add(set: number, n: number): boolean {
    const chi = (2 * set - n) ** 2 / n;
    this.#sum += chi;
    this.#count++;
    return chi <= this.unfair;
  }
  get result(): string | undefined {
    const excess = (this.#sum - this.#count) / Math.sqrt(2 * this.#count);
    return this.problem ?? (Math.abs(excess) < 6 ? undefined : `all bits together are off by ${excess} sigma`);
  }
}

/** The check `statistics` of a server's view over runs on one plaintext: single bits, pairs of bits, pairs of consecutive runs. */
function unfair(runs: readonly (readonly Seen[])[]): string | undefined {
  const n = runs.length;
  const { names, columns } = columnsOf(runs);
  const bound = columns.length < 1000 ? UNFAIR.few : UNFAIR.many;
  const [single, pairs, consecutive] = [new Fairness(UNFAIR.few), new Fairness(bound), new Fairness(bound)];
  const next = columns.map((column) => column.map((word, i) => (word >>> 1) | ((column[i + 1] ?? 0) << 31)));
  const last = ((1 << ((n - 1) & 31)) - 1) >>> 0; // runs divide by 32, the last has no next
  const words = columns[0].length;
  // Millions of pairs: nothing is allocated for one.
  for (let i = 0; i < columns.length; i++) {
    const a = columns[i];
    let alone = 0;
    for (let k = 0; k < words; k++) alone += ones(a[k]);
    if (!single.add(alone, n)) single.problem ??= `${names[i]}: ${alone} of ${n}`;
    for (let j = 0; j < columns.length; j++) {
      const b = columns[j];
      const c = next[j];
      let set = 0;
      let later = 0;
      if (i < j) for (let k = 0; k < words; k++) set += ones(a[k] ^ b[k]);
      for (let k = 0; k + 1 < words; k++) later += ones(a[k] ^ c[k]);
      later += ones((a[words - 1] ^ c[words - 1]) & last);
      if (i < j && !pairs.add(set, n)) pairs.problem ??= `${names[i]} and ${names[j]}: ${set} of ${n}`;
      if (!consecutive.add(later, n - 1))
        consecutive.problem ??= `${names[i]} and ${names[j]} in the next run: ${later} of ${n}`;
    }
  }
  return single.result ?? pairs.result ?? consecutive.result;
}

/** Views of `runs` runs on one plaintext: steps of one session, or first steps of sessions with other keys. */
function repeated(runs: number, sessions: boolean, mutation: Mutation, { small, steps }: Setting): Pair<Seen[][]> {
  const views: Pair<Seen[][]> = [[], []];
  let session = new Lockstep(small, keysOf(100), { kernels: mutation });
  for (let i = 0; i < runs; i++) {
    for (const { ids, position } of steps) session.step(small.embed(ids, position), position);
    session.views.forEach((view, server) => views[server].push(view.splice(0)));
    if (!sessions) continue;
    session.free();
    session = new Lockstep(small, keysOf(101 + i), { kernels: mutation });
  }
  session.free();
  return views;
}

function statistics(mutation: Mutation, runs: number, sessions = false, setting = dense): string | undefined {
  const [zero, one] = repeated(runs, sessions, mutation, setting);
  return unfair(zero) ?? unfair(one);
}

/** The check `differences`: an opened word less the same word of the run before, on one plaintext, is uniform: 16 cells a wire. */
function differences(mutation: Mutation, runs: number, { small, steps }: Setting = dense): string | undefined {
  const session = new Lockstep(small, keysOf(7), { kernels: mutation });
  for (let i = 0; i < runs; i++)
    for (const { ids, position } of steps) session.step(small.embed(ids, position), position);
  session.free();
  const opened = session.opened.filter(({ clear }) => !clear);
  const perRun = opened.length / runs;
  for (let wire = 0; wire < perRun; wire++) {
    const { at, width } = opened[wire];
    const shift = BigInt(Math.max(width - 4, 0));
    const cells = Array<number>(1 << Math.min(width, 4)).fill(0);
    let count = 0;
    // Every difference of two runs is used once.
    for (let i = 0; i + 1 < runs; i += 2) {
      const [one, other] = [opened[i * perRun + wire].m, opened[(i + 1) * perRun + wire].m];
      one.forEach((v, j) => (cells[Number(BigInt.asUintN(width, other[j] - v) >> shift)]++, count++));
    }
    const expected = count / cells.length;
    const chi = cells.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    // 15 degrees of freedom: 10^-7 a wire.
    if (chi > 62) return `differences of ${nameOf(at)}: chi-square ${chi} over ${cells.length} cells`;
  }
  return undefined;
}

/** The check `outputs`: given a server's share, the other's is as random as their zero share's key; the sum is always the same. */
async function outputs(mutation: Mutation, { small }: Setting = dense): Promise<string | undefined> {
  const runs = 64;
  const views: Pair<Seen[][]> = [[], []];
  const { kOut } = small.plan.final;
  const position = prefixLength(small.plan);
  const step = { x: small.embed([3, 7], position), position, outputs: 'all' as const };
  const sums = new Set<string>();
  for (let i = 0; i < runs; i++) {
    const { outputs } = await overLinks(small, { ...keysOf(7), servers: keyOf(8, i) }, [step, step], mutation);
    views.forEach((view, server) =>
      view.push(outputs.map((shares) => ({ what: 'opened by the client', data: shares[server], width: kOut }))),
    );
    sums.add(outputs.map(([a, b]) => small.kernels.joinWords(a, b, kOut).join()).join(';'));
  }
  return (sums.size === 1 ? undefined : `${sums.size} different sums`) ?? unfair(views[0]) ?? unfair(views[1]);
}

/** Rewrites nonces (step u32, layer u16, op u16, part u16) before any key stream is read. */
const nonces =
  (rewrite: (at: DataView) => void): Mutation =>
  (kernels) => {
    const other = (nonce: Uint8Array): Uint8Array => {
      const copy = nonce.slice();
      rewrite(new DataView(copy.buffer));
      return copy;
    };
    return {
      ...kernels,
      prgWords: (key, nonce, ...rest) => kernels.prgWords(key, other(nonce), ...rest),
      prgDealt: (key, nonce, ...rest) => kernels.prgDealt(key, other(nonce), ...rest),
      maskOf: (key0, key1, nonce, ...rest) => kernels.maskOf(key0, key1, other(nonce), ...rest),
      prgGather: (key, nonce, ...rest) => kernels.prgGather(key, other(nonce), ...rest),
      dealRemainder: (key, nonce, ...rest) => kernels.dealRemainder(key, other(nonce), ...rest),
    };
  };

/** Key streams that are all zeros where `zero` says so. */
const zeros =
  (zero: (at: DataView, key: Uint8Array, role: Role) => boolean): Mutation =>
  (kernels, role) => {
    const is = (key: Uint8Array, nonce: Uint8Array): boolean => zero(new DataView(nonce.slice().buffer), key, role);
    const words: Kernels['prgWords'] = (key, nonce, first, count, width) =>
      is(key, nonce) ? new BigUint64Array(count) : kernels.prgWords(key, nonce, first, count, width);
    return {
      ...kernels,
      prgWords: words,
      prgDealt: (key, nonce, count, width) => new kernels.Dealt(words(key, nonce, 0, count, width)),
      maskOf: (key0, key1, nonce, count, width, xor) => {
        const [a, b] = [key0, key1].map((key) => words(key, nonce, 0, count, width));
        return xor ? kernels.xorWords(a, b) : kernels.joinWords(a, b, width);
      },
      prgGather: (key, nonce, positions, width) =>
        is(key, nonce) ? new BigUint64Array(positions.length) : kernels.prgGather(key, nonce, positions, width),
      dealRemainder: (key, nonce, dealt, width, xor) =>
        is(key, nonce)
          ? kernels.packWords(kernels.maskWords(dealt.words(), width), width)
          : kernels.dealRemainder(key, nonce, dealt, width, xor),
    };
  };

const stepOf = (at: DataView): number => at.getUint32(0, true);
const layerOf = (at: DataView): number => at.getUint16(4, true);
const opOf = (at: DataView): number => at.getUint16(6, true);
const partOf = (at: DataView): number => at.getUint16(8, true);

/** Replaces a kernel at one server. */
const at =
  (where: Role, kernel: (kernels: Kernels) => Partial<Kernels>): Mutation =>
  (kernels, role) =>
    role === where ? { ...kernels, ...kernel(kernels) } : kernels;

/** `compareDigits` as docs/protocol.md says, with `G[-1]` (a constant 1 of server 0) as an argument. */
const digitsWith =
  (below: number): Mutation =>
  (kernels) => ({
    ...kernels,
    compareDigits: (party, m, thresholds, dealt, k, digits) => {
      const tables = dealt.words();
      const words = Math.ceil(digits.reduce((sum, w) => sum + 2 ** w, 0) / 64);
      const shares: bigint[] = [];
      m.forEach((word, element) => {
        const bit = (i: number): bigint => (tables[element * words + (i >> 6)] >> BigInt(i & 63)) & 1n;
        for (const threshold of thresholds) {
          let [shift, offset, share] = [k - 1, 0, 0n];
          digits.forEach((w, i) => {
            shift -= w;
            const a = Number(((word - threshold) >> BigInt(shift)) & BigInt(2 ** w - 1));
            const less = bit(offset + a);
            share |= less << BigInt(i);
            const before = a > 0 ? bit(offset + a - 1) : BigInt(party === 0 ? below : 0);
            if (i + 1 < digits.length) share |= (before ^ less) << BigInt(digits.length + i);
            offset += 2 ** w;
          });
          shares.push(share);
        }
      });
      return BigUint64Array.from(shares);
    },
  });

type Check =
  | 'values' | 'sets' | 'view of server 0' | 'view of server 1' | 'streams' | 'statistics' | 'differences' | 'outputs'; // prettier-ignore
const CHECKS: Record<
  Check,
  (mutation: Mutation, setting: Setting) => string | undefined | Promise<string | undefined>
> = {
  values,
  sets,
  'view of server 0': (mutation, setting) => views(0, mutation, setting),
  'view of server 1': (mutation, setting) => views(1, mutation, setting),
  streams,
  statistics: (mutation, setting) => statistics(mutation, 128 * setting.part, false, setting),
  differences: (mutation, setting) => differences(mutation, 128, setting),
  outputs,
};

/** Mutants and the checks that must catch each. Those marked `silent` compute the right output: only these checks can tell. */
const MUTANTS: {
  name: string;
  mutation: Mutation;
  caught: Check[];
  silent?: true;
  sparse?: true;
  ahead?: true;
  wide?: true;
  rotated?: true;
}[] = [
  {
    name: 'the shortened root has low bits of the mask of the root',
    mutation: nonces(
      (at) => opOf(at) === OP.v && partOf(at) === 2 && (at.setUint16(6, OP.rA, true), at.setUint16(8, 0, true)),
    ),
    caught: ['streams', 'statistics'],
    silent: true,
    rotated: true,
  },
  {
    name: 'two operations share a mask',
    mutation: nonces((at) => opOf(at) === OP.v && partOf(at) === 0 && at.setUint16(6, OP.qk, true)),
    caught: ['streams', 'statistics'],
    silent: true,
  },
  {
    name: 'the step is not in the nonce',
    mutation: nonces((at) => at.setUint32(0, 0, true)),
    caught: ['streams', 'statistics', 'differences'],
    silent: true,
  },
  {
    name: 'one wire has the same mask in every other step',
    mutation: nonces((at) => opOf(at) === OP.relu && at.setUint32(0, stepOf(at) & ~1, true)),
    caught: ['streams', 'differences'],
    silent: true,
  },
  {
    name: 'the layer is not in the nonce',
    mutation: nonces((at) => layerOf(at) !== 0xffff && at.setUint16(4, 0, true)),
    caught: ['streams'],
    silent: true,
  },
  {
    name: 'a truncated wire has low bits of another mask',
    mutation: nonces(
      (at) => opOf(at) === OP.x1 && partOf(at) === 2 && (at.setUint16(6, OP.o, true), at.setUint16(8, 0, true)),
    ),
    caught: ['streams', 'statistics'],
    silent: true,
  },
  {
    name: 'the dealt words are not masked',
    mutation: zeros((at) => partOf(at) > 0),
    caught: ['statistics'],
    silent: true,
  },
  {
    name: 'the dealt monomials alone are not masked',
    mutation: zeros((at) => partOf(at) === 4),
    caught: ['statistics'],
    silent: true,
  },
  {
    name: 'a wire is opened without the half of server 1',
    mutation: zeros((at, key) => opOf(at) === OP.x1 && partOf(at) === 0 && key[4] === 11),
    caught: ['statistics'],
    silent: true,
  },
  {
    name: 'server 1 forgets its half when it opens sums of exp',
    mutation: at('server1', (kernels) => ({
      openPacked: (share, half, width, xor) =>
        width === FIXED.z.width ? kernels.packWords(share, width) : kernels.openPacked(share, half, width, xor),
    })),
    caught: ['values', 'view of server 0'],
  },
  {
    name: 'server 0 plays server 1 in sums of squares',
    mutation: at('server0', ({ sumSquaresServer }) => ({
      sumSquaresServer: (_party, ...rest) => sumSquaresServer(1, ...rest),
    })),
    caught: ['values'],
  },
  {
    name: 'server 1 forgets its half of what windows of a norm add',
    mutation: (kernels) => ({
      ...kernels,
      windowSelect: (party, opened, m, half, ...rest) =>
        kernels.windowSelect(party, opened, m, party === 1 ? half.map(() => 0n) : half, ...rest),
    }),
    caught: ['values'],
    wide: true,
  },
  {
    name: 'server 0 plays server 1 in lifts',
    mutation: at('server0', ({ liftServer }) => ({ liftServer: (_party, ...rest) => liftServer(1, ...rest) })),
    caught: ['values'],
  },
  {
    name: 'server 1 plays server 0 in selections',
    mutation: at('server1', ({ selectLiftServer }) => ({
      selectLiftServer: (_party, ...rest) => selectLiftServer(0, ...rest),
    })),
    caught: ['values'],
  },
  {
    name: 'the zero share of the output is left out',
    mutation: zeros((at) => layerOf(at) === SMALL.layers && opOf(at) === FINAL_OP.hidden && partOf(at) === 0),
    caught: ['outputs'],
    silent: true,
  },
  {
    name: 'the zero share of the output is added by both servers',
    // Server 1 subtracts nowhere else.
    mutation: at('server1', ({ addWords }) => ({ subWords: addWords })),
    caught: ['outputs'],
  },
  {
    name: 'the table of signs has a 0 before its first entry',
    mutation: digitsWith(0),
    caught: ['values'],
  },
  {
    name: 'the table of longer signs has a 0 before its first entry',
    mutation: digitsWith(0),
    caught: ['values'],
    wide: true,
  },
  {
    name: 'a sparse product has the gamma of another',
    mutation: nonces((at) => opOf(at) === OP.x2 && partOf(at) === 1 && at.setUint16(6, OP.up, true)),
    caught: ['streams', 'statistics'],
    silent: true,
    sparse: true,
  },
  {
    name: 'a refilled key has the gamma of the step before',
    mutation: nonces((at) => opOf(at) === OP.raw && partOf(at) === 1 && at.setUint32(0, 0, true)),
    caught: ['streams', 'statistics'],
    silent: true,
    sparse: true,
  },
  {
    name: 'what is refilled beside the layer before has the gamma of its own products',
    mutation: nonces((at) => opOf(at) === OP.refillRaw && partOf(at) === 1 && at.setUint16(6, OP.raw, true)),
    caught: ['streams', 'statistics'],
    silent: true,
    ahead: true,
  },
  {
    name: 'the gamma of chosen neurons is not masked',
    mutation: zeros((at) => opOf(at) === OP.up && partOf(at) === 1),
    caught: ['statistics'],
    silent: true,
    sparse: true,
  },
  {
    name: 'the dealer deals no gamma for chosen neurons',
    mutation: at('dealer', ({ Dealt, dealRemainder }) => ({
      dealRemainder: (key, nonce, dealt, ...rest) => {
        const at = new DataView(nonce.slice().buffer);
        const gone = opOf(at) === OP.up && partOf(at) === 1;
        return dealRemainder(key, nonce, gone ? new Dealt(new BigUint64Array(dealt.length)) : dealt, ...rest);
      },
    })),
    caught: ['values'],
    sparse: true,
  },
  {
    name: 'the mask of scores takes no gamma in',
    // The dealer subtracts nowhere else.
    mutation: at('dealer', () => ({ subWords: (mask) => mask.slice() })),
    caught: ['sets'],
    sparse: true,
  },
  {
    name: 'scores are opened without the half of server 1',
    mutation: zeros((at, key) => opOf(at) === OP.predScore && partOf(at) === 0 && key[4] === 11),
    caught: ['statistics'],
    silent: true,
    sparse: true,
  },
  {
    name: 'bits are revealed under a mask',
    // A half of zeros is that of what is revealed.
    mutation: at('server0', ({ openPacked }) => ({
      openPacked: (share, half, width, xor) => {
        const revealed = xor && half.length > 0 && !half.some((word) => word > 0n);
        return openPacked(revealed ? share.map((bit, i) => bit ^ BigInt(i & 1)) : share, half, width, xor);
      },
    })),
    caught: ['sets'],
    sparse: true,
  },
  {
    name: 'the shares of revealed bits are not random',
    mutation: zeros((at) => opOf(at) === OP.predDigits && partOf(at) > 0),
    caught: ['statistics'],
    silent: true,
    sparse: true,
  },
  {
    name: 'the second section of a layer has the masks of the first step',
    mutation: nonces((at) => opOf(at) > OP.x1 && opOf(at) <= OP.x2 && at.setUint32(0, 0, true)),
    caught: ['streams', 'statistics', 'differences'],
    silent: true,
    sparse: true,
  },
];

test('the stand-in for compareDigits is right when it has a 1 before the first entry', () => {
  const [own, standIn] = [asIs, digitsWith(1)].map((kernels) => run(PROMPTS[0], { kernels }).session.opened);
  expect(standIn.map(({ m }) => m)).toEqual(own.map(({ m }) => m));
});

test('signs of small rows are longer in wide ranges', () => {
  for (const { plan } of [wide.world, wide.small])
    for (const layer of plan.layers) expect(layer.signDigits?.length).toBe(4);
});

test.each(MUTANTS)('caught: $name', async ({ mutation, caught, silent, ...kind }) => {
  const setting = kind.ahead ? ahead : kind.sparse ? sparse : kind.wide ? wide : kind.rotated ? rotated : dense;
  for (const check of caught)
    expect([check, await CHECKS[check](mutation, setting)]).toEqual([check, expect.any(String)]);
  if (!silent) return;
  expect(values(mutation, setting)).toBeUndefined();
  if (kind.sparse || kind.ahead) expect(sets(mutation, setting)).toBeUndefined();
});

const SETTINGS: [string, () => Setting][] = [
  ['dense', () => dense],
  ['sparse', () => sparse],
  ['exact', () => exact],
  ['tables-thin', () => tables],
  ['post-norm', () => postNorm],
  ['wide', () => wide],
  ['ahead', () => ahead],
  ['behind a prefix', () => behind],
  ['rotated', () => rotated],
];
/** What each reveals. */
const CLEAR: Record<string, number[]> = {
  dense: [],
  sparse: [OP.predBit],
  exact: [OP.signBit],
  'tables-thin': [],
  'post-norm': [],
  wide: [],
  ahead: [OP.predBit],
  'behind a prefix': [],
  rotated: [],
};

describe.each(SETTINGS)('%s steps', (mode, setting) => {
  test('a server sees fair and independent bits in the steps of a session, on one plaintext', () => {
    expect(statistics(asIs, 256 * setting().part, false, setting())).toBeUndefined();
  });

  test('a server sees fair and independent bits in many sessions, on one plaintext', () => {
    expect(statistics(asIs, 256 * setting().part, true, setting())).toBeUndefined();
  });

  test('the same wire in consecutive steps on one plaintext differs by uniform words', () => {
    expect(differences(asIs, 512 * setting().part, setting())).toBeUndefined();
  });

  test('the shares that the client gets are uniform, their sum does not change', async () => {
    expect(await outputs(asIs, setting())).toBeUndefined();
  });

  test('two prompts give different secrets and the right outputs', () => {
    const [a, b] = setting().prompts.map((ids) => run(ids, {}, 1, setting()).session.opened);
    expect(a.map(({ at }) => at)).toEqual(b.map(({ at }) => at));
    // Attention weights sum to one whatever the text: their check has the same bits. The prompts reveal the same sets.
    const text = a.map((opened, i) => [opened, b[i]] as const).filter(([{ at }]) => at.op !== OP.check);
    const same = text.filter(([one, other]) => equal(one.secret, other.secret)).map(([{ at }]) => at.op);
    expect([...new Set(same)]).toEqual(CLEAR[mode]);
    expect(values(asIs, setting())).toBeUndefined();
  });
});

describe.each([...SETTINGS, ['padded', () => padded] as const])('%s steps', (mode, setting) => {
  test('no key stream is read twice, and both ends of one read the same', async () => {
    expect(await streams(asIs, setting())).toBeUndefined();
  });

  test('the harness runs the program that the parties run', async () => {
    const { world, prompts } = setting();
    const [ids] = prompts;
    const first = prefixLength(world.plan);
    const steps = [
      { x: world.embed(ids.slice(0, 3), first), position: first, outputs: 'none' as const },
      { x: world.embed(ids.slice(3), first + 3), position: first + 3, outputs: 'last' as const },
    ];
    const { opened } = await overLinks(world, keysOf(1), steps);
    const { session } = run(ids, {}, 1, setting());
    // What goes beside is opened between other rounds, under the same addresses.
    const own = session.opened.filter(({ at }) => at.op !== OP.input).map(({ at, m }): Named => [nameOf(at), m]);
    const byName = ([a]: Named, [b]: Named): number => (a < b ? -1 : 1);
    expect(own.sort(byName)).toEqual(opened.sort(byName));
  });

  test.each([0, 1] as const)('the whole view of server %i is the same for two prompts', (i) => {
    expect(views(i, asIs, setting())).toBeUndefined();
    const others: Record<string, Setting> = { dense: biased, sparse: sparseBiased };
    if (others[mode]) expect(views(i, asIs, others[mode])).toBeUndefined();
  });
});

describe('a norm’s output that is lifted', () => {
  test('is one in wide streams of post-norm models', () => {
    for (const { plan } of [lifted.world, lifted.small]) {
      const widths = plan.layers.map(({ postNorm: p }) => [p?.kA, p?.kB]);
      expect(widths).toEqual([
        [undefined, expect.any(Number)],
        [expect.any(Number), expect.any(Number)],
      ]);
    }
  });

  test('has no key stream that is read twice', async () => {
    expect(await streams(asIs, lifted)).toBeUndefined();
  });

  test.each([0, 1] as const)('leaves the whole view of server %i the same for two prompts', (i) => {
    expect(views(i, asIs, lifted)).toBeUndefined();
  });

  test('caught: its lift has the mask of the product', async () => {
    const mutation = nonces((at) => opOf(at) === OP.nBLift && partOf(at) === 0 && at.setUint16(6, OP.nB, true));
    expect(await streams(mutation, lifted)).toEqual(expect.any(String));
  });
});

describe('what is revealed', () => {
  test.each([
    ['the predicted bits', [() => sparse, () => sparseBiased, () => ahead], OP.predBit],
    ['the signs of exact layers', [() => exact], OP.signBit],
    ['padded bits of neurons', [() => padded], OP.predBit],
    [
      'nothing of dense ones',
      [() => dense, () => biased, () => tables, () => postNorm, () => behind, () => wide, () => rotated],
      undefined,
    ],
  ])('is %s and nothing else, as they are to both servers', (_what, settings, op) => {
    for (const setting of settings.map((each) => each())) {
      const { plan } = setting.world;
      const { opened, views: seen } = run(setting.prompts[0], {}, 1, setting).session;
      const clear = opened.filter((wire) => wire.clear);
      expect(clear.map(({ at }) => [at.step, at.layer, at.op])).toEqual(
        op === undefined ? [] : [0, 1].flatMap((step) => plan.layers.map((_, layer) => [step, layer, op])),
      );
      for (const { m, secret, width, halves } of clear) {
        expect([m, width]).toEqual([secret, 1]);
        expect(halves.flatMap((half) => [...half]).some((word) => word !== 0n)).toBe(false);
      }
      // Whatever else is opened has a mask of both servers' halves.
      for (const { halves, m, width } of opened.filter((wire) => !wire.clear && wire.m.length * wire.width >= 64))
        for (const half of halves)
          expect([half.length, half.some((word) => word !== 0n), width > 0]).toEqual([m.length, true, true]);
      for (const view of seen)
        expect(view.filter(({ what }) => what.startsWith('revealed')).map(({ data }) => data)).toEqual(
          clear.map(({ m }) => m),
        );
    }
  });

  test('is what floats choose, in the order of the shuffle', () => {
    expect(sets(asIs)).toBeUndefined();
    expect(sets(asIs, sparseBiased)).toBeUndefined();
    const { world, prompts } = sparse;
    const { session } = run(prompts[0], {}, 1, sparse);
    // In another order these sets are wrong: the indices that the servers see are not the model's.
    const inputs: number[][][] = [];
    const found = setsOf(session, world, [3, 1]);
    world.forward(prompts[0], { inputs }, found);
    const plainOrder = world.orders.map(({ neurons, heads }) => ({
      neurons: neurons.map((_, i) => i),
      heads: heads.map((_, i) => i),
    }));
    const unshuffled = setsOf(session, { ...world, orders: plainOrder }, [3, 1]);
    expect(wrongChoices(choices(world.predictors!, inputs), unshuffled, toleranceOf(world.plan))).not.toEqual([]);
  });
});

describe('the constants of a prefix', () => {
  /** Both servers' file of them, provisioned so many times on one plaintext; a mutant's owner masks them otherwise. */
  async function provisioned(addPrg?: RingMatrix['addPrg']): Promise<Seen[][]> {
    const { kernels, plan } = behind.small;
    const { model, ranges } = randomModel(SMALL_SEED, { ...SMALL, prefix: plan.prefix });
    const { prototype } = kernels.RingMatrix as unknown as { prototype: Pick<RingMatrix, 'addPrg'> };
    const own = prototype.addPrg;
    if (addPrg) prototype.addPrg = addPrg;
    try {
      return Array.from({ length: 256 }, (_, i) => {
        const insecureSeeds = { seed0: keyOf(31, i), seed1: keyOf(32, i), order: keyOf(33) };
        const { tensors } = provision(kernels, 'prefix', model, ranges as never, { insecureSeeds });
        const words = [...tensors].filter(({ name }) => isPrefix(name)).map((tensor) => wordsOf(kernels, plan, tensor));
        return words.map((data, place): Seen => ({ what: `opened ${place}`, data, width: 30 }));
      });
    } finally {
      prototype.addPrg = own;
    }
  }

  test('are fair and independent bits in the file of a server', async () => {
    expect(unfair(await provisioned())).toBeUndefined();
  });

  test('caught: their mask is left out', async () => {
    const { prototype } = behind.small.kernels.RingMatrix as unknown as { prototype: Pick<RingMatrix, 'addPrg'> };
    const own = prototype.addPrg;
    const mutant = await provisioned(function (this: RingMatrix, key, at, negate) {
      if (opOf(new DataView(at.slice().buffer)) < TENSORS.indexOf('prefixKeys')) own.call(this, key, at, negate);
    });
    expect(unfair(mutant)).toEqual(expect.any(String));
  });

  /** Other keys and values under the same `F`: the half of their mask that this server does not know absorbs the difference. */
  test.each([0, 1] as const)('show server %i nothing', (i) => {
    const { world, prompts } = behind;
    const { kernels, servers, dealer } = world;
    const shifted = (words: Words): Words =>
      words.map((word, at) => BigInt.asUintN(30, word + BigInt(at % 97) * 1009n));
    const other: World = {
      ...world,
      servers: servers.map((server, party) =>
        party === i
          ? server
          : over(server, (layer, name) => ({
              ...server.prefix(layer, name),
              half: shifted(server.prefix(layer, name).half),
            })),
      ) as never,
      dealer: over(dealer, (layer, name) => shifted(dealer.prefix(layer, name))),
    };
    const first = run(prompts[0], {}, 1, behind);
    const opened = new Map(first.session.opened.map((wire) => [nameOf(wire.at), wire]));
    const tape = new Map(first.session.dealt.map((entry) => [nameOf(entry.at, entry.part), entry.remainder]));
    const halves = ({ at, secret, halves: own, xor, width }: Omit<OpenedWire, 'sent' | 'm'>): Pair<Words> => {
      const { m } = opened.get(nameOf(at))!;
      const rest = xor
        ? kernels.xorWords(kernels.xorWords(m, secret), own[i])
        : kernels.maskWords(kernels.subWords(kernels.subWords(m, secret), own[i]), width);
      return (i === 0 ? [own[0], rest] : [rest, own[1]]) as Pair<Words>;
    };
    const deal = ({ at, part }: DealtEntry): Uint8Array | undefined =>
      i === 1 ? tape.get(nameOf(at, part)) : undefined;
    const second = run(prompts[0], { halves, deal }, 1, { world: other });
    expect(different(first.session.views[i], second.session.views[i])).toBeUndefined();
    expect(second.hidden).not.toEqual(first.hidden);
  });
});

/** Weights whose cached constants are others. */
function over<T extends { prefix: (layer: number, name: PrefixName) => unknown }>(weights: T, prefix: T['prefix']): T {
  return new Proxy(weights, {
    get: (target, key) => {
      if (key === 'prefix') return prefix;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
