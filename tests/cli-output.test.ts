/** What the command does with its streams: results that cannot be written, results that differ, prompts that are piped in. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifest } from '../ts/provision/manifest.js';
import { temporaryFolder, tinyModel } from './support/fixture-model.js';
import { COMMAND, comet, expectFailure, lastJson, start, startIn, startOpen, stopAll } from './support/processes.js';
import { NODE } from './support/runtimes.js';

const folder = temporaryFolder();
let model: string;

/** Runs the command with its output redirected by a shell. */
const redirected = (how: string, ...args: string[]) =>
  startIn(['sh', '-c', `exec "$@" ${how}`, 'sh', ...NODE], ...args).finished;

beforeAll(async () => {
  model = tinyModel(join(folder.dir, 'tiny'));
  expect(await comet('model', 'calibrate', model, '--tokens', '1024')).toMatchObject({ code: 0 });
});
afterEach(stopAll);
afterAll(() => folder.remove());

const verify = (tolerance: string, ...args: string[]) =>
  comet(...['verify', model, '--tokens', '1', '--windows', '1', '--window', '8', '--tolerance', tolerance], ...args);
const heldout = () => ['--text', join(model, 'calibration.txt')];

test('verify prints its result, and fails where that is outside the tolerance', async () => {
  const failed = await verify('0', '--json', ...heldout());
  expect(failed.code).toBe(1);
  expect(expectFailure(failed, 'E_MISMATCH')).toMatch(/perplexity differs by .* %, more than 0 %/);
  const report = lastJson(failed);
  expect(report).toMatchObject({ schemaVersion: 1, tokensEqual: true, wiresEqual: true });
  // The range of every wire is in the object, and as a table on stderr.
  const { x1, lnParts } = report.wires as Record<string, { width: number; peakBits: number; headroomBits: number }>;
  expect(x1.headroomBits).toBeCloseTo(x1.width - x1.peakBits, 6);
  expect(x1.headroomBits).toBeGreaterThan(1);
  expect(lnParts).toMatchObject({ kind: 'cut', headroomBits: null });
  expect(failed.stderr).toMatch(/wire +holds +layer +width +peak +bits left/);
  expect(failed.stderr).toMatch(new RegExp(`x1 +signed .* ${x1.headroomBits.toFixed(1)}`));
  const passed = await verify('100', ...heldout());
  expect(passed).toMatchObject({ code: 0, stdout: expect.stringContaining("tokens equal to the twin's") });
});

test('a variant is verified, and shared with every party', async () => {
  const verified = await verify('100', '--variant', 'tables-thin', '--json', ...heldout());
  expect(lastJson(verified)).toMatchObject({ tokensEqual: true, wiresEqual: true });
  const out = join(folder.dir, 'variant');
  const shared = await comet('share', model, '--out', out, '--variant', 'tables', '--json');
  expect(shared).toMatchObject({ code: 0 });
  const { widened } = lastJson(shared) as { widened: { rounds: number; widenings: { kind: string }[] } };
  expect(widened).toMatchObject({ layers: 2, context: 33, rounds: expect.any(Number) });
  // A line for each kind, below a head, or one that there is none.
  const said = shared.stderr.split('\n').filter((line) => / wider than usual|^wider|^ {2}/.test(line));
  expect(said).toHaveLength(1 + widened.widenings.length);
  for (const role of ['client', 'server0', 'server1', 'dealer']) {
    const { plan } = parseManifest(readFileSync(join(out, role, 'manifest.json'), 'utf8'), role);
    for (const layer of plan.layers) expect(layer).toMatchObject({ fused: true, signTable: { bits: 10 } });
  }
  const args = ['--max-tokens', '2', '--model', model, '--json'];
  const [digits, tables] = [
    await comet('generate', 'abc', ...args),
    await comet('generate', 'abc', ...args, '--variant', 'tables'),
  ];
  const [a, b] = [digits, tables].map(
    (result) => lastJson(result) as { rounds: number; tokens: number; source: string },
  );
  expect(a.source).toBe('measured');
  expect(a.rounds / a.tokens - b.rounds / b.tokens).toBe(
    parseManifest(readFileSync(join(out, 'client', 'manifest.json'), 'utf8'), 'client').plan.layers.length,
  );
});

test('tables that are the result go to stdout', async () => {
  const cost = await comet('cost', '--shape', 'tiny', '--repeat', '1');
  expect(cost).toMatchObject({ code: 0, stdout: expect.stringContaining('the layer') });
  expect(cost.stdout).toMatch(/operation +width +online/);
  const stats = await comet('model', 'stats', model, ...heldout(), '--bytes', '200');
  expect(stats).toMatchObject({ code: 0, stdout: expect.stringContaining('cross-entropy') });
});

test('statistics leave out what a short text does not have', async () => {
  const { union } = lastJson(await comet('model', 'stats', model, ...heldout(), '--bytes', '6', '--json'));
  expect(Object.keys(union as object)).toEqual(['2', '4']);
});

(existsSync('/dev/full') ? test : test.skip)('a full disk is a failure (skipped without /dev/full)', async () => {
  const json = await redirected('> /dev/full', 'generate', 'abc', '--model', model, '--max-tokens', '1', '--json');
  expect(json.code).toBe(1);
  expect(expectFailure(json, 'E_IO')).toContain('the disk is full');
  expectFailure(await redirected('> /dev/full', 'generate', 'abc', '--model', model, '--max-tokens', '1'), 'E_IO');
});

test('a prompt comes from a pipe or a file', async () => {
  const stdin = (text: string) => ['sh', '-c', `printf '${text}' | "$@"`, 'sh', ...NODE];
  const args = ['generate', '--model', model, '--max-tokens', '1'];
  const piped = await startIn(stdin('two\\nlines\\n'), ...args).finished;
  expect(piped.code).toBe(0);
  expect(piped.stdout.startsWith('two\nlines')).toBe(true);
  expect(piped.stderr).not.toContain('no prompt given');
  const file = await redirected(`< '${join(model, 'tokenizer_config.json')}'`, ...args);
  expect(file.stderr + file.stdout).toMatch(/E_LENGTH|^\{/m);
  expectFailure(await startIn(stdin('\\377'), ...args).finished, 'E_ARGUMENT');
});

test('a pipe that stays open without a word is no prompt', async () => {
  const running = startOpen(NODE[0], COMMAND, 'generate', '--model', model, '--max-tokens', '1');
  expect(await running.finished).toMatchObject({ code: 0, stderr: expect.stringContaining('no prompt given') });
});

test('an error comes on a line of its own after streamed text', async () => {
  const running = start('generate', 'abc', '--model', model, '--max-tokens', '55', '--json');
  await running.until(({ stderr }) => /\nabc..../s.test(stderr));
  running.child.kill('SIGINT');
  const { code, stderr } = await running.finished;
  expect(code).toBe(130);
  expect(stderr).toMatch(/\nE_ABORTED: stopped by a signal\n$/);
});

const script = spawnSync('script', ['--version']).status === 0;
(script ? describe : describe.skip)('on a terminal (skipped without script)', () => {
  test.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('%s at the prompt stops the command', async (_name, key) => {
    const line = `'${NODE[0]}' '${COMMAND}' generate --model '${model}' --max-tokens 1; echo "code $?"`;
    const running = startOpen('script', '-qc', line, '/dev/null');
    await running.until(({ stdout }) => stdout.includes('Prompt: '));
    running.child.stdin.write(key);
    await running.until(({ stdout }) => /\r\nE_ABORTED: stopped by a signal\r\ncode 130/.test(stdout));
  });

  test('a line says how much of the prompt is read, until the first token is there', async () => {
    const command = `'${NODE[0]}' '${COMMAND}' generate '${'a b '.repeat(10)}' --model '${model}' --max-tokens 1`;
    const { stdout } = await startOpen('script', '-qc', command, '/dev/null').finished;
    expect(stdout).toMatch(/reading the prompt: 0 of \d+ tokens/);
    expect(stdout).toContain('\x1b[Ka b a b');
    const piped = await comet('generate', 'a b', '--model', model, '--max-tokens', '1');
    expect(piped.stderr).not.toContain('reading the prompt');
  });
});
