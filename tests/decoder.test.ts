/** Whole steps through all parties: values against floats, counts against the ledger, rewinding, bounds. */
import { encodeControl } from '../ts/net/control.js';
import type { AnnouncedStep } from '../ts/plan/announced-step.js';
import { ledgerOf } from '../ts/cost/ledger-of.js';
import { rmsError } from './support/compare.js';
import { type Bench, openClient, startBench } from './support/parties.js';
import { lcg } from './support/random-model.js';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});

const step = (rows: number, position: number, outputs: AnnouncedStep['outputs'] = 'all'): AnnouncedStep => ({
  rows,
  position,
  outputs,
});

test('prefill, more prefill and decode give the float hidden states', async () => {
  const { client, served } = await openClient(bench);
  const ids = bench.text(20);
  const reference = bench.forward(ids);
  client.announce([step(12, 0), step(7, 12, 'none'), step(1, 19, 'last')]);
  const first = await client.run(ids.slice(0, 12));
  expect(rmsError(first, reference.slice(0, 12))).toBeLessThan(0.01);
  expect(await client.run(ids.slice(12, 19))).toHaveLength(0);
  const last = await client.run(ids.slice(19));
  expect(rmsError(last, reference.slice(19))).toBeLessThan(0.01);
  client.end();
  await served;
});

test('a step may begin again at an earlier position, with fresh masks', async () => {
  const { client, served } = await openClient(bench);
  const [a, b] = [bench.text(10), bench.text(6)];
  client.announce([step(10, 0), step(6, 4)]);
  await client.run(a);
  const hidden = await client.run(b);
  expect(rmsError(hidden, bench.forward([...a.slice(0, 4), ...b]).slice(4))).toBeLessThan(0.01);
  client.end();
  await served;
});

test('measured rounds, bytes and multiply-accumulates equal the ledger on twenty random sessions', async () => {
  const random = lcg(11);
  const upTo = (n: number): number => 1 + Math.floor(random() * n);
  for (let run = 0; run < 20; run++) {
    const { client, served } = await openClient(bench);
    const steps: AnnouncedStep[] = [];
    for (let position = 0; steps.length < 3;) {
      const rows = upTo(9);
      steps.push(step(rows, position, (['none', 'last', 'all'] as const)[upTo(3) - 1]));
      position = random() < 0.2 ? Math.max(0, position - 1) : position + rows;
    }
    client.announce(steps);
    for (const { rows } of steps) await client.run(bench.text(rows));
    client.end();
    await served;
    const { server0, server1, dealer } = bench.parties.parties;
    const [s0, s1, d] = [server0.counts(), server1.counts(), dealer.counts()];
    const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((x, y) => x + y, 0);
    expect({
      rounds: s0.links.server1.sent.opening.frames,
      onlineBytes:
        s0.links.server1.sent.opening.bytes + s1.links.server0.sent.opening.bytes + s1.links.dealer.sent.credit.bytes,
      offlineBytes: d.links.server1.sent.tape.bytes + d.links.server0.sent.tape.bytes,
      macs: sum(s0.macs) + sum(s1.macs) + sum(d.macs),
    }).toEqual(
      ledgerOf(
        bench.owner.manifest.plan,
        steps.map((s, i) => ({ ...s, step: i })),
      ),
    );
  }
});

test('a decode step takes 15 rounds a layer, a prefill the same', () => {
  const { plan } = bench.owner.manifest;
  const { layers } = plan.shape;
  expect(ledgerOf(plan, [{ step: 0, rows: 1, position: 32, outputs: 'none' }], { cached: 32 }).rounds).toBe(
    15 * layers,
  );
  expect(ledgerOf(plan, [{ step: 0, rows: 32, position: 0, outputs: 'none' }]).rounds).toBe(15 * layers);
});

test.each([
  ['E_LENGTH', step(8, 44)],
  ['E_LIMIT', step(65, 0)],
  ['E_FRAME', step(1, 5)],
])('a step that is refused ends the session with %s at every party', async (code, wrong) => {
  const { session, served } = await openClient(bench);
  const payload = encodeControl({ type: 'steps', steps: [wrong] });
  for (const role of ['server0', 'server1', 'dealer'] as const) session.link(role).send({ kind: 'control', payload });
  await expect(served).rejects.toMatchObject({ code });
  await expect(session.link('server0').receive()).rejects.toMatchObject({ code });
});

test('the client refuses a step beyond the context before anything is sent', async () => {
  const { client, served } = await openClient(bench);
  expect(() => client.announce([step(8, 44)])).toThrow(expect.objectContaining({ code: 'E_LENGTH' }));
  client.end();
  await served;
});
