/** `comet plan`: which variant of the program to run on this machine and a link, and how each layer should be computed in it. */
import { type Command, InvalidArgumentError } from 'commander';
import { type ModesReport, plan, SHAPE_NAMES, type VariantReport } from '../index.js';
import { fraction, integer, real } from './numbers.js';
import { bytes, percent, print, printJson, reporter, table } from './output.js';
import { signal } from './signal.js';
import { some } from './text.js';
import { describeWidened } from './widened.js';

interface Options {
  readonly rtt: number;
  readonly mbps: number;
  readonly context?: number;
  readonly errorTokens?: number;
  readonly text?: string;
  readonly maxLoss?: number;
  readonly check?: boolean;
  readonly shape?: string;
  readonly layers?: number;
  readonly json?: boolean;
}

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description(
      'measure this machine and say which variant of the program to run, and how each layer should be computed in it: dense, predicted, or exact',
    )
    .argument(
      '[model]',
      'a checkpoint folder, or OWNER/NAME in the cache; the model that comes with comet otherwise',
      some,
    )
    .option('--shape <name>', `random weights instead of a model, dense: ${SHAPE_NAMES.join(', ')}`)
    .option('--layers <n>', 'with --shape; as many as it has otherwise', integer(1))
    .option('--rtt <ms>', 'time there and back between any two parties', real(0, 10000), 1)
    .option('--mbps <n>', 'rate of each link, each way, in 10^6 bits a second', real(0.001, 1e6), 1000)
    .option('--context <n>', 'positions that the token attends to (33, or as many as the model has)', integer(1))
    .option(
      '--error-tokens <n>',
      "tokens of held-out text on which each variant's error is measured: 0 (none), or 2 and more; 128 otherwise, or all where there are fewer",
      errorTokens,
    )
    .option('--text <file>', "held-out text; the model's heldout.txt otherwise, or comet's own", some)
    .option('--max-loss <fraction>', 'largest increase of cross-entropy of a variant that is chosen (0.01)', fraction)
    .option('--check', 'measure a predicted layer, too, and compare with what was foreseen')
    .option('--json', 'print one JSON object as the last line')
    .action(async (model: string | undefined, { rtt, mbps, json, ...options }: Options) => {
      const link = { roundTripSeconds: rtt / 1000, bytesPerSecond: (mbps * 1e6) / 8 };
      const report = await plan(model, { ...link, ...options, signal, onEvent: reporter() });
      await (json ? printJson(report) : print(describe(report)));
    });
}

/** One token has no next one that could be foreseen. */
function errorTokens(text: string): number {
  const count = integer(0, 1e6)(text);
  if (count === 1) throw new InvalidArgumentError('It must be 0, for none, or at least 2.');
  return count;
}

const ms = (seconds: number): string => `${(1000 * seconds).toFixed(1)} ms`;

/** Every variant, in its best modes and with nothing left out. */
function describeVariants(variants: readonly VariantReport[], chosen: string): string {
  const rows = variants.map(({ variant, modes, error, dense, ...best }) => [
    variant === chosen ? `${variant} *` : variant,
    modes,
    ...[best, dense].flatMap((cost) => [
      String(cost.rounds),
      bytes(cost.onlineBytes),
      bytes(cost.offlineBytes),
      ms(cost.seconds),
    ]),
    ...(error ? [percent(error.crossEntropyChange), percent(error.rms)] : ['', '']),
  ]);
  const each = ['rounds', 'online', 'dealer', 'time'];
  const head = ['variant', 'best', ...each, ...each.map((name) => `dense: ${name}`), 'loss', 'rms'];
  return table([head, ...rows]);
}

function describe({ variant, variants, best, dense, predicted, exact, check, widened }: ModesReport): string {
  const throughout = [dense, ...(predicted && exact ? [predicted, exact] : [])];
  const rows = best.layers.map((layer, i) => [
    `layer ${i}`,
    layer.mode,
    String(layer.rounds + layer.waits),
    bytes(layer.onlineBytes),
    bytes(layer.offlineBytes),
    `${(layer.macs / 1e6).toFixed(2)} M`,
    ms(layer.seconds),
    ...throughout.map(({ layers }) => ms(layers[i].seconds)),
  ]);
  const sum = ['a token', '', '', '', '', '', ...[best, ...throughout].map(({ seconds }) => ms(seconds))];
  const head = ['', 'best', 'rounds and waits', 'online', 'dealer', 'macs', 'time', 'dense', 'predicted', 'exact'];
  const cells = [head, ...rows, sum].map((row) => row.slice(0, sum.length));
  const modes = predicted ? ` --modes ${best.modes}` : '';
  const run = `comet generate --variant ${variant}${modes} runs it so; servers elsewhere run the variant of comet share --variant`;
  const lines = [describeVariants(variants, variant), '', `variant ${variant}`, table(cells), run];
  lines.push(...describeWidened(widened));
  if (!predicted)
    lines.push('only dense sessions are planned: sparse modes need predictors ("comet predictor train" makes them)');
  if (check)
    lines.push(
      `a predicted layer takes ${(100 * check.measured).toFixed(0)} % of a dense one's time here; foreseen were ${(100 * check.planned).toFixed(0)} %`,
    );
  return lines.join('\n');
}
