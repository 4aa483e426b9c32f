/** Models with biases, privately: values, wires, counts and what the servers hold of a bias. */
import { randomBytes } from '@noble/hashes/utils.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCheckpoint } from '../ts/checkpoint/checkpoint.js';
import { folderSource } from '../ts/checkpoint/node/folder.js';
import { ClientSession } from '../ts/client/session.js';
import { readClientShare } from '../ts/client/share.js';
import { addBias } from '../ts/gates/bias.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { LocalParties } from '../ts/parties/local.js';
import type { AnnouncedStep } from '../ts/plan/announced-step.js';
import { biasScale } from '../ts/plan/formats.js';
import { calibrate } from '../ts/provision/calibrate.js';
import { maskModel } from '../ts/provision/mask.js';
import { readMasked, writeShares } from '../ts/provision/node/files.js';
import { planModel, provision } from '../ts/provision/owner.js';
import { prepareModel } from '../ts/provision/prepare.js';
import { ledgerOf } from '../ts/cost/ledger-of.js';
import { ServerMatrices } from '../ts/weights/server-weights.js';
import { tensorIds } from '../ts/weights/tensors.js';
import { comparedWithTwin, rmsError } from './support/compare.js';
import { temporaryFolder } from './support/fixture-model.js';
import { type Bench, openClient, startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';

const FOLDER = fileURLToPath(new URL('fixtures/variants', import.meta.url));
/** Tokens of the fixtures' vocabulary of 264. */
const TEXT = Array.from({ length: 1024 }, (_, i) => (i * 97 + (i >> 3) * 31) % 264);

let kernels: Kernels;
let bench: Bench;
beforeAll(async () => {
  kernels = await loadKernels();
  bench = await startBench(3, { ...TINY, biased: true });
});

const step = (rows: number, position: number): AnnouncedStep => ({ rows, position, outputs: 'all' });

test('hidden states are those of floats', async () => {
  const { client, served } = await openClient(bench);
  const ids = bench.text(20);
  const reference = bench.forward(ids);
  client.announce([step(12, 0), step(8, 12)]);
  expect(rmsError(await client.run(ids.slice(0, 12)), reference.slice(0, 12))).toBeLessThan(0.01);
  expect(rmsError(await client.run(ids.slice(12)), reference.slice(12))).toBeLessThan(0.01);
  client.end();
  await served;
});

test('every opened wire equals the twin, bit for bit', async () => {
  const log = await comparedWithTwin(bench, bench.text(24), [9, 1, 1, 12, 1]);
  expect(log.differences).toEqual([]);
  // As many as without biases: every wire of every layer in five steps, and two of the final norm.
  expect(log.compared).toBe(5 * (2 * 20 + 2));
});

test('a layer takes two rounds more, and no other bytes than their frames', () => {
  const { plan } = bench.owner.manifest;
  const without = { ...plan, layers: plan.layers.map(({ bias: _bias, ...layer }) => layer) };
  const steps = [{ step: 0, rows: 3, position: 8, outputs: 'none' as const }];
  const [a, b] = [plan, without].map((each) => ledgerOf(each, steps, { cached: 8 }));
  const { layers } = plan.shape;
  expect(a.rounds).toBe(b.rounds + 2 * layers);
  expect(a.onlineBytes - b.onlineBytes).toBe(2 * 2 * 44 * layers);
  expect([a.offlineBytes, a.macs]).toEqual([b.offlineBytes, b.macs]);
});

test('measured counts equal the ledger', async () => {
  const { client, served } = await openClient(bench);
  const steps = [step(5, 0), step(1, 5), step(2, 4)];
  client.announce(steps);
  for (const { rows } of steps) await client.run(bench.text(rows));
  client.end();
  await served;
  const { server0, server1, dealer } = bench.parties.parties;
  const [s0, s1, d] = [server0.counts(), server1.counts(), dealer.counts()];
  const numbered = steps.map((each, i) => ({ ...each, step: i }));
  const { rounds, onlineBytes, offlineBytes } = ledgerOf(bench.owner.manifest.plan, numbered);
  expect([
    s0.links.server1.sent.opening.frames,
    s0.links.server1.sent.opening.bytes + s1.links.server0.sent.opening.bytes + s1.links.dealer.sent.credit.bytes,
    d.links.server1.sent.tape.bytes,
  ]).toEqual([rounds, onlineBytes, offlineBytes]);
});

test('the servers’ shares of a bias add up to it, and each alone is a mask', async () => {
  const { owner } = bench;
  const { plan } = owner.manifest;
  const seeds = { seed0: new Uint8Array(32).fill(1), seed1: new Uint8Array(32).fill(2) };
  const other = { seed0: seeds.seed0, seed1: new Uint8Array(32).fill(3) };
  const shares = async (of: typeof seeds) => {
    const servers = [0, 1].map(
      (party) => new ServerMatrices(kernels, plan, party as 0 | 1, party === 0 ? of.seed0 : of.seed1),
    );
    for (const tensor of maskModel(kernels, owner.model, plan, of))
      for (const server of servers) await server.add(tensor);
    return servers;
  };
  const [[s0, s1], [t0, t1]] = [await shares(seeds), await shares(other)];
  const names = ['qkvBias', 'oBias', 'upBias', 'downBias', 'centers'] as const;
  expect(tensorIds(plan)).toHaveLength(9 * plan.shape.layers);
  const { bias, centers } = owner.model.layers[1];
  const values = { qkvBias: bias!.qkv!, oBias: bias!.o!, upBias: bias!.up!, downBias: bias!.down!, centers };
  for (const name of names) {
    const expected = kernels.quantise(values[name], biasScale(plan, plan.layers[1], name));
    expect(kernels.addWords(s0.bias(1, name), s1.bias(1, name))).toEqual(expected);
    expect(kernels.addWords(t0.bias(1, name), t1.bias(1, name))).toEqual(expected);
    // Server 0 has the bias under the mask of server 1's seed, server 1 the mask; both are others under another seed, or elsewhere.
    expect(t1.bias(1, name)).not.toEqual(s1.bias(1, name));
    expect(t0.bias(1, name)).not.toEqual(s0.bias(1, name));
    expect(s0.bias(0, name)).not.toEqual(s0.bias(1, name));
  }
  const all = names.flatMap((name) => [
    ...s0.bias(0, name),
    ...s0.bias(1, name),
    ...s1.bias(0, name),
    ...s1.bias(1, name),
  ]);
  const high = all.filter((word) => word >> 63n).length / all.length;
  expect(Math.abs(high - 0.5)).toBeLessThan(0.1);
});

test('shares on disk hold biases, and the client’s the head’s bias', async () => {
  const { dir, remove } = temporaryFolder();
  try {
    const source = join(FOLDER, 'affine');
    const prepared = prepareModel(kernels, await loadCheckpoint(kernels, folderSource(source)));
    const calibration = await calibrate(kernels, prepared, TEXT);
    const { plan, model: owned } = planModel(kernels, prepared, calibration, undefined, randomBytes(32));
    const tokenizer = new Map([['tokenizer.json', readFileSync(join(FOLDER, '../tiny-opt/tokenizer.json'))]]);
    const out = join(dir, 'shares');
    const manifest = await writeShares(kernels, { name: 'affine', model: owned, plan, tokenizer, ends: [0] }, out);
    const tensors = [];
    for await (const { layer, name } of readMasked(join(out, 'server1'), manifest)) tensors.push({ layer, name });
    expect(tensors).toEqual(tensorIds(plan));
    expect(tensors).toHaveLength(18);
    const { model } = await readClientShare(kernels, folderSource(join(out, 'client')));
    expect([model.embedding, model.positions]).toEqual([prepared.embedding, prepared.positions]);
    expect(model.headBias).toEqual(prepared.headBias);
    expect(model.headBias!.some((value) => value !== 0)).toBe(true);
  } finally {
    remove();
  }
});

test('each element of a share gets the element of the bias that it names', () => {
  const bias = BigUint64Array.of(10n, 2n ** 64n - 1n, 7n);
  const sum = addBias(kernels, BigUint64Array.of(1n, 2n, 3n, 4n), bias, Uint32Array.of(0, 1, 0, 2));
  expect([...sum]).toEqual([11n, 1n, 13n, 11n]);
});

test.each(['published', 'affine', 'biases', 'odd-shape', 'projected', 'projected-untied', 'untied'])(
  'a model that transformers wrote, privately: %s',
  async (name) => {
    const folder = join(FOLDER, name);
    const { ids, logits } = JSON.parse(readFileSync(`${folder}/reference.json`, 'utf8')) as {
      ids: number[];
      logits: number[][];
    };
    const checkpoint = await loadCheckpoint(kernels, folderSource(folder));
    const prepared = prepareModel(kernels, checkpoint);
    const calibration = await calibrate(kernels, prepared, TEXT);
    const owner = provision(kernels, name, prepared, calibration);
    const parties = await LocalParties.start(kernels, owner.manifest, owner.seeds, owner.tensors);
    const { session, served } = await parties.open();
    const [server0, server1, dealer] = (['server0', 'server1', 'dealer'] as const).map((role) => session.link(role));
    const maskKeys = [session.maskSeeds.server0!, session.maskSeeds.server1!] as const;
    const client = new ClientSession(owner.client, { server0, server1, dealer, maskKeys });
    client.announce([step(ids.length, 0)]);
    const mine = client.logits(await client.run(ids));
    client.end();
    await served;
    const flat = logits.flat();
    const rms = Math.sqrt(flat.reduce((sum, value) => sum + value * value, 0) / flat.length);
    const error = Math.sqrt(flat.reduce((sum, value, i) => sum + (value - mine[i]) ** 2, 0) / flat.length);
    expect(error / rms).toBeLessThan(0.01);
  },
);
