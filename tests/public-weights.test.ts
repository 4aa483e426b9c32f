/** Public weights: the same wires as with secret ones, without masks of weights, by fewer passes. */
import { checkRules } from '../ts/client/mode-rules.js';
import { ledgerOf } from '../ts/cost/ledger-of.js';
import { codeOf } from '../ts/core/errors.js';
import { loadKernels } from '../ts/kernels/load.js';
import { LocalParties } from '../ts/parties/local.js';
import type { VariantName } from '../ts/plan/variants.js';
import { parseManifest } from '../ts/provision/manifest.js';
import { maskModel } from '../ts/provision/mask.js';
import { ownOrders } from '../ts/provision/owned.js';
import { provision } from '../ts/provision/owner.js';
import { integerLayout } from '../ts/weights/integers.js';
import { isWords } from '../ts/weights/tensors.js';
import { comparedWithTwin } from './support/compare.js';
import { keyOf } from './support/lockstep.js';
import { type Bench, openClient } from './support/parties.js';
import { randomModel, TINY, type TinyShape } from './support/random-model.js';
import { type Density, randomPredictors } from './support/random-predictors.js';

async function publicBench(
  shape: TinyShape,
  { variant, density, factor = 1 }: { variant?: VariantName; density?: Density; factor?: number } = {},
): Promise<Bench> {
  const kernels = await loadKernels();
  const { model, ranges, forward, text } = randomModel(3, shape, density !== undefined);
  // A weight of a neuron that is never active: the function stays what it was.
  const [{ up, down }] = model.layers;
  if (factor !== 1) for (let i = 0; i < shape.width; i++) up[i * shape.ffn] = 0;
  down[5] *= factor;
  const predictors = density && randomPredictors(3, shape, density);
  const insecureSeeds = { seed0: keyOf(21), seed1: keyOf(22), order: keyOf(23) };
  const options = { predictors, variant, insecureSeeds, publicWeights: true };
  const owner = provision(kernels, 'public', model, ranges as never, options);
  const parties = await LocalParties.start(kernels, owner.manifest, owner.seeds, owner.tensors);
  return { kernels, owner, parties, forward, text, model, predictors, orders: ownOrders(model.shape) };
}

describe.each([
  ['plain', TINY, {}],
  ['with biases', { ...TINY, biased: true }, {}],
  ['behind a prefix', { ...TINY, prefix: [2, 7] }, {}],
  ['post-norm', { ...TINY, postNorm: true }, {}],
  ['signs by tables', TINY, { variant: 'tables-thin' }],
  ['gated by ReLU', { ...TINY, feedForward: { activation: { kind: 'relu' }, gated: true } }, {}],
  ['gated by SiLU', { ...TINY, feedForward: { activation: { kind: 'silu' }, gated: true } }, {}],
  ['a weight of more than 16 bits', TINY, { factor: 3000 }],
] as const)('%s', (_name, shape, options) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await publicBench(shape, options);
  });

  test('every opened wire is the twin’s', async () => {
    const from = shape.prefix?.length ?? 0;
    const log = await comparedWithTwin(bench, bench.text(from + 14), [9, 1, 1, 3]);
    expect([...log.differences, ...log.unopened]).toEqual([]);
  });

  test('counts are the ledger’s: the dealer computes and deals no products', async () => {
    const { plan } = bench.owner.manifest;
    const start = plan.prefix?.length ?? 0;
    const { client, served } = await openClient(bench);
    const steps = [4, 1].map((rows, i) => {
      return { rows, position: start + 4 * i, outputs: 'all' as const, sparse: false, step: i };
    });
    client.announce(steps);
    for (const { rows, position } of steps) await client.run(bench.text(start + 5).slice(position, position + rows));
    client.end();
    await served;
    const { server0, server1, dealer } = bench.parties.parties;
    const [s0, s1, d] = [server0.counts(), server1.counts(), dealer.counts()];
    const { rounds, onlineBytes, offlineBytes, macs } = ledgerOf(plan, steps);
    const sum = (counts: Readonly<Record<string, number>>): number =>
      Object.values(counts).reduce((total, count) => total + count, 0);
    expect({
      rounds: s0.links.server1.sent.opening.frames,
      onlineBytes:
        s0.links.server1.sent.opening.bytes + s1.links.server0.sent.opening.bytes + s1.links.dealer.sent.credit.bytes,
      offlineBytes: d.links.server1.sent.tape.bytes,
      macs: sum(s0.macs) + sum(s1.macs) + sum(d.macs),
    }).toEqual({ rounds, onlineBytes, offlineBytes, macs });
    const secret = ledgerOf({ ...plan, publicWeights: undefined }, steps);
    expect([secret.rounds, secret.onlineBytes]).toEqual([rounds, onlineBytes]);
    expect(secret.offlineBytes).toBeGreaterThan(offlineBytes);
    // Squares are computed as they were; of five passes of a product three are left.
    expect(macs).toBeLessThan(secret.macs * 0.63);
    expect(sum(d.macs)).toBeLessThan(macs / 50);
  });
});

test('sparse steps skip what they skip with secret weights', async () => {
  const bench = await publicBench(TINY, { density: { neurons: 0.4, heads: 0.6 } });
  const log = await comparedWithTwin(bench, bench.text(14), [6, 1, 1, 1, 5], { sparse: true });
  expect([...log.differences, ...log.unopened]).toEqual([]);
});

test('weights take two bytes each, and are those of the plan', async () => {
  const { kernels, owner } = await publicBench(TINY);
  const { plan } = owner.manifest;
  expect(parseManifest(JSON.stringify(owner.manifest), 'here')).toEqual(owner.manifest);
  for (const tensor of maskModel(kernels, owner.model, plan, undefined)) {
    const { vectors, dim } = integerLayout(plan, tensor);
    expect({ ...tensor, bytes: tensor.bytes.length }).toMatchObject(
      isWords(tensor.name) ? { from: 0 } : { integers: true, bytes: 2 * vectors * dim },
    );
  }
});

test('a weight of more than 16 bits travels, and is multiplied by, as a word', async () => {
  const { kernels, owner } = await publicBench(TINY, { factor: 3000 });
  const tensors = [...maskModel(kernels, owner.model, owner.manifest.plan, undefined)];
  expect(tensors.filter(({ name, integers }) => !integers && !isWords(name))).toEqual([
    expect.objectContaining({ layer: 0, name: 'down' }),
  ]);
});

test('a weight that is not finite is refused', async () => {
  const { kernels, owner } = await publicBench(TINY);
  const [first, ...others] = owner.model.layers;
  const layers = [{ ...first, down: first.down.map((value, i) => (i === 9 ? NaN : value)) }, ...others];
  let code: unknown;
  try {
    for (const tensor of maskModel(kernels, { ...owner.model, layers }, owner.manifest.plan, undefined)) void tensor;
  } catch (error) {
    code = codeOf(error);
  }
  expect(code).toBe('E_RANGE');
});

test('no session opens a set of neurons that everybody can name', async () => {
  const { plan } = (await publicBench(TINY)).owner.manifest;
  for (const modes of ['ed', 'de'])
    expect(() => checkRules(plan, { modes })).toThrow('sets of neurons of public weights would tell the text');
  expect(() => checkRules(plan, { modes: 'dd' })).not.toThrow();
  expect(() => checkRules({ ...plan, publicWeights: undefined }, { modes: 'ed' })).not.toThrow();
});
