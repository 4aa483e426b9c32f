/**
 * Keys, nonces, seeds and weight masks: what the other security suites take as given. Keys are computed here a second time, from
 * docs/protocol.md section 4 alone.
 */
import { bytesToHex, concatBytes, randomBytes } from '@noble/hashes/utils.js';
import { hkdfSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClientSession } from '../ts/client/session.js';
import { nonce } from '../ts/core/address.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { memoryLinks } from '../ts/net/embedded.js';
import { drawPairSeeds, HOSTED } from '../ts/parties/hosted.js';
import { LocalParties, type LocalReplay } from '../ts/parties/local.js';
import { biasScale, type Plan, type WordBits } from '../ts/plan/formats.js';
import { FINAL_OP } from '../ts/program/decoder.js';
import { provisioningId } from '../ts/provision/manifest.js';
import { readMaskSeeds, writeShares } from '../ts/provision/node/files.js';
import { provision, type Provisioned } from '../ts/provision/owner.js';
import { tapeKeys } from '../ts/verify/tape-keys.js';
import { DealerMatrices } from '../ts/weights/dealer-weights.js';
import { inThread, type Place } from '../ts/weights/place.js';
import { ServerMatrices } from '../ts/weights/server-weights.js';
import { type MaskedTensor, type TensorId, type TensorName, wordBits } from '../ts/weights/tensors.js';
import { packedBytes } from '../ts/wires/section.js';
import { temporaryFolder } from './support/fixture-model.js';
import { keyOf, nameOf } from './support/lockstep.js';
import { keptOf, wordsOf } from './support/masked.js';
import { randomModel } from './support/random-model.js';
import { randomPredictors } from './support/random-predictors.js';

const SHAPE = { layers: 2, width: 16, heads: 2, kvHeads: 2, headDim: 8, ffn: 16, context: 16, vocab: 16 };
const { model, ranges } = randomModel(4, { ...SHAPE, biased: true });
/** Sparse steps that compute everything: sizes are the same in every run. */
const predictors = randomPredictors(4, SHAPE, { neurons: 1, heads: 1 });
const SERVERS = ['server0', 'server1'] as const;

let kernels: Kernels;
let owner: Provisioned;
let plan: Plan;
let tensors: readonly MaskedTensor[];
beforeAll(async () => {
  kernels = await loadKernels();
  owner = provision(kernels, 'random', model, ranges as never, { predictors });
  plan = owner.manifest.plan;
  tensors = [...owner.tensors];
});

/** What the parties of one session used, said and opened. */
interface Run {
  readonly keys: Set<string>;
  /** Key streams of the output's zero share, one of each server. */
  readonly zeroShares: string[];
  /** Opened wires by address: those of 64 bits or more, which two sessions cannot have in common by chance. */
  readonly opened: Map<string, string>;
  /** The dealer's sections, one after the other. */
  readonly tape: string[];
  /** The nonces of server 0, server 1 and the dealer as the client heard them, hexadecimal. */
  readonly nonces: readonly string[];
  readonly verifier: { readonly k0: Uint8Array; readonly k1: Uint8Array };
}

const PAIR_SEEDS = drawPairSeeds();

/** One session of one step on one prompt. The client's mask keys are always those of `CLIENT`, so what differs is the tape. */
async function run(replay: LocalReplay, manifest = owner.manifest): Promise<Run> {
  const keys = new Set<string>();
  const zeroShares: string[] = [];
  const zeroAt = bytesToHex(nonce({ step: 0, layer: SHAPE.layers, op: FINAL_OP.hidden }, 0));
  const spied: Kernels = {
    ...kernels,
    prgWords: (key, at, ...rest) => {
      keys.add(bytesToHex(key));
      const words = kernels.prgWords(key, at, ...rest);
      if (bytesToHex(at) === zeroAt) zeroShares.push(words.join());
      return words;
    },
    prgDealt: (key, ...rest) => (keys.add(bytesToHex(key)), kernels.prgDealt(key, ...rest)),
    maskOf: (key0, key1, ...rest) => {
      for (const key of [key0, key1]) keys.add(bytesToHex(key));
      return kernels.maskOf(key0, key1, ...rest);
    },
    prgGather: (key, ...rest) => (keys.add(bytesToHex(key)), kernels.prgGather(key, ...rest)),
    dealRemainder: (key, ...rest) => (keys.add(bytesToHex(key)), kernels.dealRemainder(key, ...rest)),
  };
  const parties = await LocalParties.start(spied, manifest, owner.seeds, tensors, PAIR_SEEDS);
  const opened = new Map<string, string>();
  const tape: string[] = [];
  const { session, served } = await parties.open(
    {
      server0: {
        onOpened: (_step, { openings }, words) =>
          openings.forEach(({ at, rows, cols, width }, i) => {
            if (packedBytes(rows * cols, width) >= 8) opened.set(nameOf(at), words[i].join());
          }),
      },
    },
    {
      ...replay,
      client: CLIENT,
      server1: {
        ...replay.server1,
        observe: (inner) => ({
          ...inner,
          link: (peer) => {
            const link = inner.link(peer);
            if (peer !== 'dealer') return link;
            const expect: typeof link.expect = async (...wanted) => {
              const frame = await link.expect(...wanted);
              tape.push(bytesToHex(frame.payload));
              return frame;
            };
            return Object.assign(Object.create(link) as typeof link, { expect });
          },
        }),
      },
    },
  );
  const [server0, server1, dealer] = HOSTED.map((role) => session.link(role));
  const maskKeys = [CLIENT.maskSeeds.server0, CLIENT.maskSeeds.server1] as const;
  const client = new ClientSession(owner.client, { server0, server1, dealer, maskKeys });
  client.announce([{ rows: 2, position: 0, outputs: 'all' }]);
  await client.run([3, 7]);
  client.end();
  await served;
  const nonces = HOSTED.map((role) => bytesToHex(session.nonces[role]));
  return { keys, zeroShares, opened, tape, nonces, verifier: tapeKeys(parties, session, { ...owner, manifest }) };
}

const CLIENT = { nonce: keyOf(5).slice(0, 16), maskSeeds: { server0: keyOf(6), server1: keyOf(7) } };
const CLIENT_KEYS = Object.values(CLIENT.maskSeeds).map(bytesToHex);
const SESSION = keyOf(8).slice(0, 16);

/** The keys of a run besides the client's. */
const pairKeys = ({ keys }: Run): string[] => [...keys].filter((key) => !CLIENT_KEYS.includes(key)).sort();

/** Two sessions that have no tape, opened wire, zero share or key in common. */
function expectApart(one: Run, other: Run): void {
  expect(pairKeys(one).filter((key) => other.keys.has(key))).toEqual([]);
  expect(one.opened.size).toBeGreaterThan(30);
  expect([...one.opened.keys()]).toEqual([...other.opened.keys()]);
  expect([...one.opened].filter(([at, words]) => other.opened.get(at) === words)).toEqual([]);
  // Two of a layer, one of the last norm.
  expect(one.tape.length).toBe(2 * SHAPE.layers + 1);
  expect(one.tape.filter((section) => other.tape.includes(section))).toEqual([]);
  expect(one.zeroShares.length).toBe(2);
  expect(one.zeroShares.filter((words) => other.zeroShares.includes(words))).toEqual([]);
}

test('two sessions of one id share no nonce, key, tape, opened wire or zero share', async () => {
  const [one, other] = [await run({ session: SESSION }), await run({ session: SESSION })];
  expect(new Set([...one.nonces, ...other.nonces]).size).toBe(6);
  expectApart(one, other);
});

describe('with every random choice fixed', () => {
  const fixed = (change: Partial<Record<(typeof HOSTED)[number] | 'session', Uint8Array>> = {}): LocalReplay => ({
    session: change.session ?? SESSION,
    server0: { fixed: { nonce: change.server0 ?? new Uint8Array(16).fill(1) } },
    server1: { fixed: { nonce: change.server1 ?? new Uint8Array(16).fill(2) } },
    dealer: { fixed: { nonce: change.dealer ?? new Uint8Array(16).fill(3) } },
  });
  let base: Run;
  beforeAll(async () => void (base = await run(fixed())));

  test('a session repeats itself, under the keys that docs/protocol.md derives', async () => {
    expect(await run(fixed())).toEqual(base);
    const salt = concatBytes(
      ...[1, 2, 3].map((n) => new Uint8Array(16).fill(n)),
      SESSION,
      provisioningId(owner.manifest),
    );
    const derive = (seed: Uint8Array, pair: string): string =>
      Buffer.from(hkdfSync('sha256', seed, salt, `comet tape ${pair}`, 32)).toString('hex');
    const k0 = derive(PAIR_SEEDS.dealer.server0!, 'server0-dealer');
    const k1 = derive(PAIR_SEEDS.dealer.server1!, 'server1-dealer');
    const k01 = derive(PAIR_SEEDS.server0.server1!, 'server0-server1');
    expect(pairKeys(base)).toEqual([k0, k1, k01].sort());
    expect([base.verifier.k0, base.verifier.k1].map(bytesToHex)).toEqual([k0, k1]);
    expect(base.zeroShares[0]).toBe(base.zeroShares[1]);
  });

  test.each([...HOSTED, 'session'] as const)('another nonce of %s alone changes everything', async (who) => {
    const other = await run(fixed({ [who]: new Uint8Array(16).fill(9) }));
    expectApart(base, other);
    for (const key of [other.verifier.k0, other.verifier.k1]) expect(other.keys).toContain(bytesToHex(key));
  });

  test('another provisioning alone changes everything', async () => {
    expectApart(base, await run(fixed(), { ...owner.manifest, salt: 'ff'.repeat(16) }));
  });
});

test('the three pairs of a deployment have three seeds, each held by both of its ends', () => {
  const [one, other] = [drawPairSeeds(), drawPairSeeds()].map((seeds) => {
    expect(seeds.server0.dealer).toBe(seeds.dealer.server0);
    expect(seeds.server1.dealer).toBe(seeds.dealer.server1);
    expect(seeds.server0.server1).toBe(seeds.server1.server0);
    return [seeds.server0.dealer!, seeds.server1.dealer!, seeds.server0.server1!].map(bytesToHex);
  });
  expect(new Set([...one, ...other]).size).toBe(6);
});

describe('masks of the weights', () => {
  /** The order of the masks' addresses: docs/protocol.md section 4. */
  const NAMES = [
    'qkv', 'o', 'up', 'down', 'qkvBias', 'oBias', 'upBias', 'downBias', 'centers', 'predictDown', 'predictUp', 'thresholds',
  ] as const; // prettier-ignore
  const MATRICES = ['qkv', 'o', 'up', 'down', 'predictDown', 'predictUp'] as const;
  /** What this model has; tensors of a post-norm model come after them. */
  type Name = (typeof NAMES)[number];
  const isMatrix = (name: TensorName): boolean => (MATRICES as readonly string[]).includes(name);

  /** Row-major with the columns of a matrix of so many rows as rows. */
  const columnsOf = (values: Float32Array, rows: number): Float32Array => {
    const cols = values.length / rows;
    return values.map((_, i) => values[(i % rows) * cols + Math.floor(i / rows)]);
  };

  /** The owner's secret: the words of a plaintext tensor. */
  function plain({ layer, name }: TensorId): BigUint64Array {
    const p = plan.layers[layer];
    const { qkv, o, up, down, bias, centers, predictor } = owner.model.layers[layer];
    const as = (other: 'centers' | 'thresholds' | 'qkvBias' | 'oBias' | 'upBias' | 'downBias') =>
      biasScale(plan, p, other);
    const [values, scale] = {
      qkv: [qkv, p.swQkv] as const,
      o: [o, p.swO] as const,
      // One vector a neuron, and one a predicted output.
      up: [columnsOf(up, SHAPE.width), p.swUp] as const,
      down: [down, p.swDown] as const,
      qkvBias: [bias!.qkv!, as('qkvBias')] as const,
      oBias: [bias!.o!, as('oBias')] as const,
      upBias: [bias!.up!, as('upBias')] as const,
      downBias: [bias!.down!, as('downBias')] as const,
      centers: [centers, as('centers')] as const,
      predictDown: [predictor!.down, p.predictor!.swDown] as const,
      predictUp: [columnsOf(predictor!.up, p.predictor!.rank), p.predictor!.swUp] as const,
      thresholds: [predictor!.thresholds, as('thresholds')] as const,
    }[name as Name];
    return kernels.RingMatrix.fromF32(1, values.length, values, scale).words();
  }
  /** A half of a tensor's mask. */
  function half(seed: Uint8Array, id: TensorId): BigUint64Array {
    const at = nonce({ step: 0, layer: id.layer, op: NAMES.indexOf(id.name as Name) }, 0);
    return kernels.prgWords(seed, at, 0, plain(id).length, wordBits(plan, id));
  }
  /** Hears of everything that is put in its place. */
  const watching = (placed: BigUint64Array[]): Place => ({
    matrix: (matrix) => (placed.push(matrix.words()), inThread.matrix(matrix)),
    rows: (rows) => (placed.push(rows.words()), inThread.rows(rows)),
  });
  const sum = (...parts: BigUint64Array[]): BigUint64Array => parts.reduce((a, b) => kernels.addWords(a, b));
  const minus = (a: BigUint64Array, b: BigUint64Array): BigUint64Array => kernels.subWords(a, b);
  const same = (a: BigUint64Array, b: BigUint64Array): number => a.filter((word, i) => word === b[i]).length;

  test('F = W + L0 + L1, and every word of F and of both halves is another', () => {
    expect(tensors.map(({ layer, name }) => [layer, name])).toEqual(
      [0, 1].flatMap((layer) => NAMES.map((name) => [layer, name])),
    );
    const { seed0, seed1 } = owner.seeds;
    const seen: Record<WordBits, bigint[]> = { 32: [], 48: [], 64: [] };
    for (const tensor of tensors) {
      const words = wordsOf(kernels, plan, tensor);
      const [l0, l1] = [half(seed0, tensor), half(seed1, tensor)];
      expect(keptOf(plan, tensor, sum(plain(tensor), l0, l1))).toEqual(words);
      seen[wordBits(plan, tensor)].push(...words, ...l0, ...l1);
    }
    expect(Math.min(...Object.values(seen).map(({ length }) => length))).toBeGreaterThan(50);
    for (const words of [seen[48], seen[64]]) expect(new Set(words).size).toBe(words.length);
    // Of words of 32 bits as many pairs are alike as chance makes so.
    const { length } = seen[32];
    expect(length).toBeGreaterThan(1000);
    expect(length - new Set(seen[32]).size).toBeLessThanOrEqual(3 + (2 * length ** 2) / 2 ** 33);
  });

  test.each([0, 1] as const)('nothing that server %i holds equals a weight', async (party) => {
    const seed = [owner.seeds.seed0, owner.seeds.seed1][party];
    const placed: BigUint64Array[] = [];
    const server = new ServerMatrices(kernels, owner.manifest.plan, party, seed, watching(placed));
    for (const tensor of tensors) {
      const [masked, id]: [BigUint64Array, TensorId] = [wordsOf(kernels, plan, tensor), tensor];
      const low = (words: BigUint64Array): BigUint64Array => keptOf(plan, id, words);
      placed.length = 0;
      await server.add(tensor);
      const [weights, own] = [low(plain(id)), half(seed, id)];
      const share = low(party === 0 ? minus(masked, own) : kernels.negWords(own));
      expect(placed).toEqual(isMatrix(id.name) ? [share, masked] : []);
      if (placed.length === 0) expect(server.bias(id.layer, id.name as 'oBias')).toEqual(share);
      for (const view of [masked, own, share, minus(masked, own), sum(masked, own), sum(masked, share)]) {
        expect(same(low(view), weights)).toBe(0);
        expect(same(low(kernels.negWords(view)), weights)).toBe(0);
      }
    }
  });

  test('pieces of a tensor come in their order, and all of them', async () => {
    const [first, second] = tensors;
    const cut = (from: number, to: number): MaskedTensor => {
      const size = wordBits(plan, first) / 8;
      return { ...first, from, bytes: first.bytes.slice(from * size, to * size) };
    };
    const server = (): ServerMatrices => new ServerMatrices(kernels, plan, 0, owner.seeds.seed0);
    const whole = server();
    await whole.add(cut(0, 5));
    await whole.add(cut(5, 768));
    expect(await whole.words(first)).toEqual(wordsOf(kernels, plan, first));
    const longer = { ...first, bytes: new Uint8Array(first.bytes.length + 8) };
    const odd = { ...first, bytes: first.bytes.slice(0, 5) };
    for (const pieces of [[cut(5, 768)], [cut(0, 5), cut(6, 768)], [cut(0, 5), second], [longer], [odd]]) {
      const other = server();
      const added = pieces.reduce((before, piece) => before.then(() => other.add(piece)), Promise.resolve());
      await expect(added).rejects.toMatchObject({ code: 'E_PROVISIONING' });
    }
  });

  test('the dealer holds the sum of both halves of every matrix', async () => {
    const held: BigUint64Array[] = [];
    await DealerMatrices.expand(kernels, owner.manifest.plan, owner.seeds, watching(held));
    const { seed0, seed1 } = owner.seeds;
    const ids = [0, 1].flatMap((layer) => MATRICES.map((name) => ({ layer, name })));
    expect(held).toEqual(ids.map((id) => keptOf(plan, id, sum(half(seed0, id), half(seed1, id)))));
  });

  test('a provisioning draws two seeds, and others than the one before', () => {
    const { seeds } = provision(kernels, 'random', model, ranges as never);
    const drawn = [seeds, owner.seeds].flatMap(({ seed0, seed1 }) => [seed0, seed1].map(bytesToHex));
    expect(new Set(drawn).size).toBe(4);
  });

  test('share directories have two seeds; one seed twice is refused', async () => {
    const { dir, remove } = temporaryFolder();
    try {
      const out = join(dir, 'shares');
      const { model, manifest } = owner;
      await writeShares(kernels, { name: 'random', model, plan: manifest.plan, tokenizer: new Map(), ends: [] }, out);
      const secrets = (role: string): Record<string, string> =>
        JSON.parse(readFileSync(join(out, role, 'secret.json'), 'utf8')) as Record<string, string>;
      const { seed0, seed1 } = secrets('dealer');
      expect(seed0).not.toBe(seed1);
      expect([secrets('server0'), secrets('server1')]).toEqual([{ seed0 }, { seed1 }]);
      const read = await readMaskSeeds(join(out, 'dealer'));
      expect([read.seed0, read.seed1].map((seed) => bytesToHex(seed!))).toEqual([seed0, seed1]);
      writeFileSync(join(out, 'dealer', 'secret.json'), JSON.stringify({ seed0, seed1: seed0 }));
      const refused = readMaskSeeds(join(out, 'dealer'));
      await expect(refused).rejects.toMatchObject({ code: 'E_PROVISIONING' });
      await expect(refused).rejects.not.toThrow(seed0);
    } finally {
      remove();
    }
  });
});

describe('a client', () => {
  /** What the client makes of hidden rows of these mean squares and of checks, sent in two random shares. */
  async function receive(meanSquares: readonly number[], spoiled = -1): Promise<Float32Array> {
    const links = memoryLinks();
    const { server0, server1, dealer } = links.client;
    const client = new ClientSession(owner.client, { server0, server1, dealer, maskKeys: [keyOf(6), keyOf(7)] });
    client.announce([{ rows: meanSquares.length, position: 2, outputs: 'all' }]);
    const { width } = SHAPE;
    const { kOut, sxs, sr } = owner.manifest.plan.final;
    const hidden = Float32Array.from({ length: meanSquares.length * width }, (_, i) => {
      const size = Math.sqrt(meanSquares[Math.floor(i / width)]);
      return i % 2 ? size : -size;
    });
    const other = kernels.prgWords(randomBytes(32), new Uint8Array(12), 0, hidden.length, kOut);
    const one = kernels.subWords(kernels.floatToWords(hidden, sxs + sr, kOut), other);
    const count = meanSquares.length * SHAPE.heads * SHAPE.layers;
    const bits = kernels.prgWords(randomBytes(32), new Uint8Array(12), 0, count, 1);
    const checks = [bits, bits.map((bit, i) => (i === spoiled ? bit : bit ^ 1n))];
    [one, other].forEach((share, i) => {
      const hidden = kernels.packWords(kernels.maskWords(share, kOut), kOut);
      const payload = concatBytes(hidden, kernels.packWords(checks[i], 1));
      links[SERVERS[i]].client.send({ kind: 'output', step: 0, layer: SHAPE.layers, payload });
    });
    return client.run(meanSquares.map((_, id) => id));
  }

  test('takes normalised rows', async () => {
    const hidden = await receive([1, 1.1, 0.9]);
    expect(hidden.length).toBe(3 * SHAPE.width);
    expect(hidden[1]).toBeCloseTo(1, 2);
  });

  const outOfRange = (where: string) => ({ code: 'E_RANGE', message: expect.stringContaining(where) });

  test.each([
    [[0.5], 2],
    [[1.5], 2],
    [[0], 2],
    [[1, 4], 3],
    [[1.7, 1, 1], 2],
  ])('refuses rows of mean squares %j, and says that it is position %i', async (rows, position) => {
    await expect(receive(rows)).rejects.toMatchObject(
      outOfRange(`the final state at position ${position} is not normalised`),
    );
  });

  // Bits are in the order (layer, row, head).
  test.each([
    [0, 0, 2],
    [SHAPE.heads + 1, 0, 3],
    [3 * SHAPE.heads - 1, 0, 4],
    [3 * SHAPE.heads, 1, 2],
    [3 * SHAPE.heads * SHAPE.layers - 1, SHAPE.layers - 1, 4],
  ])('refuses rows of which check %i failed, and says that it is layer %i at position %i', async (check, layer, at) => {
    await expect(receive([1, 1, 1], check)).rejects.toMatchObject(
      outOfRange(
        `the attention weights of layer ${layer} at position ${at} do not sum to one in 1 of ${SHAPE.heads} heads`,
      ),
    );
  });
});
