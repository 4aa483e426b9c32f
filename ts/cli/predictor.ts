/** `comet predictor train`, `tune`, `eval`: which neurons and heads are worth computing, learned and measured in plaintext floats. */
import { type Command, InvalidArgumentError } from 'commander';
import {
  evaluatePredictors,
  type Evaluation,
  type PredictorScales,
  trainPredictors,
  tunePredictors,
} from '../index.js';
import { fraction, integer, integers } from './numbers.js';
import { note, percent, print, printJson, reporter, table } from './output.js';
import { signal } from './signal.js';
import { some } from './text.js';

interface Common {
  readonly text?: string;
  readonly bytes?: number;
  readonly json?: boolean;
}

interface Tune extends Common {
  readonly maxLoss: number;
  readonly maxHeadLoss: number;
  readonly out?: string;
}

interface Train extends Tune {
  readonly rank?: number | number[];
  readonly fromLayer?: number;
  readonly passes: number;
  readonly seed: number;
}

interface Eval extends Common {
  readonly predictors?: string;
  readonly fixed?: true | Partial<PredictorScales>;
}

export function addPredictor(program: Command): void {
  const predictor = program.command('predictor').description('predictors of activation sparsity');
  const withBudget = (command: Command): Command =>
    command
      .option(
        '--text <file>',
        "text like that which will be generated; the model's calibration.txt otherwise, or comet's own",
        some,
      )
      .option('--bytes <n>', 'only the first bytes of the text', integer(1))
      .option('--max-loss <fraction>', 'most increase of cross-entropy by leaving out neurons', fraction, 0.002)
      .option('--max-head-loss <fraction>', 'most increase of cross-entropy by leaving out heads', fraction, 0.002)
      .option('--json', 'print one JSON object as the last line');
  withBudget(predictor.command('train'))
    .description(
      'learn predictors and write predictors.safetensors and predictors.json; stopped, it goes on the next time',
    )
    .argument('<model>', 'a checkpoint folder, or OWNER/NAME in the cache', some)
    .option(
      '--rank <n>',
      "inner dimension of the predictors: one, or one for each layer with commas between (128, or the model's width)",
      integers(1),
    )
    .option('--from-layer <n>', "predict this layer and those after it from this layer's input", integer(0))
    .option('--passes <n>', 'times that each token is learned from', integer(1), 1)
    .option('--seed <n>', 'seeds the order of the text', integer(0), 0)
    .option('--out <dir>', "where the files go; the model's folder otherwise", some)
    .action(async (dir: string, { json, ...options }: Train) =>
      report(await trainPredictors(dir, { ...options, signal, onEvent: reporter() }), json),
    );
  withBudget(predictor.command('tune'))
    .description('choose the thresholds of predictors anew')
    .argument('<model>', 'a checkpoint folder, or OWNER/NAME in the cache', some)
    .option('--out <dir>', "where the predictors are; the model's folder otherwise", some)
    .action(async (dir: string, { json, ...options }: Tune) =>
      report(await tunePredictors(dir, { ...options, signal, onEvent: reporter() }), json),
    );
  predictor
    .command('eval')
    .description('run the model with only the predicted neurons and heads')
    .argument(
      '[model]',
      'a checkpoint folder, or OWNER/NAME in the cache; the model that comes with comet otherwise',
      some,
    )
    .option('--predictors <file>', "the predictors; predictors.safetensors in the model's folder otherwise", some)
    .option('--text <file>', "text to measure on; the model's heldout.txt otherwise, or comet's own", some)
    .option('--bytes <n>', 'only the first bytes of the text', integer(1))
    .option(
      '--fixed [hidden,up,margin]',
      "score in fixed point: of each layer's own scales, or of so many fractional bits",
      scales,
    )
    .option('--json', 'print one JSON object as the last line')
    .action(async (dir: string | undefined, { json, fixed, ...options }: Eval) => {
      const call = { ...options, fixed: fixed === true ? {} : fixed };
      const evaluation = await evaluatePredictors(dir, { ...call, signal, onEvent: reporter() });
      await (json ? printJson(evaluation) : print(describe(evaluation)));
    });
}

/** Fractional bits between the products, of the second matrix and of what is compared. */
function scales(text: string): Partial<PredictorScales> {
  const values = integers(0)(text);
  if (!Array.isArray(values) || values.length !== 3)
    throw new InvalidArgumentError('It must be three whole numbers with commas between.');
  const [hidden, up, margin] = values;
  return { hidden, up, margin };
}

async function report(
  written: { predictors: string; report: string; evaluation: Evaluation },
  json?: boolean,
): Promise<void> {
  note(`wrote ${written.predictors} and ${written.report}; on the text of the thresholds:`);
  await (json ? printJson(written) : print(describe(written.evaluation)));
}

function describe(e: Evaluation): string {
  const row = (name: string, s: Evaluation | Evaluation['perLayer'][number]): string[] => [
    name,
    'rank' in s ? String(s.rank) : '',
    percent(s.activeDensity),
    percent(s.computedDensity),
    percent(s.neuronRecall),
    percent(s.massRecall),
    percent(s.headsSkipped),
    'rank' in s ? s.peakMargin.toFixed(1) : '',
  ];
  const head = ['layer', 'rank', 'active', 'computed', 'recall', 'of mass', 'heads skipped', 'peak margin'];
  const rows = [head, ...e.perLayer.map((layer, i) => row(String(i), layer)), row('all', e)];
  const change = `cross-entropy ${e.crossEntropy.toFixed(4)} nats a token, ${e.crossEntropyChange < 0 ? '' : '+'}${percent(e.crossEntropyChange)}`;
  return `${table(rows)}\n${change}`;
}
