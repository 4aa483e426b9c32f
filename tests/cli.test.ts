/** The command as a user meets it: what it prints where, and what it says about bad input. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { editJson, editWeights, shrinkCalibration, temporaryFolder, tinyModel } from './support/fixture-model.js';
import { comet, COMMAND, expectFailure, lastJson, start, startOpen, stopAll } from './support/processes.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const folder = temporaryFolder();
const PROMPT = 'a prompt that nobody repeats';
let model: string;
let count = 0;

/** A copy of the calibrated tiny model. */
function copy(): string {
  const dir = join(folder.dir, `copy${count++}`);
  cpSync(model, dir, { recursive: true });
  return dir;
}
const generate = (dir: string, ...args: string[]) =>
  comet('generate', PROMPT, '--model', dir, '--max-tokens', '4', ...args);

/** The id of a process that is over. */
async function deadProcess(): Promise<number> {
  const child = spawn('true');
  await once(child, 'close');
  return child.pid!;
}

beforeAll(async () => {
  model = tinyModel(join(folder.dir, 'tiny'));
  const { code, stderr } = await comet('model', 'calibrate', model, '--tokens', '4096');
  expect({ code, stderr }).toMatchObject({ code: 0 });
});
afterEach(stopAll);
afterAll(() => folder.remove());

test('the last line of stdout is one JSON object, and all else goes to stderr', async () => {
  const result = await generate(model, '--json');
  expect(result.stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(result.stderr).toContain(PROMPT);
  const json = lastJson(result);
  const numbers = ['rounds', 'onlineBytes', 'offlineBytes', 'secondsPerToken'];
  for (const name of numbers) expect({ [name]: json[name] }).toEqual({ [name]: expect.any(Number) });
  expect(json).toMatchObject({ schemaVersion: 1, tokens: 4, text: expect.any(String) });
  expect(json.rounds).toBe((2 * 15 + 2) * 4);
});

test('without --json the text goes to stdout and the table to stderr', async () => {
  const { stdout, stderr, code } = await generate(model);
  expect(code).toBe(0);
  expect(stdout.startsWith(PROMPT)).toBe(true);
  expect(stdout.trimEnd().split('\n').length).toBeLessThan(8);
  expect(stderr).toContain('time per token');
});

const shipped = existsSync(join(ROOT, 'models/comet-16m/calibration.json'));
(shipped ? test : test.skip)('npm start runs the shipped model (skipped while it is absent)', async () => {
  const args = ['start', '--silent', '--', 'Once upon a time', '--max-tokens', '8', '--seed', '7', '--json'];
  const child = spawn('npm', args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(lastJson({ stdout })).toMatchObject({ schemaVersion: 1, tokens: 8 });
});

test('a line too long for the context is reported, and chat goes on with the next', async () => {
  const chat = startOpen(process.execPath, COMMAND, 'chat', '--model', model, '--max-tokens', '2', '--json');
  chat.child.stdin.end(`${PROMPT}\n${'too long '.repeat(60)}\nand more\n`);
  const finished = await chat.finished;
  expect(expectFailure(finished, 'E_LENGTH')).toContain('1 of the lines');
  const [first, second, third] = chat.events as Record<string, number | string>[];
  expect(chat.events).toHaveLength(3);
  expect(second).toEqual({ schemaVersion: 1, code: 'E_LENGTH', message: expect.stringContaining('context') });
  expect(third.promptTokens).toBeGreaterThan(first.promptTokens as number);
  expect(finished.stderr).toContain('"/new" begins another text');
});

test('the seed decides the text at a temperature', async () => {
  const at = async (seed: string) =>
    lastJson(await generate(model, '--temperature', '1', '--seed', seed, '--json')).text;
  const [first, again, other] = [await at('7'), await at('7'), await at('8')];
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

test('chat continues line after line in one session, and computes nothing again', async () => {
  const chat = startOpen(process.execPath, COMMAND, 'chat', '--model', model, '--max-tokens', '4', '--json');
  chat.child.stdin.end(`${PROMPT}\n\nand more\n/new\n${PROMPT}\n`);
  const { code, stderr } = await chat.finished;
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const [first, second, third, fourth] = chat.events as Record<string, number | string>[];
  expect(chat.events).toHaveLength(4);
  expect(first).toMatchObject({ schemaVersion: 1, tokens: 4, reusedTokens: 0, rounds: (2 * 15 + 2) * 4 });
  // A random model says bytes that are no text, and as a prompt they have other tokens: reuse ends there.
  expect(second.promptTokens).toBeGreaterThan(first.promptTokens as number);
  expect(third.promptTokens).toBeGreaterThan(second.promptTokens as number);
  for (const later of [second, third]) expect(later.reusedTokens).toBeGreaterThanOrEqual(first.promptTokens as number);
  expect(fourth).toMatchObject({ promptTokens: first.promptTokens, reusedTokens: (first.promptTokens as number) - 1 });
  expect(fourth.text).toBe(first.text);
  expect(fourth.offlineBytes).toBeLessThan(first.offlineBytes as number);
  const once = lastJson(await generate(model, '--json'));
  // A turn holds back a character that is not whole; a text that ends gives it out as it is.
  expect(once).toMatchObject({ reusedTokens: 0 });
  expect((once.text as string).replace(/\ufffd+$/, '')).toBe(first.text);
});

test('filters and stop strings change the text', async () => {
  const text = async (...args: string[]) =>
    lastJson(await generate(model, '--max-tokens', '16', '--json', ...args)).text as string;
  const [greedy, one] = [await text(), await text('--temperature', '2', '--top-k', '1')];
  expect(one).toBe(greedy);
  expect(await text('--repetition-penalty', '100')).not.toBe(greedy);
  expect(greedy.length).toBeGreaterThan(1);
  expect(await text('--stop', 'never said', '--stop', greedy.slice(1))).toBe(
    greedy.slice(0, greedy.indexOf(greedy.slice(1))),
  );
});

test('without a terminal the built-in prompt is used', async () => {
  const { code, stderr } = await comet('generate', '--model', model, '--max-tokens', '1', '--json');
  expect(code).toBe(0);
  expect(stderr).toContain('no prompt given');
});

test.each([
  [[]],
  [['generate']],
  [['chat']],
  [['init']],
  [['share']],
  [['serve']],
  [['verify']],
  [['attack']],
  [['cost']],
  [['model', 'stats']],
])('comet %p --help explains itself', async (command) => {
  const { code, stdout } = await comet(...command, '--help');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Usage: comet/);
});

test.each([
  [['generate', 'x', '--nonsense'], '--nonsense'],
  [['generate', 'x', '--max-tokens', '0'], '--max-tokens'],
  [['generate', 'x', '--max-tokens', '1.5'], '--max-tokens'],
  [['generate', 'x', '--temperature', 'warm'], '--temperature'],
  [['generate', 'x', '--seed', '-1'], '--seed'],
  [['generate', 'x', '--top-k', '0'], '--top-k'],
  [['generate', 'x', '--top-p', '1.5'], '--top-p'],
  [['generate', 'x', '--repetition-penalty', 'much'], '--repetition-penalty'],
  [['generate', 'x', 'y'], 'arguments'],
  [['nonsense'], 'nonsense'],
  [['share', 'x'], '--out'],
  [['share', 'x', '--out', ''], '--out'],
  [['generate', 'x', '--model', ''], '--model'],
  [['generate', 'x', '--config', ''], '--config'],
  [['generate', 'x', '--config', 'a', '--model', 'b'], '--model'],
  [['generate', 'x', '--variant', 'quick'], '--variant'],
  [['generate', 'x', '--variant', 'tables', '--config', 'a'], '--variant'],
  [['share', 'x', '--out', 'y', '--variant', 'constructor'], '--variant'],
  [['plan', '--error-tokens', '-1'], '--error-tokens'],
  [['init', 'x', '--host', ''], '--host'],
  [['attack', '--mitigations', 'none,magic'], '--mitigations'],
  [['attack', '--epoch-tokens', '0'], '--epoch-tokens'],
  [['cost', '--repeat', '1000000'], '--repeat'],
  [['cost', '--shape', 'constructor'], 'constructor'],
  [['cost', '--step', 'prefill', '--context', '9'], 'context'],
  [['cost', '--tokens', '9'], 'tokens'],
  [['serve', 'dealer', '--config', 'x', '--max-epochs', '-1'], '--max-epochs'],
  [['serve', 'dealer', '--config', 'x', '--stall-timeout', 'soon'], '--stall-timeout'],
  [['serve', 'dealer', '--config', 'x', '--idle-timeout', '0.5'], '--idle-timeout'],
  [['init', 'x', '--base-port', '65534'], '--base-port'],
  [['init', 'x', '--tls', 'nowhere'], 'nowhere'],
])('%j is refused with a usage message', async (args, named) => {
  const result = await comet(...args);
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(expectFailure(result, 'E_ARGUMENT')).toContain(named);
});

/** There is no such folder, so whatever loads a model first says something else. */
const NOWHERE = ['--model', 'nowhere'];

test.each([
  [['generate', 'x', ...NOWHERE, '--dense', '--prefetch', '0'], 'prefetch'],
  [
    ['generate', 'x', ...NOWHERE, '--dense', '--budget', 'constant', '--epoch-tokens', '4'],
    'a budget and epoch tokens',
  ],
  [['generate', 'x', ...NOWHERE, '--dense', '--modes', 'pp'], 'modes'],
  [['generate', 'x', ...NOWHERE, '--budget', 'constant', '--modes', 'pe'], 'modes without e'],
  [['generate', 'x', ...NOWHERE, '--shared-epoch'], '--config'],
  [['generate', 'x', ...NOWHERE, '--top-k', '3'], '--temperature'],
  [['chat', ...NOWHERE, '--dense', '--prefetch', 'none'], 'prefetch'],
  [['trace', 'nowhere', '--dense', '--epoch-tokens', '4'], 'epoch tokens'],
  [['leakage', 'nowhere', '--dense', '--shared-epoch'], 'a shared epoch'],
  [['plan', 'nowhere', '--error-tokens', '0', '--text', 'x'], 'text'],
  [['plan', 'nowhere', '--error-tokens', '0', '--max-loss', '1%'], 'loss'],
  [['attack', 'nowhere', '--guess-sessions', '0', '--guess-tokens', '4'], 'guess'],
  [['bench', 'kernels', '--sessions', '2'], 'bench sessions'],
  [['bench', 'tokens', '--rtt', '5'], 'bench sessions'],
  [['bench', 'gates', '--no-profile'], 'bench tokens'],
  [['bench', 'kernels', '--variant', 'thin'], 'bench gates, tokens, sessions'],
  [['bench', '--prefetch', '5'], 'bench cache'],
  [['bench', 'tokens', ...NOWHERE, '--layers', '2'], 'shape'],
  [['bench', 'sessions', ...NOWHERE, '--shape', 'tiny'], 'model'],
])('%j would be ignored or contradicts, so it is refused before anything is loaded', async (args, named) => {
  const result = await comet(...args);
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(expectFailure(result, 'E_ARGUMENT')).toContain(named);
});

test.each([
  [['--modes', 'ddd'], '2 letters'],
  [['--modes', 'pp'], 'no predictors'],
  [['--prefetch', '2'], 'no predictors'],
  [['--epoch-tokens', '9'], 'no predictors'],
  [['--modes', 'dd', '--epoch-tokens', '9'], 'all layers dense'],
])('%j, which the model cannot do, is refused before weights are read', async (args, named) => {
  const dir = copy();
  rmSync(join(dir, 'model.safetensors'));
  expect(expectFailure(await comet('generate', 'x', '--model', dir, ...args), 'E_ARGUMENT')).toContain(named);
  if (args.includes('--prefetch')) return;
  expect(expectFailure(await comet('trace', dir, ...args), 'E_ARGUMENT')).toContain(named);
});

describe('bad input', () => {
  test('an empty prompt', async () => {
    expectFailure(await comet('generate', '', '--model', model), 'E_PROMPT');
  });

  test.each([
    [['--top-p', '0'], 'top-p'],
    [['--repetition-penalty', '0'], 'repetition penalty'],
    [['--stop', ''], 'stop string'],
  ])('%j', async (args, named) => {
    expect(expectFailure(await generate(model, ...args), 'E_ARGUMENT')).toContain(named);
  });

  test('a prompt longer than the context, which the message does not repeat, before weights are read', async () => {
    const dir = copy();
    rmSync(join(dir, 'model.safetensors'));
    expectFailure(await comet('generate', 'secret '.repeat(60), '--model', dir), 'E_LENGTH');
    const result = await comet('generate', 'secret '.repeat(60), '--model', model);
    expect(expectFailure(result, 'E_LENGTH')).not.toContain('secret');
    expect(result.stderr).not.toContain('secret');
  });

  test('more memory than may be used, which is said before anything is loaded', async () => {
    const result = await generate(model, '--max-memory', '1');
    expect(expectFailure(result, 'E_LIMIT')).toContain('the limit is 1 MB');
    expect(result.stderr).toMatch(
      /^needs about \d+ MB of memory \(owner .*, client .*, server0 .*, server1 .*, dealer .*\)$/m,
    );
  });

  test.each([['_remove_final_layer_norm', true]])('%s %j runs in plaintext only', async (field, value) => {
    const dir = copy();
    editJson(join(dir, 'config.json'), (config) => (config[field] = value));
    const line = expectFailure(await generate(dir), 'E_UNSUPPORTED');
    expect(line).toContain(`${field} is ${value}`);
    const stats = await comet(
      'model',
      'stats',
      dir,
      '--text',
      join(dir, 'calibration.txt'),
      '--bytes',
      '200',
      '--json',
    );
    expect(lastJson(stats)).toMatchObject({ crossEntropy: expect.any(Number) });
  });

  test('a folder that is not there', async () => {
    expectFailure(await generate(join(folder.dir, 'nowhere')), 'E_CHECKPOINT');
  });

  test.each([
    ['half of its bytes', (path: string) => truncateSync(path, 50_000)],
    ['four bytes', (path: string) => truncateSync(path, 4)],
    ['no bytes', (path: string) => truncateSync(path, 0)],
  ])('weights of %s', async (_how, damage) => {
    const dir = copy();
    damage(join(dir, 'model.safetensors'));
    expectFailure(await generate(dir), 'E_CHECKPOINT');
  });

  const NAME = 'model.decoder.layers.0.fc1.weight';
  test('a tensor of the wrong shape', async () => {
    const dir = copy();
    editWeights(dir, (header) => header[NAME].shape.reverse());
    expect(expectFailure(await generate(dir), 'E_CHECKPOINT')).toContain('fc1');
  });

  test('a tensor of the wrong type', async () => {
    const dir = copy();
    editWeights(dir, (header) => (header[NAME].dtype = 'I32'));
    expect(expectFailure(await generate(dir), 'E_(CHECKPOINT|UNSUPPORTED)')).toContain('fc1');
  });

  test('weights that are not numbers', async () => {
    const dir = copy();
    editWeights(dir, (_header, values) => (values(NAME)[17] = NaN));
    expect(expectFailure(await generate(dir), 'E_(CHECKPOINT|RANGE)')).toContain('fc1');
  });

  test('weights outside the fixed-point range', async () => {
    const dir = copy();
    editWeights(dir, (_header, values) => void values(NAME).fill(1e30));
    expectFailure(
      await comet('share', dir, '--out', join(dir, 'out'), '--calibration', join(dir, 'calibration.txt')),
      'E_RANGE',
    );
    expect(readdirSync(dir).filter((name) => name.startsWith('out'))).toEqual([]);
  });

  test.each([
    ['activation_function', 'gelu'],
    ['model_type', 'llama'],
  ])('an architecture with %s = %p', async (field, value) => {
    const dir = copy();
    editJson(join(dir, 'config.json'), (config) => (config[field] = value));
    expect(expectFailure(await generate(dir), 'E_UNSUPPORTED')).toContain(field);
  });

  test('a calibration of other weights, without a text to calibrate on', async () => {
    const dir = copy();
    editJson(join(dir, 'calibration.json'), (kept) => (kept.weights = '0'));
    writeFileSync(join(dir, 'calibration.txt'), '');
    expectFailure(await generate(dir), 'E_ARGUMENT');
  });

  const damage = (kept: Record<string, unknown>): void => void (kept.calibration = { layers: [1, 2] });

  test.each<[string, (dir: string) => void, string]>([
    [
      'whose config.json says something else now',
      (dir) => editJson(join(dir, 'config.json'), (config) => (config.activation_dropout = 0.5)),
      'another config.json',
    ],
    [
      'from before config.json counted',
      (dir) => editJson(join(dir, 'calibration.json'), (kept) => (kept.format = 1)),
      'older version',
    ],
    ['that is damaged', (dir) => editJson(join(dir, 'calibration.json'), damage), 'damaged'],
    ...[0, -1e308].map((value): [string, (dir: string) => void, string] => [
      `with a magnitude of ${value}`,
      (dir) =>
        editJson(join(dir, 'calibration.json'), ({ calibration }) => {
          (calibration as { layers: { qkMax: number }[] }).layers[0].qkMax = value;
        }),
      'damaged',
    ]),
  ])('a calibration %s is told of, measured again and kept', async (_name, change, why) => {
    const dir = copy();
    change(dir);
    const first = await generate(dir);
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('calibrating') });
    const told = first.stderr.split('\n').filter((line) => line.includes('calibration.json'));
    expect(told).toEqual([expect.stringContaining(why), expect.stringContaining('is kept as')]);
    const second = await generate(dir);
    expect(second).toMatchObject({ code: 0, stderr: expect.not.stringContaining('calibrating') });
  });

  test('a folder without texts is measured on those that come with comet', async () => {
    const dir = copy();
    for (const file of ['calibration.json', 'calibration.txt', 'heldout.txt']) rmSync(join(dir, file), { force: true });
    // Eight tokens of a random model: their perplexity may differ by more than the default allows.
    const little = ['--dense', '--tokens', '1', '--windows', '1', '--window', '8', '--tolerance', '10'];
    const { code, stderr } = await comet('verify', dir, ...little);
    expect(code).toBe(0);
    for (const name of ['calibration.txt', 'heldout.txt'])
      expect(stderr.split('\n').filter((line) => line.includes(name))).toEqual([expect.stringContaining('comet')]);
  });

  test('sizes that a model cannot meet are refused by name', async () => {
    const text = ['--text', join(model, 'calibration.txt')];
    for (const [option, value] of [
      ['--window', '65'],
      ['--windows', '100000'],
      ['--tokens', '64'],
    ])
      expect(expectFailure(await comet('verify', model, ...text, option, value), 'E_ARGUMENT')).toContain(option);
    expect(expectFailure(await comet('plan', model, '--context', '65'), 'E_ARGUMENT')).toContain('--context');
    expect(expectFailure(await comet('trace', model, '--max-tokens', '64'), 'E_ARGUMENT')).toContain('--max-tokens');
    expect(expectFailure(await comet('bench', 'tokens', '--model', model, '--tokens', '64'), 'E_ARGUMENT')).toContain(
      '--tokens',
    );
  });

  test('bytes that are no text to calibrate on', async () => {
    const text = join(copy(), 'model.safetensors');
    expectFailure(await comet('model', 'calibrate', copy(), '--text', text), 'E_ARGUMENT');
  });

  test('activations outside the calibrated range', async () => {
    const dir = copy();
    shrinkCalibration(dir);
    expect(expectFailure(await generate(dir), 'E_RANGE')).toMatch(/ at position \d+ /);
  });

  test('a configuration of another role, or none at all', async () => {
    const dir = join(folder.dir, 'configs');
    expect((await comet('init', dir)).code).toBe(0);
    expectFailure(await comet('generate', 'x', '--config', join(dir, 'server0.json')), 'E_CONFIG');
    expectFailure(await comet('serve', 'server1', '--config', join(dir, 'server0.json')), 'E_CONFIG');
    expectFailure(await comet('serve', 'client', '--config', join(dir, 'client.json')), 'E_ARGUMENT');
    expectFailure(await comet('generate', 'x', '--config', join(dir, 'nothing.json')), 'E_IO');
    expectFailure(await comet('serve', 'server0', '--config', join(dir, 'server0.json')), 'E_PROVISIONING');
    const { stderr } = await comet('init', dir);
    expect(stderr).toMatch(/^E_IO/m);
    const path = join(dir, 'server0.json');
    const text = readFileSync(path, 'utf8');
    const { seeds } = JSON.parse(text) as { seeds: { server1: string } };
    writeFileSync(path, text.replace(/.{8}$/s, ''));
    expect(expectFailure(await comet('serve', 'server0', '--config', path), 'E_CONFIG')).not.toContain(seeds.server1);
  });

  test('init names certificates relative to its files', async () => {
    const dir = join(folder.dir, 'secured');
    mkdirSync(join(folder.dir, 'certificates'));
    writeFileSync(join(folder.dir, 'certificates', 'ca.crt'), '');
    const tls = relative('.', join(folder.dir, 'certificates'));
    expect(await comet('init', dir, '--tls', tls)).toMatchObject({ code: 0 });
    const { tls: files } = JSON.parse(readFileSync(join(dir, 'client.json'), 'utf8')) as { tls: { ca: string } };
    expect(files.ca).toBe('../certificates/ca.crt');
  });

  test('init beyond this machine without certificates', async () => {
    const dir = join(folder.dir, 'exposed');
    expectFailure(await comet('init', dir, '--host', '10.1.2.3'), 'E_INSECURE_LINK');
    expect(existsSync(dir)).toBe(false);
  });

  test('share --force replaces shares and nothing else', async () => {
    const out = join(folder.dir, 'replaced');
    const share = (where: string) => comet('share', model, '--out', where, '--force', '--json');
    const stale = `${out}.partial-${await deadProcess()}-abcdef`;
    mkdirSync(stale);
    const [first, second] = [lastJson(await share(out)), lastJson(await share(out))];
    expect(second.provisioning).not.toBe(first.provisioning);
    expect(existsSync(stale)).toBe(false);
    expect(readdirSync(folder.dir).filter((name) => name.startsWith('replaced'))).toEqual(['replaced']);
    writeFileSync(join(out, 'client', 'thesis'), 'mine');
    const before = readdirSync(model);
    for (const where of [out, model, folder.dir, '.', '..', join(out, 'client')])
      expectFailure(await share(where), 'E_IO');
    expect(readFileSync(join(out, 'client', 'thesis'), 'utf8')).toBe('mine');
    expect(readdirSync(model)).toEqual(before);
  });

  test('share where something is, or where nothing can be written', async () => {
    const out = join(folder.dir, 'taken');
    mkdirSync(out);
    writeFileSync(join(out, 'mine'), 'kept');
    expectFailure(await comet('share', model, '--out', out), 'E_IO');
    expect(readdirSync(out)).toEqual(['mine']);
    const before = readdirSync(folder.dir).sort();
    expectFailure(await comet('share', model, '--out', join(out, 'mine', 'below')), 'E_IO');
    expect(readdirSync(folder.dir).sort()).toEqual(before);
    if (process.getuid?.() === 0) return; // to whom no folder is read-only
    chmodSync(out, 0o500);
    expectFailure(await comet('share', model, '--out', join(out, 'new')), 'E_IO');
    chmodSync(out, 0o700);
    expect(readdirSync(out)).toEqual(['mine']);
  });
});

describe('interruption', () => {
  test.each([['SIGINT'], ['SIGTERM']] as const)('%s in mid-generation stops at once with 130', async (signal) => {
    const running = start('generate', 'abc', '--model', model, '--max-tokens', '55');
    await running.until(({ stdout }) => stdout.length > 5);
    const at = Date.now();
    running.child.kill(signal);
    const { code, stderr } = await running.finished;
    expect(code).toBe(130);
    expect(Date.now() - at).toBeLessThan(3000);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe('E_ABORTED: stopped by a signal');
  });

  test.each([['calibrating'], ['masking']])('SIGINT while sharing (%s) leaves nothing', async (stage) => {
    const dir = copy();
    const running = start('share', dir, '--out', join(dir, 'out'), '--calibration', join(dir, 'calibration.txt'));
    await running.until(({ stderr }) => stderr.includes(stage));
    running.child.kill('SIGINT');
    expect((await running.finished).code).toBe(130);
    expect(readdirSync(dir).filter((name) => name.startsWith('out'))).toEqual([]);
  });

  test('SIGINT stops a comparison, and what it waits for', async () => {
    const text = join(model, 'calibration.txt');
    const running = start('verify', model, '--tokens', '20', '--windows', '100', '--window', '64', '--text', text);
    await running.until(({ stderr }) => stderr.includes('prompts 25'));
    running.child.kill('SIGINT');
    const { code, stderr } = await running.finished;
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.not.stringContaining('held-out text') });
  });

  test('SIGINT stops a measurement', async () => {
    const running = start('cost', '--shape', 'tiny', '--repeat', '4096');
    await running.until(({ stderr }) => stderr.includes('measuring 0 %'));
    running.child.kill('SIGINT');
    expect(await running.finished).toMatchObject({ code: 130, stdout: '' });
  });

  test('a reader that goes away is no crash', async () => {
    const running = start('generate', 'abc', '--model', model, '--max-tokens', '55');
    running.child.stdout.destroy();
    const { stderr, code } = await running.finished;
    expect(code).toBe(141);
    expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
  });
});
