/** `comet predictor` as a user meets it. */
import { existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, tinyModel } from './support/fixture-model.js';
import { comet, expectFailure, lastJson, start, stopAll } from './support/processes.js';

const folder = temporaryFolder();
let model: string;
beforeAll(() => {
  model = tinyModel(join(folder.dir, 'tiny'));
});
afterEach(stopAll);
afterAll(() => folder.remove());

const train = ['predictor', 'train', '--bytes', '4000', '--rank', '8,4', '--max-loss', '1%', '--max-head-loss', '0.01'];

test('train, tune and eval', async () => {
  const trained = await comet(...train, model, '--json');
  expect({ code: trained.code, stderr: trained.stderr }).toMatchObject({ code: 0 });
  expect(lastJson(trained)).toMatchObject({ schemaVersion: 1, predictors: join(model, 'predictors.safetensors') });
  const report = JSON.parse(readFileSync(join(model, 'predictors.json'), 'utf8')) as Record<string, unknown>;
  expect(report).toMatchObject({
    format: 2,
    maxLoss: { neurons: 0.01, heads: 0.01 },
    training: { rank: [8, 4], seed: 0 },
  });

  const text = ['--text', join(model, 'calibration.txt'), '--bytes', '1000'];
  const evaluated = lastJson(await comet('predictor', 'eval', model, ...text, '--json'));
  const numbers = ['computedDensity', 'headsSkipped', 'neuronRecall', 'massRecall', 'crossEntropyChange'];
  for (const name of numbers) expect({ [name]: evaluated[name] }).toEqual({ [name]: expect.any(Number) });
  expect(evaluated.schemaVersion).toBe(1);
  expect(evaluated.perLayer).toMatchObject([{ rank: 8 }, { rank: 4 }]);
  const layers = evaluated.perLayer as { computedDensity: number; peakScore: number }[];
  expect(evaluated.computedDensity).toBeCloseTo((layers[0].computedDensity + layers[1].computedDensity) / 2, 12);
  expect(layers[0].peakScore).toBeGreaterThan(0);
  const fixed = lastJson(await comet('predictor', 'eval', model, ...text, '--fixed', '--json'));
  expect(fixed.tokens).toBe(evaluated.tokens);
  const coarse = lastJson(await comet('predictor', 'eval', model, ...text, '--fixed', '0,0,0', '--json'));
  expect(coarse.divergence).not.toBe(fixed.divergence);

  const tuned = await comet('predictor', 'tune', model, '--bytes', '1000', '--max-loss', '5%', '--max-head-loss', '0');
  expect(tuned.code).toBe(0);
  const looser = lastJson(await comet('predictor', 'eval', model, ...text, '--json'));
  expect(looser.computedDensity).toBeLessThan(evaluated.computedDensity as number);
  const people = await comet('predictor', 'eval', model, ...text);
  expect(people).toMatchObject({ code: 0, stdout: expect.stringContaining('heads skipped') });
});

test('one input for several layers, and what is not a layer', async () => {
  const out = join(folder.dir, 'early');
  expect((await comet(...train, model, '--from-layer', '0', '--out', out)).code).toBe(0);
  const bytes = readFileSync(join(out, 'predictors.safetensors')).toString('latin1');
  expect(bytes).toContain('"from":"0,0"');
  expect(JSON.parse(readFileSync(join(out, 'predictors.json'), 'utf8'))).toMatchObject({ training: { fromLayer: 0 } });
  expectFailure(await comet(...train, model, '--from-layer', '2', '--out', out), 'E_ARGUMENT');
});

test('attack', async () => {
  const attacked = tinyModel(join(folder.dir, 'attacked'));
  expectFailure(await comet('attack', attacked, '--text', join(attacked, 'calibration.txt')), 'E_CHECKPOINT');
  expect((await comet(...train, attacked)).code).toBe(0);
  const text = ['--text', join(attacked, 'calibration.txt'), '--bytes', '300', '--training-bytes', '1500'];
  const some = ['--mitigations', 'blocks', '--epoch-tokens', '40', '--guess-tokens', '2'];
  const run = await comet('attack', attacked, ...text, ...some, '--json');
  expect(run.stderr).toContain('attacking 100 %');
  const report = lastJson(run);
  expect(report).toMatchObject({
    schemaVersion: 1,
    epochTokens: 40,
    seed: 0,
    baseline: { accuracy: expect.any(Number) },
  });
  const mitigations = report.mitigations as { mitigation: string; results: { attack: string; accuracy: number }[] }[];
  expect(mitigations.map(({ mitigation }) => mitigation)).toEqual(['none', 'blocks']);
  const attacks = new Set(mitigations[1].results.map(({ attack }) => attack));
  expect([...attacks]).toEqual(['classifier', 'vocabulary', 'knownPrompt', 'counts']);
  const people = await comet('attack', attacked, ...text, ...some);
  expect(people).toMatchObject({ code: 0, stdout: expect.stringContaining('knownPrompt shuffled 16') });
});

test('the same seed gives the same file, also when the training was stopped in between', async () => {
  const [first, second] = ['first', 'second'].map((name) => join(folder.dir, name));
  const args = [...train, model, '--bytes', '8000', '--passes', '3'];
  expect((await comet(...args, '--out', first)).code).toBe(0);
  const stopped = start(...args, '--out', second);
  await stopped.until(() => existsSync(join(second, 'predictors.state')));
  stopped.child.kill('SIGINT');
  expect((await stopped.finished).code).toBe(130);
  expect(readdirSync(second)).toEqual(['predictors.state']);
  expect((await comet(...args, '--out', second)).code).toBe(0);
  expect(readdirSync(second).sort()).toEqual(['predictors.json', 'predictors.safetensors']);
  const bytes = (dir: string): string => readFileSync(join(dir, 'predictors.safetensors')).toString('base64');
  expect(bytes(second) === bytes(first)).toBe(true);
});

test('what it cannot do is said in a sentence', async () => {
  expectFailure(await comet('predictor', 'train', model, '--bytes', '2'), 'E_ARGUMENT');
  expectFailure(await comet('predictor', 'train', model, '--rank', '1,2,3'), 'E_ARGUMENT');
  expectFailure(await comet('predictor', 'train', model, '--text', join(model, 'nothing')), 'E_IO');
  expectFailure(await comet('predictor', 'train', join(folder.dir, 'nowhere')), 'E_CHECKPOINT');
  expectFailure(
    await comet('predictor', 'eval', tinyModel(join(folder.dir, 'untrained')), '--text', join(model, 'config.json')),
    'E_CHECKPOINT',
  );
  const damaged = tinyModel(join(folder.dir, 'damaged'));
  expect((await comet(...train, damaged)).code).toBe(0);
  truncateSync(join(damaged, 'predictors.safetensors'), 1000);
  expectFailure(await comet('predictor', 'eval', damaged, '--text', join(damaged, 'calibration.txt')), 'E_CHECKPOINT');
});

test.each([
  [['--max-loss', 'little'], '--max-loss'],
  [['--max-loss', '200%'], '--max-loss'],
  [['--rank', '0'], '--rank'],
  [['--rank', '4,x'], '--rank'],
  [['--from-layer', '-1'], '--from-layer'],
])('%j is refused with a usage message', async (args, named) => {
  const { code, stderr, stdout } = await comet('predictor', 'train', model, ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(named);
});
