/** What `comet cost` lists of a layer: every operation that it has, and no other. */
import { beforeAll, expect, test } from '@jest/globals';
import { COARSE_NAMES, coarseOp, OP } from '../ts/core/address.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import type { Counts } from '../ts/parties/hosted.js';
import { HOSTED } from '../ts/parties/hosted.js';
import type { Plan } from '../ts/plan/formats.js';
import { provision } from '../ts/provision/owner.js';
import { costReport } from '../ts/verify/cost-report.js';
import { randomModel, TINY, type TinyShape } from './support/random-model.js';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const LAYER = 1;

/** What the table has for a layer of which server 0 sent so many bytes of these operations. */
function tableOf(outliers: TinyShape['outliers'], sent: Readonly<Record<number, number>> = {}) {
  const { model, ranges } = randomModel(5, { ...TINY, outliers });
  const { plan } = provision(kernels, 'random', model, ranges as never).manifest;
  const meter = { sent: new Proxy({}, { get: () => ({ bytes: 0, frames: 0 }) }) };
  const links = Object.fromEntries(HOSTED.map((role) => [role, meter]));
  const counts = (byOp: Readonly<Record<string, number>>) =>
    ({
      layers: plan.layers.map(() => links),
      byOp,
      macs: {},
      seconds: {},
      layerSeconds: [0, 0],
      revealed: [],
    }) as unknown as Counts;
  const bytes = Object.fromEntries(Object.entries(sent).map(([op, count]) => [`${LAYER}.${op}`, count]));
  const [none, some] = [counts({}), counts(bytes)];
  const { gates } = costReport({
    options: { shape: 'tiny', step: 'decode' },
    plan,
    sizes: { rows: 1, context: 9, repeat: 1, rank: 0, instances: 1, measured: LAYER } as never,
    before: { server0: none, server1: none, dealer: none },
    after: { server0: some, server1: none, dealer: none },
  });
  return { plan, gates };
}

const layerOf = ({ layers }: Plan) => layers[LAYER];

test('an ordinary dense layer has the operations of its rounds', () => {
  const { gates } = tableOf(undefined);
  const names = Object.entries(OP).flatMap(([name, op]) => (op >= 1 && op < OP.hidden ? [name] : []));
  expect(Object.keys(gates).sort()).toEqual(names.filter((name) => name !== 'input').sort());
});

test('a wide dense layer has those of its windows, its lift and its coarse levels, too', () => {
  const lifted = tableOf({ tokens: 300 }, { [OP.oLift]: 10 });
  expect(layerOf(lifted.plan).oLift).toBe(true);
  expect(lifted.gates).toMatchObject({ oLift: { onlineBytes: 10, width: lifted.plan.wx } });
  for (const [norm, name] of [
    ['normA', 'rAParts'],
    ['normB', 'rBParts'],
  ] as const)
    expect(name in lifted.gates).toBe(layerOf(lifted.plan)[norm].windows !== undefined);

  const coarse = tableOf({ queries: 60 }, { [coarseOp('parts', 0)]: 7 });
  const levels = (layerOf(coarse.plan).softmax?.levels.length ?? 1) - 1;
  expect(levels).toBeGreaterThan(0);
  for (const which of COARSE_NAMES) expect(coarse.gates).toHaveProperty([`coarse${levels - 1} ${which}`]);
  expect(coarse.gates['coarse0 parts'].onlineBytes).toBe(7);
  expect(coarse.gates).not.toHaveProperty([`coarse${levels} z`]);
});
