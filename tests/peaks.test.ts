/** Peaks of every wire against its width: what does not fit shows, what is cut on purpose does not. */
import { OP } from '../ts/core/address.js';
import { LocalParties } from '../ts/parties/local.js';
import { Twin, type TwinModel } from '../ts/plain/twin.js';
import { provision } from '../ts/provision/owner.js';
import { Peaks, type WireReports } from '../ts/verify/peaks.js';
import { comparedWithTwin } from './support/compare.js';
import { keyOf } from './support/lockstep.js';
import { type Bench, startBench } from './support/parties.js';
import { randomModel, TINY } from './support/random-model.js';

const keys = {
  k0: keyOf(1),
  k1: keyOf(2),
  k01: keyOf(3),
  client0: keyOf(4),
  client1: keyOf(5),
  weights: [keyOf(6), keyOf(7)] as const,
};

let bench: Bench;
let biased: Bench;
/** Its tables of exp have half as many cells. */
let thin: Bench;
beforeAll(async () => {
  bench = await startBench(5, TINY, { neurons: 0.5, heads: 0.75 });
  biased = await startBench(3, { ...TINY, biased: true });
  thin = await startBench(5, TINY, { neurons: 0.5, heads: 0.75 }, 1, 'thin');
});

/** Of the benches' vocabulary; the same in every run. */
const IDS = [5, 1, 14, 3, 9, 2, 11, 7, 4, 13];

/** A plaintext run in fixed point: no parties. */
function peaksOf({ kernels, owner }: Bench, model: Partial<TwinModel> = {}, sparse = false): WireReports {
  const { plan } = owner.manifest;
  const peaks = new Peaks(plan);
  const all = { ...owner.model, positionOffset: 2, ...model };
  const twin = new Twin(kernels, all, plan, keys, (at, _values, unreduced) => peaks.see(at, unreduced));
  twin.step(0, IDS.slice(0, 9), 'all', { sparse });
  twin.step(1, IDS.slice(9), 'all', { sparse });
  twin.free();
  return peaks.report();
}

/** The model with the matrices of layer 1 multiplied, its plan as it was. */
const planted = ({ owner }: Bench, name: 'up' | 'qkv', factor: number): Pick<TwinModel, 'layers'> => ({
  layers: owner.model.layers.map((layer, i) =>
    i === 1 ? { ...layer, [name]: layer[name].map((weight) => factor * weight) } : layer,
  ),
});

test('every wire of every layer is reported, and none of a calibrated model is too large', () => {
  for (const [of, sparse] of [
    [bench, false],
    [bench, true],
    [biased, false],
    [thin, false],
    [thin, true],
  ] as const) {
    const { plan } = of.owner.manifest;
    const wires = peaksOf(of, {}, sparse);
    const bits = new Set<number>([OP.lnDigits, OP.check, OP.signAnd, OP.signBit]);
    const named = Object.entries(OP).filter(([, op]) => op < (sparse ? OP.predDigits : OP.hidden) && !bits.has(op));
    const expected = [...named.map(([name]) => name), 'finalSum', 'finalR', 'finalHidden'];
    expect(Object.keys(wires).sort()).toEqual(expected.sort());
    for (const [name, { kind, layers, headroomBits, floorBits = 1, peakBits, width }] of Object.entries(wires)) {
      const once = name === 'input' || name.startsWith('final');
      const predicted = ['hidden', 'scaledHidden', 'predScore'].includes(name);
      const [first, last] = [0, once ? 1 : plan.shape.layers];
      if (!predicted) expect(layers).toHaveLength(last - first);
      expect(peakBits).toBeGreaterThan(0);
      if (kind === 'cut') expect([name, headroomBits]).toEqual(['lnParts', null]);
      else {
        expect([name, headroomBits! > 0 && headroomBits! <= width, floorBits > 0]).toEqual([name, true, true]);
        if (kind === 'signed' && !(name === 'uh' && plan.layers[0].bias))
          expect(headroomBits).toBeCloseTo(width - peakBits, 6);
        if (kind === 'lifted') expect(headroomBits).toBeCloseTo(width - 1 - peakBits, 6);
      }
    }
  }
});

test('Z is measured against what its exp reads: with large cells two octaves less above, four less below', () => {
  const [ofThin, ofOthers] = [thin, bench].map(({ owner }) => owner.manifest.plan.layers);
  expect(ofThin.map(({ expCells }) => expCells?.z)).toEqual(ofThin.map(() => 17));
  expect(ofOthers.map(({ expCells }) => expCells)).toEqual(ofOthers.map(() => undefined));
  const [large, small] = [thin, bench].map((of) => peaksOf(of).z.layers);
  for (const [i, { headroomBits, peakBits, floorBits }] of large.entries()) {
    expect(headroomBits! + peakBits).toBeCloseTo(small[i].headroomBits! + small[i].peakBits - 1.8, 6);
    expect(floorBits! - small[i].floorBits!).toBeLessThan(-2.5);
  }
});

test('a planted large value shows where it is, by how much it is too large, and nowhere before', () => {
  const before = peaksOf(bench);
  const after = peaksOf(bench, planted(bench, 'up', 64));
  const [u, planned] = [after, before].map((wires) => wires.up.layers);
  expect(u[0]).toEqual(planned[0]);
  // 64 times the weights are six bits, to within the weights' rounding.
  expect(u[1].peakBits - planned[1].peakBits).toBeCloseTo(6, 1);
  expect(u[1].headroomBits!).toBeLessThan(0);
  expect(after.up).toMatchObject({ layer: 1, width: bench.owner.manifest.plan.layers[1].kU });
  for (const name of ['raw', 'qk', 'score', 'y', 'o', 'x1'])
    expect(after[name].layers.slice(0, 2)).toEqual(before[name].layers.slice(0, 2));
  // Scores grow with the square of q and k.
  const scores = peaksOf(bench, planted(bench, 'qkv', 16));
  expect(scores.qk.layers[1].peakBits - before.qk.layers[1].peakBits).toBeCloseTo(4, 0);
  expect(scores.score.layers[1].headroomBits!).toBeLessThan(before.score.layers[1].headroomBits! - 6);
});

test('sums are measured against the table that reads them, at both ends', () => {
  const scaled = (factor: number): WireReports => {
    const { embedding, positions } = bench.owner.model;
    const times = (values: Float32Array): Float32Array => values.map((value) => factor * value);
    return peaksOf(bench, { embedding: times(embedding), positions: times(positions!) });
  };
  const [sums, larger, smaller] = [scaled(1), scaled(8), scaled(1 / 8)].map(({ sumA }) => sumA.layers[0]);
  expect(larger.headroomBits! - sums.headroomBits!).toBeCloseTo(-6, 1);
  expect(smaller.floorBits! - sums.floorBits!).toBeCloseTo(-6, 0);
  expect(larger.headroomBits!).toBeLessThan(0);
  expect(smaller.floorBits!).toBeLessThan(0);
});

test('a private run whose values wrap is still the twin, and the report says where', async () => {
  const { model, ranges } = randomModel(5, TINY);
  // One neuron of 64, whose output matters little; the plan knows nothing of it but the weights' scale.
  const large = (w: number, at: number): number => (at % 64 === 7 ? 32 * w : w);
  const small = (w: number, at: number): number => (Math.floor(at / 32) === 7 ? w / 32 : w);
  const layers = model.layers.map((layer, i) =>
    i === 1 ? { ...layer, up: layer.up.map(large), down: layer.down.map(small) } : layer,
  );
  const insecureSeeds = { seed0: keyOf(8), seed1: keyOf(9), order: keyOf(10) };
  const owner = provision(bench.kernels, 'planted', { ...model, layers }, ranges as never, { insecureSeeds });
  const parties = await LocalParties.start(bench.kernels, owner.manifest, owner.seeds, owner.tensors);
  const peaks = new Peaks(owner.manifest.plan);
  const log = await comparedWithTwin({ ...bench, owner, parties }, IDS, [9, 1], { peaks });
  expect([...log.differences, ...log.unopened]).toEqual([]);
  const { up, raw } = peaks.report();
  expect(up.layer).toBe(1);
  expect(up.headroomBits!).toBeLessThan(0);
  expect(raw.headroomBits!).toBeGreaterThan(0);
});
