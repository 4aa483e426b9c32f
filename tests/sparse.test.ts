/** Sparse steps: the twin's wires bit for bit, whatever is active; values, sets and counts of what is left out. */
import { checkRules } from '../ts/client/mode-rules.js';
import { OP } from '../ts/core/address.js';
import type { WalkOptions } from '../ts/cost/walk.js';
import { chances, countBits, PADDING } from '../ts/gates/padding.js';
import type { AnnouncedStep } from '../ts/plan/announced-step.js';
import type { Plan } from '../ts/plan/formats.js';
import { ledgerOf, type LedgerTotal } from '../ts/cost/ledger-of.js';
import { type Compared, comparedWithTwin, rmsError } from './support/compare.js';
import { type Bench, openClient, startBench } from './support/parties.js';
import { lcg, TINY } from './support/random-model.js';
import type { Density } from './support/random-predictors.js';
import { choices, type Opened, refills, Sets, toleranceOf, wrongChoices } from './support/sets.js';

const THREE = { ...TINY, layers: 3 };
const SOME: Density = { neurons: 0.3, heads: 0.5 };

let bench: Bench;
let biased: Bench;
beforeAll(async () => {
  bench = await startBench(5, THREE, SOME);
  biased = await startBench(6, { ...THREE, biased: true }, SOME);
});

const step = (rows: number, position: number, more: Partial<AnnouncedStep> = {}): AnnouncedStep => ({
  rows,
  position,
  outputs: 'all',
  sparse: true,
  prefetch: 2,
  ...more,
});
/** Steps of so many rows, one after the other. */
const inOrder = (...rows: readonly number[]): AnnouncedStep[] => {
  let position = 0;
  return rows.map((count) => step(count, (position += count) - count));
};

/** What a session computed. */
interface Ran {
  /** Hidden states of the rows that were last at each position. */
  readonly hidden: Float32Array[];
  readonly sets: Sets;
  /** The bits of each step, layer by layer. */
  readonly revealed: readonly (readonly Opened[])[];
  readonly ids: readonly number[];
}

/** Runs steps on random text in one session; a step that goes back changes the text from there on. */
async function run(on: Bench, steps: readonly AnnouncedStep[]): Promise<Ran> {
  const { shape } = on.owner.manifest.plan;
  const { client, served } = await openClient(on, {}, { prefetch: 'none' });
  const ids: number[] = [];
  const hidden: Float32Array[] = [];
  client.announce(steps);
  for (const { rows, position } of steps) {
    ids.length = hidden.length = position;
    ids.push(...on.text(rows));
    const states = await client.run(ids.slice(position));
    for (let at = 0; at < states.length; at += shape.width) hidden.push(states.slice(at, at + shape.width));
  }
  client.end();
  await served;
  const [opened, theirs] = [on.parties.parties.server0, on.parties.parties.server1].map((party) => party.counts());
  expect(theirs.revealed).toEqual(opened.revealed);
  const left = [...opened.revealed];
  const sets = new Sets(shape, on.orders);
  const revealed = steps.map(({ rows, position, sparse = true, modes = 'p'.repeat(shape.layers), constant }) => {
    const letters = [...(sparse ? modes : '')]
      .map((letter, layer) => ({ letter, layer }))
      .filter(({ letter }) => letter !== 'd');
    const own = left.splice(0, letters.length);
    expect(own.map(({ layer, op }) => [layer, op])).toEqual(
      letters.map(({ letter, layer }) => [layer, letter === 'p' ? OP.predBit : OP.signBit]),
    );
    sets.add(position, rows, own, constant ? on.owner.manifest.plan : undefined);
    return own;
  });
  expect(left).toEqual([]);
  return { hidden, sets, revealed, ids };
}

/** Hidden states are those of floats that leave out the same, and what is left out is what floats would leave out. */
async function expectFloats(on: Bench, steps: readonly AnnouncedStep[]): Promise<Ran> {
  const ran = await run(on, steps);
  const inputs: number[][][] = [];
  const activations: number[][][] = [];
  const reference = on.forward(ran.ids, { inputs, activations }, ran.sets);
  for (const [at, row] of ran.hidden.entries()) expect(rmsError(row, [reference[at]])).toBeLessThan(0.015);
  expect(rmsError(Float32Array.from(ran.hidden.flatMap((row) => [...row])), reference)).toBeLessThan(0.01);
  /** How the step that was last at a position computed a layer. */
  const mode = (at: number, layer: number): string => {
    const last = [...steps].reverse().find(({ position, rows }) => at >= position && at < position + rows)!;
    return last.sparse === false ? 'd' : (last.modes?.[layer] ?? 'p');
  };
  const chosen = choices(on.predictors!, inputs).filter(
    ({ position, layer, neurons }) => mode(position, neurons ? layer : layer - 1) === 'p',
  );
  expect(wrongChoices(chosen, ran.sets, toleranceOf(on.owner.manifest.plan))).toEqual([]);
  for (const [layer, rows] of activations.entries())
    for (const [at, row] of rows.entries())
      for (const [neuron, value] of row.entries()) {
        const isExact = mode(at, layer) === 'e';
        if (Math.abs(value) < 0.05 && isExact) continue;
        const expected = isExact ? value > 0 : undefined;
        expect([layer, at, neuron, ran.sets.sign(layer, at, neuron)]).toEqual([layer, at, neuron, expected]);
      }
  return ran;
}

const distance = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number =>
  rmsError(Float32Array.from(a.flat()), b);

test.each<Density>([SOME, { neurons: 0, heads: 0 }, { neurons: 1, heads: 1 }, { neurons: 0.1, heads: 0.3 }])(
  'wires equal the twin with %o active',
  async (density) => {
    const other = await startBench(5, THREE, density);
    const log = await comparedWithTwin(other, other.text(24), [9, 1, 1, 10, 1, 1, 1], { sparse: true });
    expect(log.differences).toEqual([]);
    expect(log.equal).toBe(true);
    // 20 of a layer and four of its predictor, two of the final norm. The bits are a wire that only the twin has under no mask.
    expect(log.compared).toBe(7 * (3 * (20 + 4) + 2));
  },
);

test('wires equal the twin with biases', async () => {
  const log = await comparedWithTwin(biased, biased.text(12), [6, 1, 3, 1, 1], { sparse: true });
  expect(log.differences).toEqual([]);
  expect(log.equal).toBe(true);
});

describe('what the cache lacks is computed', () => {
  const ways: readonly [string, Compared][] = [
    ['while the layer before is', { prefetch: 0 }],
    ['with what may be needed soon', { prefetch: 5 }],
    ['in rounds of its own', { apart: true }],
    ['before inputs are dropped', { keep: 3 }],
    ['ahead, before inputs are dropped', { prefetch: 2, keep: 0 }],
  ];
  test.each(ways.flatMap(([way, rules]) => [false, true].map((biases) => [way, biases, rules] as const)))(
    '%s, biases: %s: wires equal the twin',
    async (_way, biases, rules) => {
      const on = biases ? biased : bench;
      const [ids, rows] = [on.text(24), [9, 1, 1, 7, 1, 1, 1, 1, 1, 1]];
      const log = await comparedWithTwin(on, ids, rows, { sparse: true, ...rules });
      expect(log.differences).toEqual([]);
      expect(log.equal).toBe(true);
      // No round more or less, whatever goes beside.
      const { opening, refill } = on.parties.parties.server0.counts().links.server1.sent;
      expect(opening.frames).toBe(rows.length * (3 * (biases ? 17 : 15) + 2));
      expect(refill.frames > 0).toBe(rules.apart === true || rules.prefetch !== undefined);
    },
  );

  test('with modes of their own, where only some layers predict', async () => {
    const four = await startBench(5, { ...TINY, layers: 4 }, { neurons: 0.3, heads: 0.6 });
    for (const modes of ['pedp', 'ppep', 'dppp']) {
      const log = await comparedWithTwin(four, four.text(14), [9, 1, 3, 1], { sparse: true, modes, prefetch: 3 });
      expect(log.differences).toEqual([]);
      expect(log.equal).toBe(true);
    }
  });
});

test('one unit in a predictor’s wire is noticed', async () => {
  let seen = 0;
  const log = await comparedWithTwin(bench, bench.text(3), [3], {
    sparse: true,
    tamper: (values) => {
      if (++seen === 5) values[0] ^= 1n;
    },
  });
  expect(log.equal).toBe(false);
  expect(log.differences).toHaveLength(1);
});

test('dense steps of a model with predictors equal the twin', async () => {
  const log = await comparedWithTwin(bench, bench.text(24), [9, 1, 14]);
  expect(log.differences).toEqual([]);
  expect(log.compared).toBe(3 * (3 * 20 + 2));
});

describe('hidden states are those of floats that leave out the same', () => {
  test('while later tokens refill what earlier ones left out', async () => {
    const steps = inOrder(9, 1, 1, 6, 1, 1, 1, 1);
    const { ids, sets } = await expectFloats(bench, steps);
    const filled = refills(bench.owner.manifest.plan.shape, sets, steps);
    expect(filled[0]).toBe(0);
    expect(filled.slice(1).filter((count) => count > 0).length).toBeGreaterThan(2);
    // What is left out makes a difference, so another set would be noticed.
    const [all, some] = [bench.forward(ids), bench.forward(ids, undefined, sets)];
    expect(distance(some, all)).toBeGreaterThan(0.1);
    const others = {
      neuron: sets.neuron,
      head: (layer: number, at: number, head: number) => sets.head(layer, at, (head + 1) % 4),
    };
    expect(distance(bench.forward(ids, undefined, others), some)).toBeGreaterThan(0.05);
    const { neurons, heads } = sets.count();
    expect(neurons / (3 * 64 * ids.length)).toBeCloseTo(0.3, 0);
    expect(heads / (2 * 4 * ids.length)).toBeCloseTo(0.5, 0);
  });

  test('with biases', async () => {
    const steps = inOrder(7, 1, 3, 1, 1);
    const { sets } = await expectFloats(biased, steps);
    expect(Math.max(...refills(biased.owner.manifest.plan.shape, sets, steps))).toBeGreaterThan(0);
  });

  test('where a step goes back to an earlier position', async () => {
    const steps = [step(8, 0), step(1, 8), step(1, 9), step(4, 5), step(1, 9), step(1, 3), step(2, 4)];
    const { sets } = await expectFloats(bench, steps);
    expect(refills(bench.owner.manifest.plan.shape, sets, steps).at(-1)).toBeGreaterThan(0);
  });

  test('where a dense step comes in between', async () => {
    const steps = [step(5, 0), step(1, 5), step(2, 6, { sparse: false }), step(1, 8), step(1, 9)];
    const { sets } = await expectFloats(bench, steps);
    expect(refills(bench.owner.manifest.plan.shape, sets, steps)[2]).toBeGreaterThan(0);
  });

  test.each<[string, Density, { neurons: number; heads: number }]>([
    ['nothing', { neurons: 0, heads: 0 }, { neurons: 0, heads: 0 }],
    ['no head', { neurons: 0.4, heads: 0, fixed: 'neurons' }, { neurons: NaN, heads: 0 }],
    ['no neuron of layer 1', { ...SOME, layers: { 1: { neurons: 0, heads: 0.5 } } }, { neurons: NaN, heads: NaN }],
    ['no head of layer 1', { ...SOME, layers: { 0: { neurons: 0.3, heads: 0 } } }, { neurons: NaN, heads: NaN }],
  ])('where %s is active', async (_what, density, counts) => {
    const other = await startBench(7, THREE, density);
    const { sets, ids } = await expectFloats(other, inOrder(5, 1, 1, 2));
    const found = sets.count();
    for (const kind of ['neurons', 'heads'] as const)
      if (!Number.isNaN(counts[kind])) expect([kind, found[kind]]).toEqual([kind, counts[kind]]);
    if (density.layers?.[1])
      for (const at of ids.keys()) expect(range(64).some((j) => sets.neuron(1, at, j))).toBe(false);
    if (density.layers?.[0]) for (const at of ids.keys()) expect(range(4).some((h) => sets.head(1, at, h))).toBe(false);
  });

  test.each([
    ['', () => bench],
    [', with biases', () => biased],
  ])('where layers have modes of their own%s', async (_what, on) => {
    const steps = inOrder(6, 1, 1, 3, 1).map((each, i) => ({ ...each, modes: ['pep', 'epd', 'ppe', 'eee', 'dpe'][i] }));
    const { sets } = await expectFloats(on(), steps);
    expect(Math.max(...refills(on().owner.manifest.plan.shape, sets, steps))).toBeGreaterThan(0);
  });

  test('where all layers are exact: those of the dense model', async () => {
    const { hidden, ids } = await expectFloats(
      bench,
      inOrder(5, 1).map((each) => ({ ...each, modes: 'eee' })),
    );
    expect(rmsError(Float32Array.from(hidden.flatMap((row) => [...row])), bench.forward(ids))).toBeLessThan(0.01);
  });

  test('where everything is active: those of the dense model', async () => {
    const other = await startBench(7, THREE, { neurons: 1, heads: 1 });
    const { hidden, ids } = await expectFloats(other, inOrder(5, 1, 1));
    const whole = Float32Array.from(hidden.flatMap((row) => [...row]));
    expect(rmsError(whole, other.forward(ids))).toBeLessThan(0.01);
  });
});
const range = (count: number): number[] => [...Array(count).keys()];

/** What a ledger is told: the revealed bits, step by step. */
const walked = (revealed: Ran['revealed']): WalkOptions => ({
  revealed: ({ step: number, layer }) => {
    const { bits } = revealed[number].find((each) => each.layer === layer)!;
    return BigUint64Array.from(bits as Uint8Array, BigInt);
  },
});

const bytesOf = (sent: Readonly<Record<string, { readonly bytes: number }>>, kinds: readonly string[]) =>
  Object.fromEntries(kinds.map((kind) => [kind, sent[kind].bytes]));

/** What the parties of the latest session counted. */
function measured({ parties: { parties } }: Bench): LedgerTotal {
  const [s0, s1, d] = [parties.server0, parties.server1, parties.dealer].map((party) => party.counts());
  const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((x, y) => x + y, 0);
  const toDealer = [s0, s1].flatMap(({ links: { dealer } }) => [dealer.sent.credit.bytes, dealer.sent.reveal.bytes]);
  return {
    rounds: s0.links.server1.sent.opening.frames,
    onlineBytes:
      sum(bytesOf(s0.links.server1.sent, ['opening', 'refill'])) +
      sum(bytesOf(s1.links.server0.sent, ['opening', 'refill'])) +
      toDealer.reduce((total, bytes) => total + bytes, 0),
    offlineBytes: d.links.server1.sent.tape.bytes + d.links.server0.sent.tape.bytes,
    macs: sum(s0.macs) + sum(s1.macs) + sum(d.macs),
  };
}

test.each([
  ['', () => bench],
  [', with biases', () => biased],
])('measured rounds, bytes and multiply-accumulates equal the ledger on random sessions%s', async (_what, on) => {
  const random = lcg(11);
  const upTo = (n: number): number => 1 + Math.floor(random() * n);
  const { plan } = on().owner.manifest;
  for (let session = 0; session < 6; session++) {
    const steps: AnnouncedStep[] = [];
    for (let position = 0; steps.length < 4;) {
      // Eight and more have a section of the tape for each round.
      const rows = random() < 0.3 ? 6 + upTo(4) : upTo(6);
      const outputs = (['none', 'last', 'all'] as const)[upTo(3) - 1];
      const modes = random() < 0.4 ? Array.from({ length: 3 }, () => 'dpe'[upTo(3) - 1]).join('') : undefined;
      const constant = modes === undefined && random() < 0.3;
      const rules = [
        { prefetch: undefined },
        { prefetch: 0 },
        { prefetch: 3, keep: 2 },
        { prefetch: undefined, apart: true },
      ];
      steps.push(step(rows, position, { outputs, sparse: random() < 0.9, modes, constant, ...rules[upTo(4) - 1] }));
      position = random() < 0.25 ? Math.max(0, position - 1) : position + rows;
    }
    const { revealed } = await run(on(), steps);
    const numbered = steps.map((each, i) => ({ ...each, step: i }));
    expect(measured(on())).toEqual(ledgerOf(plan, numbered, walked(revealed)));
    // Frames of each layer, too: two sections and two reveals where it is sparse. Of many rows all rounds but the last have one, in a layer
    // whose neurons are told the attention's and one for what comes after.
    const { server0, server1, dealer } = on().parties.parties;
    for (const [layer, { bias }] of plan.layers.entries()) {
      const own = revealed.flat().filter((each) => each.layer === layer);
      const sparse = own.length;
      const many = steps.flatMap(({ rows }, i) =>
        rows >= 8 ? [revealed[i].some((each) => each.layer === layer)] : [],
      );
      const more = many.map((told) => (told ? 9 : (bias ? 17 : 15) - 2)).reduce((sum, count) => sum + count, 0);
      const isExact = own.filter(({ op }) => op === OP.signBit).length;
      const [s0, s1, d] = [server0, server1, dealer].map((party) => party.counts().layers[layer]);
      expect([s0.dealer.sent.reveal.frames, s1.dealer.sent.reveal.frames, d.server1.sent.tape.frames]).toEqual([
        sparse,
        sparse,
        // A section and three exchanges of refills.
        steps.length + sparse + more + s0.server1.sent.refill.frames / 3,
      ]);
      // An exact layer with biases takes one round less.
      expect(s0.server1.sent.opening.frames).toBe(steps.length * (bias ? 17 : 15) - (bias ? isExact : 0));
    }
  }
});

test('a ledger that is told other sets says other counts', async () => {
  const steps = inOrder(4, 1, 1);
  const { revealed } = await run(bench, steps);
  const { plan } = bench.owner.manifest;
  const numbered = steps.map((each, i) => ({ ...each, step: i }));
  const counts = measured(bench);
  expect(ledgerOf(plan, numbered, walked(revealed))).toEqual(counts);
  for (const index of [0, plan.shape.ffn]) {
    const other = revealed.map((layers) =>
      layers.map((each) => ({ ...each, bits: Uint8Array.from(each.bits as Uint8Array) })),
    );
    other[1][1].bits[index] ^= 1;
    const ledger = ledgerOf(plan, numbered, walked(other));
    expect(ledger.rounds).toBe(counts.rounds);
    for (const field of ['onlineBytes', 'offlineBytes', 'macs'] as const) expect(ledger[field]).not.toBe(counts[field]);
  }
});

test.each([
  ['15', 15, () => bench],
  ['17 with biases', 17, () => biased],
])('a sparse layer takes %s rounds, as a dense one, whatever is active', (_what, rounds, on) => {
  const { plan } = on().owner.manifest;
  const { layers } = plan.shape;
  const bits = (bit: bigint): WalkOptions => ({
    cached: 32,
    revealed: (_at, count) => new BigUint64Array(count).fill(bit),
  });
  for (const rows of [1, 8])
    for (const options of [bits(0n), bits(1n), { cached: 32 }])
      for (const sparse of [true, false]) {
        const shape = { step: 0, rows, position: 32, outputs: 'none' as const, sparse };
        expect(ledgerOf(plan, [shape], options).rounds).toBe(rounds * layers);
      }
});

test('without bits a ledger says the most that a step can cost', async () => {
  const steps = inOrder(5, 1, 2);
  const { revealed } = await run(bench, steps);
  const numbered = steps.map((each, i) => ({ ...each, step: i }));
  const { plan } = bench.owner.manifest;
  const [found, most] = [ledgerOf(plan, numbered, walked(revealed)), ledgerOf(plan, numbered)];
  for (const field of ['onlineBytes', 'offlineBytes', 'macs'] as const) expect(found[field]).toBeLessThan(most[field]);
});

test.each([false, true])('layers in modes of their own equal the twin; biases: %s', async (biased) => {
  const bench = await startBench(5, { ...TINY, layers: 4, biased }, { neurons: 0.3, heads: 0.6 });
  const log = await comparedWithTwin(bench, bench.text(14), [9, 1, 3, 1], { sparse: true, modes: 'pedp' });
  expect(log.differences).toEqual([]);
  expect(log.equal).toBe(true);
});

test.each([
  { neurons: 0.05, heads: 0.2 },
  { neurons: 0.6, heads: 0.9 },
])('with a constant budget every row computes as much, and wires equal the twin: %o active', async (density) => {
  const bench = await startBench(5, { ...TINY, layers: 3 }, density);
  const log = await comparedWithTwin(bench, bench.text(12), [7, 1, 1, 3], { sparse: true, constant: true });
  expect(log.differences).toEqual([]);
  const { server0 } = bench.parties.parties;
  const sent = server0.counts().layers.map(({ server1 }) => server1.sent.opening.bytes);
  // The same text again, and another one, in sessions of their own: sizes of frames do not tell them apart.
  for (const ids of [bench.text(12), bench.text(24).slice(12)]) {
    await comparedWithTwin(bench, ids, [7, 1, 1, 3], { sparse: true, constant: true });
    const again = server0.counts().layers.map(({ server1 }) => server1.sent.opening.bytes);
    expect(again).toEqual(sent);
  }
});

test('with a constant budget what is opened does not follow how many neurons are active', async () => {
  const [layers, budget, ffn] = [3, 20, 64];
  const bench = await startBench(5, { ...TINY, layers }, { neurons: 0.15, heads: 1 });
  const steps = inOrder(8, 8, 8, 8).map((each) => ({ ...each, constant: true }));
  const { revealed, ids, sets, hidden } = await run(bench, steps);
  const inputs: number[][][] = [];
  const reference = bench.forward(ids, { inputs }, sets);
  // What is computed beyond what was active is computed right.
  for (const [at, row] of hidden.entries()) expect(rmsError(row, [reference[at]])).toBeLessThan(0.015);
  const active = Array.from({ length: layers }, () => ids.map(() => new Set<number>()));
  for (const { neurons, layer, position, index, margin } of choices(bench.predictors!, inputs))
    if (neurons && margin > 0) active[layer][position].add(index);
  const points = revealed.flatMap((own, step) =>
    own.flatMap(({ layer, bits }) =>
      range(8).map((row) => ({
        active: active[layer][8 * step + row].size,
        opened: range(ffn).filter((i) => Number(bits[row * ffn + i]) === 1).length,
      })),
    ),
  );
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map((point) => point.active)), mean(points.map((point) => point.opened))];
  const slope =
    mean(points.map((point) => (point.active - x) * (point.opened - y))) /
    mean(points.map((point) => (point.active - x) ** 2));
  expect(x).toBeLessThan(15);
  // 96 rows of a deviation of 3.5 each.
  expect(Math.abs(y - budget)).toBeLessThan(1.4);
  expect(Math.abs(slope)).toBeLessThan(0.4);
  // Scores near their threshold may be decided otherwise.
  for (const [layer, rows] of active.entries())
    for (const [at, set] of rows.entries())
      expect([...set].filter((neuron) => !sets.neuron(layer, at, neuron)).length).toBeLessThan(2);
});

test('a budget of no neurons is one', () => {
  const { plan } = bench.owner.manifest;
  const withBudget = (budget?: number): Plan => ({
    ...plan,
    layers: plan.layers.map((layer) => ({ ...layer, predictor: { ...layer.predictor!, budget } })),
  });
  expect(() => checkRules(withBudget(0), { budget: 'constant' })).not.toThrow();
  expect(() => checkRules(withBudget(), { budget: 'constant' })).toThrow('have no budgets');
});

test('chances bring every number of active neurons to one mean', () => {
  for (const [ffn, wanted] of [
    [64, 20],
    [1536, 500],
    [3072, 3072],
    [3072, 0],
  ]) {
    const table = chances(ffn, wanted);
    expect(table.length).toBe(2 ** countBits(ffn));
    for (const [active, chance] of table.entries()) {
      const mean = active + ((ffn - active) * Number(chance)) / 2 ** PADDING.bits;
      if (active > wanted) expect(chance).toBe(0n);
      else expect(Math.abs(mean - wanted)).toBeLessThanOrEqual(1 + ffn / 2 ** PADDING.bits);
    }
  }
});
