/** Feed-forward halves other than OPT's: each kind is the twin bit for bit, near floats, and costs what the ledger says. */
import { checkRules } from '../ts/client/mode-rules.js';
import { ledgerOf } from '../ts/cost/ledger-of.js';
import type { Activation } from '../ts/plan/activation.js';
import type { VariantName } from '../ts/plan/variants.js';
import { parseManifest } from '../ts/provision/manifest.js';
import { comparedWithTwin, rmsError } from './support/compare.js';
import { type Bench, countsOf, openClient, startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';

const DENSITY = { neurons: 0.4, heads: 0.6 };

/** A kind of half, and rounds of a layer: dense and exact; undefined where no sign can be told. */
interface Kind {
  readonly name: string;
  readonly activation: Activation;
  readonly gated?: boolean;
  readonly biased?: boolean;
  readonly rounds: number;
  readonly exact?: number;
}
const FATRELU: Activation = { kind: 'fatrelu', threshold: 0.4 };
const KINDS: readonly Kind[] = [
  { name: 'relu, gated', activation: { kind: 'relu' }, gated: true, rounds: 15, exact: 17 },
  { name: 'fatrelu, gated', activation: FATRELU, gated: true, rounds: 16, exact: 18 },
  { name: 'relu2', activation: { kind: 'relu2' }, rounds: 15, exact: 16 },
  { name: 'relu2, gated', activation: { kind: 'relu2' }, gated: true, rounds: 17, exact: 20 },
  { name: 'fatrelu', activation: FATRELU, rounds: 17, exact: 17 },
  { name: 'relu, gated, biased', activation: { kind: 'relu' }, gated: true, biased: true, rounds: 17, exact: 19 },
  { name: 'fatrelu, gated, biased', activation: FATRELU, gated: true, biased: true, rounds: 17, exact: 19 },
  { name: 'relu2, biased', activation: { kind: 'relu2' }, biased: true, rounds: 17, exact: 17 },
  { name: 'silu, gated', activation: { kind: 'silu' }, gated: true, rounds: 16 },
  { name: 'gelu, gated', activation: { kind: 'gelu' }, gated: true, rounds: 16 },
  { name: 'gelu_tanh, gated', activation: { kind: 'gelu_tanh' }, gated: true, rounds: 16 },
  { name: 'silu, gated, biased', activation: { kind: 'silu' }, gated: true, biased: true, rounds: 16 },
  { name: 'gelu', activation: { kind: 'gelu' }, rounds: 16 },
];
const BY_SIGNS = KINDS.filter(({ exact }) => exact !== undefined);

/** Rms error of states that is allowed; FATReLU jumps at its threshold, and a sign there is told to some bits. */
const tolerance = ({ activation }: Kind): number => (activation.kind === 'fatrelu' ? 0.03 : 0.012);

const benches = new Map<string, Promise<Bench>>();
function benchOf(kind: Kind, variant: VariantName = 'digits'): Promise<Bench> {
  const { name, activation, gated = false, biased = false, exact } = kind;
  const key = `${name} ${variant}`;
  const shape = { ...TINY, biased, feedForward: { activation, gated } };
  const known = benches.get(key) ?? startBench(3, shape, exact === undefined ? undefined : DENSITY, 1, variant);
  benches.set(key, known);
  return known;
}

describe.each(KINDS)('$name', (kind) => {
  const { rounds } = kind;

  test('every opened wire is the twin’s', async () => {
    const bench = await benchOf(kind);
    const log = await comparedWithTwin(bench, bench.text(22), [9, 1, 1, 11]);
    expect([...log.differences, ...log.unopened]).toEqual([]);
    expect(log.equal).toBe(true);
  });

  test('hidden states are near those of floats', async () => {
    const bench = await benchOf(kind);
    const { client, served } = await openClient(bench);
    const ids = bench.text(20);
    client.announce([{ rows: 20, position: 0, outputs: 'all', sparse: false }]);
    expect(rmsError(await client.run(ids), bench.forward(ids))).toBeLessThan(tolerance(kind));
    client.end();
    await served;
  });

  test('measured counts equal the ledger, and the rounds are those of the kind', async () => {
    const bench = await benchOf(kind);
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
    const { plan } = bench.owner.manifest;
    const total = ledgerOf(
      plan,
      steps.map((step, i) => ({ ...step, step: i })),
    );
    expect(countsOf(bench)).toEqual([total.rounds, total.onlineBytes, total.offlineBytes]);
    expect(total.rounds).toBe(steps.length * (rounds * TINY.layers + 2));
  });

  test('the manifest carries it', async () => {
    const { manifest } = (await benchOf(kind)).owner;
    expect(parseManifest(JSON.stringify(manifest), 'here')).toEqual(manifest);
  });
});

describe.each(BY_SIGNS)('sparse: $name', (kind) => {
  const { exact } = kind;

  test.each([
    ['predicted', { sparse: true }],
    ['exact and padded', { sparse: true, modes: 'ep', constant: true }],
  ])('%s: every opened wire is the twin’s', async (_name, mode) => {
    const bench = await benchOf(kind);
    const log = await comparedWithTwin(bench, bench.text(13), [9, 1, 1, 2], mode);
    expect([...log.differences, ...log.unopened]).toEqual([]);
    expect(log.equal).toBe(true);
  });

  test('by exact signs the states are those of all neurons, in the rounds of the kind', async () => {
    const bench = await benchOf(kind);
    const { client, served } = await openClient(bench);
    const ids = bench.text(8);
    client.announce([{ rows: 8, position: 0, outputs: 'all', sparse: true, modes: 'ee' }]);
    expect(rmsError(await client.run(ids), bench.forward(ids))).toBeLessThan(tolerance(kind));
    client.end();
    await served;
    expect(countsOf(bench)[0]).toBe(exact! * TINY.layers + 2);
  });

  test.each(['fused', 'tables'] as const)('variant %s: every opened wire is the twin’s', async (variant) => {
    const bench = await benchOf(kind, variant);
    for (const mode of [{}, { sparse: true, modes: 'pe' }]) {
      const log = await comparedWithTwin(bench, bench.text(12), [9, 1, 2], mode);
      expect([...log.differences, ...log.unopened]).toEqual([]);
      expect(log.equal).toBe(true);
    }
  });
});

test('an activation that is never zero has no sparse layers', async () => {
  const shape = { ...TINY, feedForward: { activation: { kind: 'silu' }, gated: true } } as const;
  await expect(startBench(3, shape, DENSITY)).rejects.toMatchObject({ code: 'E_UNSUPPORTED' });
  const { plan } = (await benchOf(KINDS.find(({ name }) => name === 'silu, gated')!)).owner.manifest;
  expect(() => checkRules(plan, { modes: 'de' })).toThrow('no layer with one can be exact');
  expect(() => checkRules(plan, { modes: 'dd' })).not.toThrow();
});
