/** Every kind of OPT decoder: loaded, run in floats and prepared, against transformers (scripts/train/make_variants.py). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Affine, type Checkpoint, loadCheckpoint } from '../ts/checkpoint/checkpoint.js';
import { folderSource } from '../ts/checkpoint/node/folder.js';
import { weightFiles } from '../ts/checkpoint/shards.js';
import { bytesSource } from '../ts/checkpoint/source.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { FloatModel, type FloatWeights } from '../ts/plain/float.js';
import { prepareModel } from '../ts/provision/prepare.js';

const FOLDER = fileURLToPath(new URL('fixtures/variants', import.meta.url));
const NAMES = readdirSync(FOLDER).sort();
/** What has no private program, and the field that says so. */
const PLAIN_ONLY: Readonly<Record<string, string>> = {
  'no-final-norm': '_remove_final_layer_norm is true',
};

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const load = (name: string): Promise<Checkpoint> => loadCheckpoint(kernels, folderSource(join(FOLDER, name)));
const referenceOf = (name: string) =>
  JSON.parse(readFileSync(join(FOLDER, name, 'reference.json'), 'utf8')) as { ids: number[]; logits: number[][] };

/** Largest difference of a logit from transformers'. */
function error(weights: FloatWeights, name: string, parts = [12]): number {
  const { ids, logits } = referenceOf(name);
  const model = new FloatModel(kernels, weights);
  const cache = model.newCache();
  let at = 0;
  const mine = parts.flatMap((rows) => [...model.logits(model.forward(ids.slice(at, (at += rows)), cache))]);
  model.free();
  expect(mine).toHaveLength(logits.flat().length);
  return logits.flat().reduce((max, value, i) => Math.max(max, Math.abs(value - mine[i])), 0);
}

test('there is a fixture for every field', () => {
  expect(NAMES).toEqual([
    'affine',
    'biases',
    'no-final-norm',
    'odd-shape',
    'post-norm',
    'post-norm-projected',
    'projected',
    'projected-untied',
    'published',
    'untied',
  ]);
});

describe.each(NAMES)('%s', (name) => {
  test('has the logits of transformers, at once and in parts', async () => {
    const checkpoint = await load(name);
    expect(error(checkpoint, name)).toBeLessThan(5e-5);
    expect(error(checkpoint, name, [5, 1, 6])).toBeLessThan(5e-5);
  });

  test('needs everything it has', async () => {
    const model = await load(name);
    const { variant } = model;
    const stripped = (part: 'bias' | 'norms') => ({
      ...model,
      layers: model.layers.map((layer) => ({ ...layer, [part]: undefined })),
    });
    const ablations: (FloatWeights | false)[] = [
      variant.biases.qkv && stripped('bias'),
      variant.affine && stripped('norms'),
      variant.affine && variant.finalNorm && { ...model, finalNorm: undefined },
      !(variant.normBefore && variant.finalNorm) && { ...model, variant: undefined },
      !variant.tied && { ...model, head: model.embedding },
    ];
    const present = ablations.filter((weights) => weights !== false);
    expect(present.length).toBeGreaterThan(0);
    for (const weights of present) expect(error(weights, name)).toBeGreaterThan(0.01);
  });

  const refused = PLAIN_ONLY[name];
  test(refused ? 'is refused where it should run privately' : 'keeps its function when it is prepared', async () => {
    const checkpoint = await load(name);
    if (refused) {
      expect(() => prepareModel(kernels, checkpoint)).toThrow(
        expect.objectContaining({ code: 'E_UNSUPPORTED', message: expect.stringContaining(refused) }),
      );
      return;
    }
    const prepared = prepareModel(kernels, checkpoint);
    expect(error(prepared, name)).toBeLessThan(2e-4);
    expect(await load(name)).toEqual(checkpoint);
    const { width } = prepared.shape;
    const zeroMean = (values: Float32Array): void => {
      for (let at = 0; at < values.length; at += width)
        expect(Math.abs(values.subarray(at, at + width).reduce((a, b) => a + b, 0))).toBeLessThan(1e-4);
    };
    // A post-norm model reads its input with its mean; what is added up is centred there by the residual's matrices.
    const { normBefore } = checkpoint.variant;
    [...(normBefore ? [prepared.embedding, prepared.positions!] : []), prepared.head].forEach(zeroMean);
    for (const [i, { o, down, bias, qkv, skip }] of prepared.layers.entries()) {
      expect(skip === undefined).toBe(normBefore);
      [o, down, ...(bias ? [bias.o!, bias.down!] : []), ...(skip ? [skip.a, skip.b] : [])].forEach(zeroMean);
      if (!normBefore && i === 0) continue;
      for (let j = 0; j < 3 * width; j++)
        expect(Math.abs(qkv.filter((_, i) => i % (3 * width) === j).reduce((a, b) => a + b, 0))).toBeLessThan(1e-4);
    }
  });
});

test('a prepared model has biases exactly where a linear layer or a norm had', async () => {
  const has = async (name: string): Promise<unknown[]> => {
    const { layers, headBias } = prepareModel(kernels, await load(name));
    return [layers.every(({ bias }) => bias), layers.some(({ bias }) => bias), headBias !== undefined];
  };
  expect(await has('untied')).toEqual([false, false, false]);
  expect(await has('biases')).toEqual([true, true, false]);
  expect(await has('affine')).toEqual([true, true, true]);
  const gains = await load('affine');
  const zero = ({ gain, bias }: Affine) => ({ gain, bias: bias!.map(() => 0) });
  const layers = gains.layers.map((layer) => ({
    ...layer,
    norms: { attention: zero(layer.norms!.attention), feedForward: zero(layer.norms!.feedForward) },
  }));
  const plain = prepareModel(kernels, { ...gains, layers, finalNorm: zero(gains.finalNorm!) });
  expect([plain.layers[0].bias, plain.headBias]).toEqual([undefined, undefined]);
});

describe('several files of weights', () => {
  const INDEX = 'model.safetensors.index.json';
  const folder = join(FOLDER, 'projected');
  const files = Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]));
  const index = JSON.parse(files[INDEX].toString()) as { weight_map: Record<string, string> };
  const FC1 = 'model.decoder.layers.0.fc1.weight';

  const failing = async (change: (map: Record<string, string>) => void, others: object = {}): Promise<string> => {
    const weight_map = { ...index.weight_map };
    change(weight_map);
    const all = { ...files, [INDEX]: Buffer.from(JSON.stringify({ ...index, weight_map })), ...others };
    const present = Object.fromEntries(Object.entries(all).filter(([, bytes]) => bytes)) as Record<string, Uint8Array>;
    return loadCheckpoint(kernels, bytesSource('x', present)).then(
      () => 'nothing',
      ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
    );
  };

  test('are found by the index, in order', async () => {
    expect(await weightFiles(folderSource(folder))).toEqual(
      [1, 2, 3, 4].map((i) => `model-0000${i}-of-00004.safetensors`),
    );
    expect(await weightFiles(folderSource(join(FOLDER, 'published')))).toEqual(['model.safetensors']);
    expect(await failing(() => {})).toBe('nothing');
  });

  test.each([
    [
      'a file is missing',
      () => {},
      { 'model-00002-of-00004.safetensors': undefined },
      'model-00002-of-00004.safetensors is missing',
    ],
    [
      'a tensor is in another file',
      (map: Record<string, string>) => (map[FC1] = 'model-00001-of-00004.safetensors'),
      {},
      FC1,
    ],
    [
      'a tensor is foreign',
      (map: Record<string, string>) => (map['x.y'] = 'model-00001-of-00004.safetensors'),
      {},
      'x.y',
    ],
    ['a file is elsewhere', (map: Record<string, string>) => (map[FC1] = '../model.safetensors'), {}, 'weight_map'],
    ['it is no index', () => {}, { [INDEX]: Buffer.from('[]') }, 'weight_map'],
    ['it is no JSON', () => {}, { [INDEX]: Buffer.from('{') }, 'weight_map'],
  ])('%s', async (_, change, others, message) => {
    const found = await failing(change, others);
    expect(found).toMatch(/^E_CHECKPOINT: x\//);
    expect(found).toContain(message);
  });
});
