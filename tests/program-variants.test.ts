/** Variants of the program: each is the twin bit for bit, costs what the ledger says, and is what its name promises. */
import { priceStep } from '../ts/cost/planner.js';
import { FloatModel } from '../ts/plain/float.js';
import { EXP, expRange, type LayerPlan, productBits } from '../ts/plan/formats.js';
import type { StepShape } from '../ts/plan/step.js';
import { VARIANT_NAMES, type VariantName, VARIANTS } from '../ts/plan/variants.js';
import { parseManifest } from '../ts/provision/manifest.js';
import { fastest, type PricedVariant, priceVariant, reportOf } from '../ts/verify/candidates.js';
import { ledgerOf, type LedgerTotal } from '../ts/cost/ledger-of.js';
import { type PlanError, planError } from '../ts/verify/variant-error.js';
import { comparedWithTwin, rmsError } from './support/compare.js';
import { type Bench, countsOf, openClient, startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';

const DENSITY = { neurons: 0.4, heads: 0.6 };
const OTHERS = VARIANT_NAMES.filter((name) => name !== 'digits');

const benches = new Map<string, Promise<Bench>>();
/** Biased ones are dense or exact; the others have predictors. */
function benchOf(variant: VariantName, biased = false): Promise<Bench> {
  const key = `${variant} ${biased}`;
  const known = benches.get(key) ?? startBench(3, { ...TINY, biased }, DENSITY, 1, variant);
  benches.set(key, known);
  return known;
}

const planOf = async (variant: VariantName, biased = false) => (await benchOf(variant, biased)).owner.manifest.plan;

/** The cost of one layer's row at position 8. */
async function costOf(variant: VariantName, biased = false, modes?: string): Promise<LedgerTotal> {
  const plan = await planOf(variant, biased);
  const step: StepShape = { step: 0, rows: 1, position: 8, outputs: 'none', ...(modes && { sparse: true, modes }) };
  return ledgerOf(plan, [step], { cached: 8 });
}

describe.each(OTHERS)('%s', (variant) => {
  test.each([
    ['dense', false, {}],
    ['sparse', false, { sparse: true }],
    ['exact and padded', false, { sparse: true, modes: 'ep', constant: true }],
    ['biased', true, {}],
    ['biased, sparse and exact', true, { sparse: true, modes: 'pe' }],
  ])('%s: every opened wire is the twin’s', async (_name, biased, mode) => {
    const bench = await benchOf(variant, biased);
    const log = await comparedWithTwin(bench, bench.text(13), [9, 1, 1, 2], mode);
    expect([...log.differences, ...log.unopened]).toEqual([]);
    expect(log.equal).toBe(true);
    // A fused layer opens no unselected pre-activation: one wire fewer of its twenty.
    const { plan } = bench.owner.manifest;
    if (!('sparse' in mode)) expect(log.compared).toBe(4 * (2 * (plan.layers[0].fused ? 19 : 20) + 2));
  });

  test.each([false, true])('measured counts equal the ledger (biased: %s)', async (biased) => {
    const bench = await benchOf(variant, biased);
    const { client, served } = await openClient(bench);
    const steps = [5, 1, 2].map((rows, i) => ({
      rows,
      position: [0, 5, 6][i],
      outputs: 'all' as const,
      sparse: false,
    }));
    client.announce(steps);
    for (const { rows } of steps) await client.run(bench.text(rows));
    client.end();
    await served;
    const measured = countsOf(bench);
    const { rounds, onlineBytes, offlineBytes } = ledgerOf(
      bench.owner.manifest.plan,
      steps.map((step, i) => ({ ...step, step: i })),
    );
    expect(measured).toEqual([rounds, onlineBytes, offlineBytes]);
  });

  test('hidden states are near those of floats', async () => {
    const bench = await benchOf(variant);
    const { client, served } = await openClient(bench);
    const ids = bench.text(16);
    client.announce([{ rows: 16, position: 0, outputs: 'all', sparse: false }]);
    expect(rmsError(await client.run(ids), bench.forward(ids))).toBeLessThan(
      VARIANTS[variant].largeCells ? 0.02 : 0.01,
    );
    client.end();
    await served;
  });

  test('the manifest carries it', async () => {
    const { manifest } = (await benchOf(variant)).owner;
    expect(parseManifest(JSON.stringify(manifest), 'here')).toEqual(manifest);
  });
});

test('rounds: signs by table save one in every way to compute a layer', async () => {
  const rounds = async (biased: boolean, modes?: string): Promise<number[]> =>
    Promise.all(VARIANT_NAMES.map(async (name) => (await costOf(name, biased, modes)).rounds / TINY.layers));
  expect(VARIANT_NAMES).toEqual(['digits', 'fused', 'tables', 'thin', 'tables-thin']);
  expect(await rounds(false)).toEqual([15, 15, 14, 15, 14]);
  expect(await rounds(true)).toEqual([17, 17, 16, 17, 16]);
  expect(await rounds(false, 'pp')).toEqual([15, 15, 14, 15, 14]);
  expect(await rounds(false, 'ee')).toEqual([15, 15, 14, 15, 14]);
  expect(await rounds(true, 'ee')).toEqual([16, 16, 15, 16, 15]);
});

test('bytes: what each saves and pays', async () => {
  const plan = await planOf('digits');
  const { ffn, heads, layers } = plan.shape;
  const [digits, fused, tables, thin] = await Promise.all(
    (['digits', 'fused', 'tables', 'thin'] as const).map((name) => costOf(name)),
  );
  const packed = (count: number, width: number): number => Math.ceil((count * width) / 8);
  const all = (of: (layer: LayerPlan, wide: number) => number): number =>
    plan.layers.map((layer) => of(layer, plan.wx + layer.fUh)).reduce((a, b) => a + b);
  // The selected value is not opened, but r u is wide, and r with it; ten words and halves are dealt instead of four and five.
  const open = all((p, wide) => packed(ffn, p.kUh) + packed(ffn, plan.wx) + packed(1, p.kUh) - packed(ffn, wide) - packed(1, wide)); // prettier-ignore
  expect(digits.onlineBytes - fused.onlineBytes).toBe(2 * open);
  const table = ({ normB }: LayerPlan, width: number): number => packed(2 ** (normB.w + 1), width);
  const narrow = all((p) => packed(4 * ffn, p.kUh) + packed(5 * ffn, plan.wx) + table(p, p.kUh));
  const once = all((p, wide) => packed(10 * ffn, wide) + packed(ffn, plan.wx) + table(p, wide));
  expect(fused.offlineBytes - digits.offlineBytes).toBe(once - narrow);
  // 64 bytes of table instead of a word of 56 bits and one of 16; frames of one round fewer; no digits opened.
  expect(tables.offlineBytes - fused.offlineBytes).toBe(layers * (64 * ffn - 9 * ffn - 8));
  expect(fused.onlineBytes - tables.onlineBytes).toBe(layers * (2 * packed(ffn, 7) + 2 * 44));
  // Half of the entries of exp, for all 9 scores of a head.
  const saved = (await planOf('thin')).layers.map(
    ({ expCells, kO }) => packed(9 * heads * (expCells!.z === 17 ? 16 : 0), 60) + packed(9 * heads * 16, kO),
  );
  expect(digits.offlineBytes - thin.offlineBytes).toBe(saved.reduce((a, b) => a + b));
  expect(thin.onlineBytes).toBe(digits.onlineBytes);
});

test('the plan says what it is; one without a variant says nothing', async () => {
  const fields = ['fused', 'signTable', 'expCells'] as const;
  for (const biased of [false, true])
    for (const name of VARIANT_NAMES) {
      const layer = (await planOf(name, biased)).layers[0];
      const { fused, signTable, largeCells } = VARIANTS[name];
      expect(fields.map((field) => field in layer)).toEqual([fused && !biased, signTable, largeCells]);
      const { exp2, sV } = layer;
      // The bits of p v do not change: large cells take one more of each factor of p, and v gives them.
      const { exp2: other, sV: otherV } = (await planOf('digits', biased)).layers[0];
      expect([exp2.p - other.p, exp2.q - other.q, sV - otherV]).toEqual(largeCells ? [1, 1, -2] : [0, 0, 0]);
    }
  expect(EXP[17].z.p + EXP[17].z.q).toBe(EXP[16].z.p + EXP[16].z.q);
});

describe.each([16, 17] as const)('exp with cells of 2^%i', (cellBits) => {
  const { dtop } = EXP[cellBits].p;
  const scale = 2 ** 14;

  test('for p holds every s - ln Z, and a weight that is rounded to more than one', () => {
    const { low, high } = expRange(cellBits, dtop);
    // The lowest score less the largest ln Z; and far more than ln is ever off by.
    expect(low).toBeLessThanOrEqual((-64 - Math.log(2 ** 21)) * scale);
    expect(high).toBeGreaterThanOrEqual(scale);
  });

  test('gives p near one whatever the mask carries', async () => {
    const { kernels } = await benchOf('thin');
    const { exp2, kO } = (await planOf(cellBits === 17 ? 'thin' : 'digits')).layers[0];
    const cell = 2 ** cellBits;
    // The mask's place in its cell such that what is added to it stays there, just leaves, and anything between.
    const units = [-200, -1, 0, 1, 2, 60, 115, 1000];
    const places = [0, 1, 199, 200, cell / 2, ...units.filter((v) => v > 0).flatMap((v) => [cell - v - 1, cell - v])];
    const cells = Array.from({ length: 2 ** 21 / cell }, (_, i) => i * cell);
    const masks = BigUint64Array.from(cells.flatMap((from) => places.map((place) => BigInt(from + place))));
    for (const value of units) {
      const values = masks.map(() => BigInt.asUintN(21, BigInt(value)));
      const m = kernels.joinWords(values, masks, 21);
      const entries = kernels.expDealer(masks, 21, cellBits, exp2.q, dtop).words();
      const taken = BigUint64Array.from(kernels.expPositions(m, 21, cellBits), (at) => entries[at]);
      const found = kernels.plainReduce(kernels.expServer(m, taken, 21, cellBits, exp2.p), kO);
      expect(found).toEqual(
        kernels.plainReduce(kernels.plainExp(values, masks, 21, cellBits, exp2.p, exp2.q, dtop), kO),
      );
      for (const p of found)
        expect(Math.abs(Number(p) / 2 ** (exp2.p + exp2.q) - Math.exp(value / scale))).toBeLessThan(0.02);
    }
  });
});

test('a sign by table is wrong only within half a cell of zero', async () => {
  const bench = await benchOf('tables');
  const { kernels } = bench;
  const [width, bits, half] = [16, 10, 32];
  const values = BigUint64Array.from({ length: 2 ** 12 }, (_, i) => BigInt.asUintN(width, BigInt(i * 16 - 2 ** 15)));
  const mask = BigUint64Array.from(values, (_, i) => BigInt((i * 40503) % 2 ** width));
  const m = kernels.joinWords(values, mask, width);
  const positions = kernels.signPositions(m, width, bits);
  const tables = kernels.signDealer(mask, width, bits).words();
  const none = new BigUint64Array(values.length);
  const share = kernels.signServer(
    0,
    m,
    BigUint64Array.from(positions, (at) => tables[at]),
    width,
    bits,
  );
  const signs = kernels.xorWords(share, kernels.signServer(1, m, none, width, bits));
  const wrong = [...values].filter((value, i) => {
    const v = Number(BigInt.asIntN(width, value));
    return (signs[i] === 1n) !== v >= 0 && Math.abs(v) < 2 ** 15 - half;
  });
  expect(wrong.length).toBeGreaterThan(0);
  for (const value of wrong) expect(Math.abs(Number(BigInt.asIntN(width, value)))).toBeLessThan(half);
});

describe('the choice between them', () => {
  const DENSITIES = Array.from({ length: TINY.layers }, () => ({ predicted: 0.1, active: 0.08, heads: 0.6 }));
  const step = { step: 0, rows: 1, position: 40, outputs: 'none' } as const;
  const machine = {
    macsPerSecond: 1e9,
    narrowMacsPerSecond: 2e9,
    secondsPerRound: 1e-3,
    secondsPerByte: 1e-10,
    parallel: 3,
  };
  const error = (crossEntropyChange: number) => ({ tokens: 1, rms: 0, crossEntropyChange });

  async function chosen(
    link: { oneWaySeconds: number; bytesPerSecond: number },
    losses: Partial<Record<VariantName, number>> = {},
  ) {
    const priced: PricedVariant[] = [];
    for (const variant of VARIANT_NAMES) {
      const candidate = { variant, plan: await planOf(variant), error: error(losses[variant] ?? 0) };
      priced.push(priceVariant(candidate, DENSITIES, step, { ...machine, ...link }));
    }
    return { priced, best: fastest(priced, 0.01) };
  }

  test('far away rounds decide, on a thin link the dealer’s bytes, and errors exclude', async () => {
    const far = { oneWaySeconds: 0.05, bytesPerSecond: 1e9 };
    expect((await chosen(far)).best.variant).toMatch(/^tables/);
    const thin = { oneWaySeconds: 0, bytesPerSecond: 1e5 };
    expect((await chosen(thin)).best.variant).toBe('thin');
    expect((await chosen(thin, { thin: 0.02 })).best.variant).not.toBe('thin');
    const none = Object.fromEntries(VARIANT_NAMES.map((name) => [name, 1]));
    expect((await chosen(far, none)).best.variant).toBe('digits');
  });

  test('products in words of 32 bits, those of qkv and up, are priced at their own speed', async () => {
    const plan = await planOf('digits');
    const { width, ffn, layers } = plan.shape;
    expect(plan.layers.flatMap((_, i) => ['qkv', 'up', 'o', 'down'].map((name) => productBits(plan, i, name)))).toEqual(
      plan.layers.flatMap(() => [32, 32, 48, 48]),
    );
    const narrow = 5 * layers * width * (3 * width + ffn);
    const link = { oneWaySeconds: 0, bytesPerSecond: Infinity };
    const [slow, fast] = [1e9, 4e9].map(
      (narrowMacsPerSecond) =>
        priceStep(plan, DENSITIES, step, { ...machine, narrowMacsPerSecond, ...link }).seconds * machine.parallel,
    );
    expect(slow - fast).toBeCloseTo(narrow / 1e9 - narrow / 4e9, 9);
  });

  test('a report has the ledger’s counts', async () => {
    const { priced } = await chosen({ oneWaySeconds: 0.01, bytesPerSecond: 1e7 });
    for (const one of priced) {
      const { dense, variant } = reportOf(one);
      const { rounds, onlineBytes, offlineBytes } = ledgerOf(await planOf(variant), [step], { cached: step.position });
      expect(dense).toMatchObject({ rounds, onlineBytes, offlineBytes });
    }
  });

  test('the error is that of the plan, measured: larger cells, larger error', async () => {
    const { kernels, model } = await benchOf('digits');
    const float = new FloatModel(kernels, model as never);
    const ids = Array.from({ length: 60 }, (_, i) => (i * 7 + 3) % TINY.vocab);
    const errors = new Map<VariantName, PlanError>();
    for (const variant of VARIANT_NAMES) {
      const { owner } = await benchOf(variant);
      errors.set(variant, await planError(kernels, { plan: owner.manifest.plan, model: owner.model }, float, ids));
    }
    for (const { tokens, rms, crossEntropyChange } of errors.values()) {
      expect(tokens).toBe(60);
      expect(rms).toBeGreaterThan(1e-4);
      expect(rms).toBeLessThan(0.03);
      expect(Math.abs(crossEntropyChange)).toBeLessThan(0.01);
    }
    expect(errors.get('thin')!.rms).toBeGreaterThan(errors.get('digits')!.rms);
    await expect(
      planError(kernels, { plan: await planOf('digits'), model } as never, float, [1]),
    ).rejects.toMatchObject({
      code: 'E_ARGUMENT',
    });
  });
});
