/** `comet plan` as a user meets it; what it plans is in `program-variants`. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, tinyModel } from './support/fixture-model.js';
import { comet, expectFailure, lastJson, stopAll } from './support/processes.js';

const folder = temporaryFolder();
let model: string;
beforeAll(() => {
  model = tinyModel(join(folder.dir, 'tiny'));
  writeFileSync(join(model, 'heldout.txt'), readFileSync(join(model, 'calibration.txt')).subarray(0, 60));
});
afterEach(stopAll);
afterAll(() => folder.remove());

const plan = (...args: string[]) => comet('plan', model, '--context', '8', ...args);

test('a model without predictors is planned dense, all variants with their errors', async () => {
  const finished = await plan('--error-tokens', '8', '--rtt', '50', '--json');
  expect({ code: finished.code, stderr: finished.stderr }).toMatchObject({ code: 0 });
  const report = lastJson(finished);
  const variants = report.variants as { variant: string; modes: string; rounds: number; error: object }[];
  expect(variants.map(({ variant }) => variant)).toEqual(['digits', 'fused', 'tables', 'thin', 'tables-thin']);
  for (const { modes, error } of variants) {
    expect(modes).toBe('dd');
    expect(error).toMatchObject({ tokens: 8, rms: expect.any(Number) });
  }
  expect(report.best).toEqual(report.dense);
  expect(report.widened).toMatchObject({ layers: 2, context: 8, widenings: expect.any(Array) });
  expect(report).not.toHaveProperty('predicted');
  expect(report).not.toHaveProperty('exact');
});

test('people are told that sparse modes need predictors, and get no modes to run', async () => {
  const { code, stdout } = await plan('--error-tokens', '0');
  expect(code).toBe(0);
  expect(stdout).toContain('sparse modes need predictors');
  expect(stdout).not.toContain('--modes');
  expect(stdout).toMatch(/wider than usual/);
});

test.each([
  [['--check'], 'predictors'],
  [['--error-tokens', '1'], '0, for none, or at least 2'],
  [['--error-tokens', '5000'], 'heldout.txt has'],
])('%j is refused before anything is measured', async (args, said) => {
  const finished = await plan(...args);
  expect(expectFailure(finished, 'E_ARGUMENT')).toContain(said);
});

test('a context beyond the model’s is refused before weights are read', async () => {
  const bare = tinyModel(join(folder.dir, 'bare'));
  rmSync(join(bare, 'model.safetensors'));
  expect(expectFailure(await comet('plan', bare, '--context', '5000'), 'E_ARGUMENT')).toContain('context');
});
