/** Post-norm models, privately: values against transformers, wires against the twin, counts against the ledger. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Checkpoint, loadCheckpoint } from '../ts/checkpoint/checkpoint.js';
import { folderSource } from '../ts/checkpoint/node/folder.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { LocalParties } from '../ts/parties/local.js';
import { FloatModel } from '../ts/plain/float.js';
import type { VariantName } from '../ts/plan/variants.js';
import { calibrate } from '../ts/provision/calibrate.js';
import { parseManifest } from '../ts/provision/manifest.js';
import { drawOrders } from '../ts/provision/owned.js';
import { planModel, provision } from '../ts/provision/owner.js';
import { prepareModel } from '../ts/provision/prepare.js';
import { ledgerOf, ledgerOfLayer } from '../ts/cost/ledger-of.js';
import { Peaks } from '../ts/verify/peaks.js';
import { comparedWithTwin } from './support/compare.js';
import { keyOf } from './support/lockstep.js';
import { type Bench, openClient } from './support/parties.js';

const FOLDER = fileURLToPath(new URL('fixtures/variants', import.meta.url));
/** Tokens of the fixtures' vocabulary of 264. */
const TEXT = Array.from({ length: 1024 }, (_, i) => (i * 97 + (i >> 3) * 31) % 264);

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const load = (name: string): Promise<Checkpoint> => loadCheckpoint(kernels, folderSource(join(FOLDER, name)));

async function benchOf(checkpoint: Checkpoint, variant?: VariantName): Promise<Bench> {
  const model = prepareModel(kernels, checkpoint);
  const calibration = await calibrate(kernels, model, TEXT);
  const insecureSeeds = { seed0: keyOf(1), seed1: keyOf(2), order: keyOf(3) };
  const owner = provision(kernels, 'post-norm', model, calibration, { variant, insecureSeeds });
  const parties = await LocalParties.start(kernels, owner.manifest, owner.seeds, owner.tensors);
  const orders = drawOrders(kernels, model.shape, insecureSeeds.order);
  return {
    kernels,
    owner,
    parties,
    orders,
    model,
    text: (length: number) => TEXT.slice(0, length),
  } as unknown as Bench;
}

/** Relative rms error of logits. */
async function errorOf(bench: Bench, ids: readonly number[], logits: readonly number[]): Promise<number> {
  const { client, served } = await openClient(bench);
  client.announce([{ rows: ids.length, position: 0, outputs: 'all', sparse: false }]);
  const mine = client.logits(await client.run(ids));
  client.end();
  await served;
  const sum = (of: (value: number, i: number) => number): number => logits.reduce((total, v, i) => total + of(v, i), 0);
  return Math.sqrt(sum((value, i) => (value - mine[i]) ** 2) / sum((value) => value ** 2));
}

test.each(['post-norm', 'post-norm-projected'])('a model that transformers wrote, privately: %s', async (name) => {
  const reference = JSON.parse(readFileSync(join(FOLDER, name, 'reference.json'), 'utf8')) as {
    ids: number[];
    logits: number[][];
  };
  const bench = await benchOf(await load(name));
  expect(await errorOf(bench, reference.ids, reference.logits.flat())).toBeLessThan(0.01);
});

describe.each([
  ['with biases and gains', 'post-norm-projected', undefined, [16, 17]],
  ['without', 'post-norm', undefined, [14, 15]],
  ['with biases, in another variant', 'post-norm-projected', 'tables-thin', [15, 16]],
  ['without, in another variant', 'post-norm', 'tables', [13, 14]],
] as const)('%s', (_name, fixture, variant, rounds) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await benchOf(await load(fixture), variant);
  });

  test('every opened wire is the twin’s, and fits', async () => {
    const peaks = new Peaks(bench.owner.manifest.plan);
    const log = await comparedWithTwin(bench, TEXT.slice(0, 13), [9, 1, 3], { peaks });
    expect([...log.differences, ...log.unopened]).toEqual([]);
    const { nA, nB, rA } = peaks.report();
    expect(rA.layers.map(({ layer }) => layer)).not.toContain(0);
    for (const wire of [nA, nB]) {
      expect(wire.layers).toHaveLength(bench.owner.manifest.plan.shape.layers);
      expect(wire.headroomBits!).toBeGreaterThan(1);
    }
  });

  test('exact signs, too', async () => {
    const modes = 'e'.repeat(bench.owner.manifest.plan.shape.layers);
    const log = await comparedWithTwin(bench, TEXT.slice(0, 5), [3, 1, 1], { sparse: true, modes });
    expect([...log.differences, ...log.unopened]).toEqual([]);
  });

  test('counts are the ledger’s; the first layer has no norm before attention, and a round less', async () => {
    const { plan } = bench.owner.manifest;
    const { client, served } = await openClient(bench);
    const steps = [4, 1].map((rows, i) => ({ rows, position: 4 * i, outputs: 'all' as const, sparse: false, step: i }));
    client.announce(steps);
    for (const { rows, position } of steps) await client.run(TEXT.slice(position, position + rows));
    client.end();
    await served;
    const { server0, server1, dealer } = bench.parties.parties;
    const [s0, s1, d] = [server0.counts(), server1.counts(), dealer.counts()];
    const { rounds: all, onlineBytes, offlineBytes } = ledgerOf(plan, steps);
    expect([
      s0.links.server1.sent.opening.frames,
      s0.links.server1.sent.opening.bytes + s1.links.server0.sent.opening.bytes + s1.links.dealer.sent.credit.bytes,
      d.links.server1.sent.tape.bytes,
    ]).toEqual([all, onlineBytes, offlineBytes]);
    expect([0, 1].map((layer) => ledgerOfLayer(plan, steps[0], layer, {}).rounds)).toEqual(rounds);
  });

  test('the function is that of floats', async () => {
    const float = new FloatModel(kernels, await load(fixture));
    const ids = TEXT.slice(40, 56);
    expect(await errorOf(bench, ids, [...float.logits(float.forward(ids))])).toBeLessThan(0.01);
    float.free();
  });

  test('the manifest carries it', () => {
    const { manifest } = bench.owner;
    expect(parseManifest(JSON.stringify(manifest), 'here')).toEqual(manifest);
    expect(manifest.plan.layers.every(({ postNorm }) => postNorm)).toBe(true);
  });
});

test('a small input is as precise as a large one: the tables are brought to one unit', async () => {
  const checkpoint = await load('post-norm-projected');
  const smaller = (values: Float32Array): Float32Array => values.map((value) => value / 64);
  const small = { ...checkpoint, embedding: smaller(checkpoint.embedding), positions: smaller(checkpoint.positions!) };
  const head = { ...small, head: checkpoint.head };
  const float = new FloatModel(kernels, head);
  const ids = TEXT.slice(0, 12);
  expect(await errorOf(await benchOf(head), ids, [...float.logits(float.forward(ids))])).toBeLessThan(0.02);
  float.free();
});

test('predictors of such a model are refused', async () => {
  const prepared = prepareModel(kernels, await load('post-norm'));
  const calibration = await calibrate(kernels, prepared, TEXT);
  expect(() => planModel(kernels, prepared, calibration, { layers: [] } as never, keyOf(1))).toThrow(
    expect.objectContaining({ code: 'E_UNSUPPORTED' }),
  );
});
