/** `comet cost`: what one decoder layer costs, measured. */
import { type Command, Option } from 'commander';
import { CometError, type CostReport, measureCost, SHAPE_NAMES, type VariantName } from '../index.js';
import { fraction, integer } from './numbers.js';
import { bytes, print, printJson, reporter, table } from './output.js';
import { signal } from './signal.js';
import { variantOption } from './variant.js';
import { publicWeightsOf, type WeightsOptions, withWeights } from './weights.js';

interface Options {
  readonly shape: string;
  readonly step: string;
  readonly context?: number;
  readonly tokens?: number;
  readonly repeat?: number;
  readonly act?: 'relu' | 'silu';
  readonly bias?: boolean;
  readonly postNorm?: boolean;
  readonly variant?: VariantName;
  readonly dense?: boolean;
  readonly sparse?: boolean;
  readonly density?: number;
  readonly heads?: number;
  readonly rank?: number;
  readonly json?: boolean;
}

export function addCost(program: Command): void {
  withWeights(program.command('cost'), 'secret otherwise')
    .description('run one decoder layer with synthetic weights through the real parties and print what it costs')
    .option('--shape <name>', SHAPE_NAMES.join(', '), 'opt-125m')
    .option('--step <kind>', 'decode or prefill', 'decode')
    .option('--context <n>', 'decode: positions attended to', integer(1, 2048))
    .option('--tokens <n>', 'prefill: rows', integer(1, 64))
    .option('--repeat <n>', 'steps measured', integer(1, 4096))
    .addOption(
      new Option('--act <name>', 'activation of a gated layer, for shapes of the Llama family').choices([
        'relu',
        'silu',
      ]),
    )
    .option('--bias', 'a layer with biases')
    .option('--post-norm', 'a layer of a post-norm model, as OPT-350M')
    .addOption(variantOption())
    .option('--dense', 'everything is computed (the default)')
    .option('--sparse', 'only what a predictor says')
    .option('--density <fraction>', 'sparse: part of the neurons that is computed', fraction)
    .option('--heads <n>', 'sparse: heads that are computed', integer(0))
    .option('--rank <n>', 'sparse: rank of the predictor', integer(1, 4096))
    .option('--json', 'print one JSON object as the last line')
    .action(async ({ step, json, dense, public: open, secret, ...options }: Options & WeightsOptions) => {
      if (step !== 'decode' && step !== 'prefill') throw new CometError('E_ARGUMENT', '--step is decode or prefill');
      if (dense && options.sparse) throw new CometError('E_ARGUMENT', 'a layer is run --dense or --sparse, not both');
      const report = await measureCost({
        ...options,
        ...publicWeightsOf({ public: open, secret }),
        step,
        signal,
        onEvent: reporter(),
      });
      await (json ? printJson(report) : print(describe(report)));
    });
}

function describe({ gates, ...sum }: CostReport): string {
  const row = (
    name: string,
    c: { width?: number; onlineBytes: number; offlineBytes: number; macs: number; seconds: number },
  ): string[] => [
    name,
    c.width === undefined ? '' : String(c.width),
    bytes(c.onlineBytes),
    bytes(c.offlineBytes),
    `${(c.macs / 1e6).toFixed(2)} M`,
    `${(c.seconds * 1000).toFixed(2)} ms`,
  ];
  const computed = `${(100 * sum.computedDensity).toFixed(1)} % of the neurons, ${sum.headsComputed.toFixed(1)} heads`;
  const mode = sum.mode === 'dense' ? 'dense' : `sparse (${computed}, rank ${sum.rank})`;
  const head = `${sum.shape}, ${sum.step} of ${sum.rows} at context ${sum.context}, ${mode}${sum.bias ? ', with biases' : ''}${sum.postNorm ? ', post-norm' : ''}, variant ${sum.variant}, ${sum.weights} weights: ${sum.rounds} rounds`;
  return `${head}\n${table([['operation', 'width', 'online', 'offline', 'macs', 'time'], ...Object.entries(gates).map(([name, cost]) => row(name, cost)), row('the layer', sum)])}`;
}
