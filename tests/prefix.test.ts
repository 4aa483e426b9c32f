/** The constant prefix (docs/protocol.md section 3.5): positions that no step runs, whose keys and values are cached from the first on. */
import { codeOf } from '../ts/core/errors.js';
import type { Tokenizer } from '../ts/checkpoint/tokenizer.js';
import { parsePrompt, planPrompt } from '../ts/client/request.js';
import { Sampler } from '../ts/client/sampling.js';
import { TextSession, type Token } from '../ts/client/text-session.js';
import { movedTensors } from '../ts/epoch/tensors.js';
import type { AnnouncedStep } from '../ts/plan/announced-step.js';
import type { StepShape } from '../ts/plan/step.js';
import { prefixOf } from '../ts/provision/prefix.js';
import { ledgerOf } from '../ts/cost/ledger-of.js';
import { type Compared, comparedWithTwin, rmsError } from './support/compare.js';
import { type Bench, openClient, startBench } from './support/parties.js';
import { TINY, type TinyShape } from './support/random-model.js';
import type { Density } from './support/random-predictors.js';

const PREFIX = [7, 42, 3];
const N = PREFIX.length;
const SHAPE: TinyShape = { ...TINY, layers: 3, prefix: PREFIX };
const DENSITY: Density = { neurons: 0.5, heads: 0.6 };

let dense: Bench;
let sparse: Bench;
beforeAll(async () => {
  dense = await startBench(5, SHAPE);
  sparse = await startBench(5, SHAPE, DENSITY);
});

const behindPrefix = (bench: Bench, length: number): number[] => [...PREFIX, ...bench.text(length)];

describe('every wire equals the twin', () => {
  const same = async (bench: Bench, parts: readonly number[], how: Compared = {}): Promise<void> => {
    const length = parts.reduce((sum, rows) => sum + rows, 0);
    const log = await comparedWithTwin(bench, behindPrefix(bench, length), parts, how);
    expect([...log.differences, ...log.unopened]).toEqual([]);
    expect(log.equal).toBe(true);
  };

  test('dense', () => same(dense, [9, 1, 1]));
  test.each(['tables', 'thin'] as const)('as %s', async (variant) =>
    same(await startBench(5, SHAPE, undefined, 1, variant), [3, 1]),
  );
  test('with wide scores', async () =>
    same(await startBench(5, { ...SHAPE, layers: 2, outliers: { queries: 60 } }), [3, 1]));
  test('with biases', async () => same(await startBench(5, { ...SHAPE, biased: true }), [3, 1]));
  test('after post-norm layers', async () => same(await startBench(5, { ...SHAPE, postNorm: true }), [3, 1]));
  test.each<[string, Compared]>([
    ['sparse', {}],
    ['with refills beside the layer before', { prefetch: 2 }],
    ['with refills of their own', { apart: true }],
    ['where inputs are not kept for long', { keep: 1 }],
    ['with constant budgets', { constant: true }],
    ['with exact signs', { modes: 'epd' }],
    ['in an epoch of its own', { epochs: { fresh: true } }],
    ['with epochs in its midst', { epochs: { fresh: true, tokens: 2 } }],
  ])('%s', (_name, how) => same(sparse, [4, 1, 1, 3, 1], { sparse: true, ...how }));
});

test('states are those of floats that read the prefix, too', async () => {
  const ids = behindPrefix(dense, 6);
  const { client, served } = await openClient(dense);
  client.announce([{ rows: 6, position: N, outputs: 'all' }]);
  const hidden = await client.run(ids.slice(N));
  client.end();
  await served;
  const reference = dense.forward(ids);
  expect(rmsError(hidden, reference.slice(N))).toBeLessThan(0.02);
  // Another prefix would be another text.
  expect(rmsError(hidden, dense.forward([1, 2, 3, ...ids.slice(N)]).slice(N))).toBeGreaterThan(0.1);
  expect(rmsError(dense.owner.client.prefixState!, reference.slice(N - 1, N))).toBeLessThan(1e-5);
});

test('counts are those of the formulas: scores of the prefix cost as any others, and its positions nothing else', async () => {
  const steps: AnnouncedStep[] = [
    { rows: 5, position: N, outputs: 'none' },
    { rows: 1, position: N + 5, outputs: 'last' },
  ];
  const { client, served } = await openClient(dense);
  client.announce(steps);
  for (const { rows } of steps) await client.run(dense.text(rows));
  client.end();
  await served;
  const { server0, server1, dealer } = dense.parties.parties;
  const [s0, s1, d] = [server0.counts(), server1.counts(), dealer.counts()];
  const all = (macs: Readonly<Record<string, number>>): number => Object.values(macs).reduce((x, y) => x + y, 0);
  const { plan } = dense.owner.manifest;
  const ledger = ledgerOf(
    plan,
    steps.map((step, i) => ({ ...step, step: i })),
  );
  expect({
    rounds: s0.links.server1.sent.opening.frames,
    onlineBytes:
      s0.links.server1.sent.opening.bytes + s1.links.server0.sent.opening.bytes + s1.links.dealer.sent.credit.bytes,
    offlineBytes: d.links.server1.sent.tape.bytes,
    macs: all(s0.macs) + all(s1.macs) + all(d.macs),
  }).toEqual(ledger);
  const whole = ledgerOf({ ...plan, prefix: undefined }, [{ step: 0, rows: N + 5, position: 0, outputs: 'none' }]);
  expect(ledgerOf(plan, [{ ...steps[0], step: 0 }]).onlineBytes).toBeLessThan(whole.onlineBytes);
});

describe('positions of the prefix', () => {
  test.each([0, N - 1])('are refused: %i', async (position) => {
    const { client, served } = await openClient(dense);
    client.announce([{ rows: 1, position, outputs: 'last' }]);
    await expect(client.run([1])).rejects.toMatchObject({ code: 'E_FRAME' });
    expect(await served.then(() => 'served', codeOf)).toBe('E_FRAME');
  });

  test('must leave room in the context', () => {
    const { kernels, model } = dense;
    expect(() => prefixOf(kernels, model, Array<number>(TINY.context).fill(1))).toThrow(
      expect.objectContaining({ code: 'E_ARGUMENT' }),
    );
  });
});

test('keys and values move with their heads', () => {
  const { plan } = sparse.owner.manifest;
  const moved = (heads: boolean, of: number): string[] =>
    movedTensors(plan, { number: 1, heads }).flatMap(({ layer, name }) =>
      layer === of && name.startsWith('prefix') ? [name] : [],
    );
  expect(moved(true, 1)).toEqual(['prefixKeys', 'prefixValues']);
  expect(moved(true, 0)).toEqual([]);
  expect(moved(false, 1)).toEqual([]);
});

describe('a conversation', () => {
  /** Token numbers with blanks between them; the tokeniser puts the first token of the prefix before every text. */
  const encode = (text: string): number[] => [PREFIX[0], ...text.split(' ').filter(Boolean).map(Number)];
  const tokenizer = {
    ends: new Set(),
    encode,
    behind: (prefix: readonly number[], ids: readonly number[]) => [...prefix, ...ids.slice(1)],
    encodeNext: (text: string) => text.split(' ').filter(Boolean).map(Number),
    decode: (ids: readonly number[]) => ids.map((id) => ` ${id}`).join(''),
    stream: () => ({ push: (id: number) => ` ${id}`, end: () => '', pause: () => '', shown: '' }),
  } as unknown as Tokenizer;

  async function open(bench: Bench) {
    const steps: StepShape[] = [];
    const { client, served } = await openClient(bench, { server0: { onStep: (step) => steps.push(step) } });
    const session = new TextSession(client, tokenizer, bench.owner.manifest.plan);
    const say = async (prompt: string, maxTokens: number) => {
      const logits: Float32Array[] = [];
      const tokens: Token[] = [];
      let begun = { ids: [] as readonly number[], reused: -1 };
      const { shape, prefix } = bench.owner.manifest.plan;
      const planned = planPrompt(parsePrompt({ prompt, maxTokens }), tokenizer, shape.context, { prefix });
      const sampler = new Sampler(bench.kernels, planned.sampling);
      const settings = {
        onLogits: (row: Float32Array) => logits.push(row.slice()),
        onBegin: (how: typeof begun) => (begun = how),
      };
      for await (const token of session.generate(planned, sampler, settings)) tokens.push(token);
      return { ids: tokens.map(({ id }) => id), logits, begun };
    };
    return { session, say, steps, served };
  }

  test('begins behind the prefix, and a prompt of nothing else runs no step', async () => {
    const { session, say, steps, served } = await open(dense);
    const one = await say('', 1);
    expect({ steps: steps.length, ...one.begun }).toEqual({ steps: 0, ids: PREFIX, reused: N });
    const reference = dense.forward(PREFIX).at(-1)!;
    const { embedding, shape } = dense.model;
    const logit = (id: number): number =>
      reference.reduce((sum, value, i) => sum + value * embedding[id * shape.width + i], 0);
    one.logits[0].forEach((value, id) => expect(value).toBeCloseTo(logit(id), 3));

    const more = await say('', 3);
    expect(more.ids[0]).toBe(one.ids[0]);
    expect(steps.map(({ position, rows }) => [position, rows])).toEqual([[N, 1], [N + 1, 1]]); // prettier-ignore
    const other = await say('9 8', 1);
    expect(other.begun.reused).toBe(N);
    expect(steps.at(-1)).toMatchObject({ position: N, rows: 2 });
    // Back to the prefix: what followed it is forgotten, it is not.
    expect((await say('', 3)).ids).toEqual(more.ids);
    session.end();
    await served;
  });
});
