/** `comet model`: plaintext facts about a checkpoint, and models that others published. */
import { type Command, Option } from 'commander';
import {
  type CachedModel,
  calibrateModel,
  importModel,
  type ImportModelOptions,
  type ImportReport,
  listModels,
  modelStats,
  pullModel,
  type PullModelOptions,
  type PullReport,
  removeModel,
  type Stats,
} from '../index.js';
import { integer } from './numbers.js';
import { bytes, note, percent, print, printJson, reporter, table } from './output.js';
import { signal } from './signal.js';
import { PREFIX, some } from './text.js';

export function addModel(program: Command): void {
  const model = program.command('model').description('models: import them, plaintext facts about them');
  model
    .command('stats')
    .description('cross-entropy, sparsity and the cost of dropping heads, in plaintext floats')
    .argument(
      '[model]',
      'a checkpoint folder, or OWNER/NAME in the cache; the model that comes with comet otherwise',
      some,
    )
    .option('--text <file>', "text to measure on; the model's heldout.txt otherwise, or comet's own", some)
    .option('--bytes <n>', 'only the first bytes of the text', integer(1))
    .option('--json', 'print one JSON object as the last line')
    .action(
      async (dir: string | undefined, { json, ...options }: { text?: string; bytes?: number; json?: boolean }) => {
        const stats = await modelStats(dir, {
          ...options,
          signal,
          onEvent: reporter(),
        });
        await (json ? printJson(stats) : print(describe(stats)));
      },
    );
  model
    .command('calibrate')
    .description("measure the ranges of a checkpoint's activations and keep them as calibration.json in its folder")
    .argument('<model>', 'a checkpoint folder, or OWNER/NAME in the cache', some)
    .option(
      '--text <file>',
      "text like that which will be generated; the model's calibration.txt otherwise, or comet's own",
      some,
    )
    .option('--tokens <n>', 'most tokens to measure on (8192; of a large model fewer)', integer(1))
    .option('--prefix <text>', PREFIX, some)
    .action(async (dir: string, options: { text?: string; tokens?: number; prefix?: string }) => {
      const path = await calibrateModel(dir, {
        ...options,
        signal,
        onEvent: reporter(),
      });
      note(`wrote ${path}`);
    });
  addImport(model);
  addCache(model);
}

/** `comet model import`. */
function addImport(model: Command): void {
  model
    .command('import')
    .description('make a checkpoint folder of a GGUF file of the architectures llama, qwen2 and qwen3')
    .argument('<file>', 'the GGUF file', some)
    .requiredOption('--out <dir>', 'the folder to make', some)
    .addOption(
      new Option('--dtype <type>', 'of the weights; the narrowest that holds every value exactly otherwise').choices([
        'f32',
        'f16',
        'bf16',
      ]),
    )
    .option('--json', 'print one JSON object as the last line')
    .action(async (file: string, { json, ...options }: ImportModelOptions & { json?: boolean }) => {
      const report = await importModel(file, { ...options, signal, onEvent: reporter() });
      if (report.roundedValues > 0)
        note(
          `rounded ${report.roundedValues} of ${report.parameters} values to ${report.dtype}: they are not the file's`,
        );
      await (json ? printJson(report) : print(describeImport(report)));
    });
}

/** `comet model pull`, `list`, `remove`. */
function addCache(model: Command): void {
  model
    .command('pull')
    .description('fetch a model of a Hugging Face hub (HF_ENDPOINT, HF_TOKEN); broken off, the same command goes on')
    .argument('<name>', 'OWNER/NAME', some)
    .option('--revision <name>', 'a branch, tag or commit; main otherwise', some)
    .option(
      '--out <dir>',
      "the folder to make; Hugging Face's cache otherwise, where --model OWNER/NAME finds it",
      some,
    )
    .option('--json', 'print one JSON object as the last line')
    .action(async (name: string, { json, ...options }: PullModelOptions & { json?: boolean }) => {
      const report = await pullModel(name, { ...options, signal, onEvent: reporter() });
      await (json ? printJson(report) : print(describePull(report)));
    });
  model
    .command('list')
    .description("list the models in Hugging Face's cache")
    .option('--json', 'print one JSON object as the last line')
    .action(async ({ json }: { json?: boolean }) => {
      const { models, problems } = await listModels();
      for (const problem of problems) note(problem);
      await (json ? printJson({ models }) : print(describeModels(models)));
    });
  model
    .command('remove')
    .description("remove a model with all its revisions from Hugging Face's cache")
    .argument('<name>', 'OWNER/NAME', some)
    .action(async (name: string) => note(`removed ${await removeModel(name)}`));
}

function describePull(r: PullReport): string {
  return table([
    ['folder', r.path],
    ['commit', r.commit],
    ['files', String(r.files.length)],
    ['size', bytes(r.bytes)],
    ['license', r.license ?? "the model's card names none"],
  ]);
}

function describeModels(models: readonly CachedModel[]): string {
  const rows = models.flatMap(({ name, revisions }) =>
    revisions.map((r) => [name, r.refs.join(' '), r.commit.slice(0, 12), bytes(r.bytes)]),
  );
  return table([['model', 'revision', 'commit', 'size'], ...rows]);
}

function describeImport(r: ImportReport): string {
  return table([
    ['folder', r.out],
    ['architecture', r.architecture],
    ['parameters', String(r.parameters)],
    ['weights', r.dtype],
    ['license', r.license ?? 'the file names none'],
    ['sha256 of the file', r.sha256],
  ]);
}

function describe(s: Stats): string {
  return table([
    ['cross-entropy', `${s.crossEntropy.toFixed(4)} nats a token`],
    ['', `${s.bitsPerByte.toFixed(4)} bits a byte`],
    ['active neurons', percent(s.activeFraction)],
    ...s.activePerLayer.map((fraction, layer) => [`  layer ${layer}`, percent(fraction)]),
    ...Object.entries(s.headDrop).map(([drop, cost]) => [
      `heads dropped ${percent(Number(drop))}`,
      `+${percent(cost)}`,
    ]),
    ...Object.entries(s.union).map(([n, fraction]) => [`active in any of ${n} tokens`, percent(fraction)]),
  ]);
}
