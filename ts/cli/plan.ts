/** `comet plan`: how each layer should be computed on this machine and a link. */
import type { Command } from 'commander';
import { type ModesReport, plan } from '../index.js';
import { integer, real } from './numbers.js';
import { bytes, print, printJson, reporter, table } from './output.js';
import { signal } from './signal.js';
import { some } from './text.js';

interface Options {
  readonly rtt: number;
  readonly mbps: number;
  readonly context: number;
  readonly check?: boolean;
  readonly json?: boolean;
}

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description(
      'measure this machine and say how each layer of a model should be computed: dense, predicted, or exact',
    )
    .argument('[model]', 'a checkpoint folder; the model that comes with comet otherwise', some)
    .option('--rtt <ms>', 'time there and back between any two parties', real(0, 10000), 1)
    .option('--mbps <n>', 'rate of each link, each way, in 10^6 bits a second', real(0.001, 1e6), 1000)
    .option('--context <n>', 'positions that the token attends to', integer(1), 33)
    .option('--check', 'measure a predicted layer, too, and compare with what was foreseen')
    .option('--json', 'print one JSON object as the last line')
    .action(async (model: string | undefined, { rtt, mbps, context, check, json }: Options) => {
      const link = { roundTripSeconds: rtt / 1000, bytesPerSecond: (mbps * 1e6) / 8 };
      const report = await plan(model, { ...link, context, check, signal, onEvent: reporter() });
      await (json ? printJson(report) : print(describe(report)));
    });
}

const ms = (seconds: number): string => `${(1000 * seconds).toFixed(1)} ms`;

function describe({ best, dense, predicted, exact, check }: ModesReport): string {
  const rows = best.layers.map((layer, i) => [
    `layer ${i}`,
    layer.mode,
    String(layer.rounds + layer.waits),
    bytes(layer.onlineBytes),
    bytes(layer.offlineBytes),
    `${(layer.macs / 1e6).toFixed(2)} M`,
    ms(layer.seconds),
    ...[dense, predicted, exact].map(({ layers }) => ms(layers[i].seconds)),
  ]);
  const sum = ['a token', '', '', '', '', '', ...[best, dense, predicted, exact].map(({ seconds }) => ms(seconds))];
  const head = ['', 'best', 'rounds and waits', 'online', 'dealer', 'macs', 'time', 'dense', 'predicted', 'exact'];
  const lines = [table([head, ...rows, sum]), `comet generate --modes ${best.modes} runs it so`];
  if (check)
    lines.push(
      `a predicted layer takes ${(100 * check.measured).toFixed(0)} % of a dense one's time here; foreseen were ${(100 * check.planned).toFixed(0)} %`,
    );
  return lines.join('\n');
}
