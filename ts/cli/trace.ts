/** `comet trace`: a timeline of a run, and what it tells. */
import { type Command, Option } from 'commander';
import { SHAPE_NAMES, type SectionSlack, trace, type TraceReport, type VariantName } from '../index.js';
import { integer, real } from './numbers.js';
import { note, percent, print, printJson, reporter, table } from './output.js';
import { signal } from './signal.js';
import { some } from './text.js';
import { variantOption } from './variant.js';

interface Options {
  readonly prompt?: string;
  readonly shape?: string;
  readonly layers?: number;
  readonly maxTokens?: number;
  readonly dense?: boolean;
  readonly modes?: string;
  readonly variant?: VariantName;
  readonly epochTokens?: number;
  readonly rtt: number;
  readonly output: string;
  readonly json?: boolean;
}

export function addTrace(program: Command): void {
  program
    .command('trace')
    .description('generate with all roles on this machine and write a timeline for chrome://tracing or Perfetto')
    .argument(
      '[model]',
      'a checkpoint folder, or OWNER/NAME in the cache; the model that comes with comet otherwise',
      some,
    )
    .option('--prompt <text>', 'the text to continue')
    .addOption(
      new Option('--shape <name>', `random weights instead of a model, dense: ${SHAPE_NAMES.join(', ')}`).conflicts(
        'prompt',
      ),
    )
    .option('--layers <n>', 'with --shape', integer(1))
    .option(
      '--max-tokens <n>',
      'tokens to generate (4, or fewer where the context is short); the first is of the prompt',
      integer(2),
    )
    .option('--dense', 'compute everything, also what the predictors of the model would leave out')
    .option('--modes <letters>', 'a letter for each layer, d(ense), p(redicted) or e(xact): what comet plan prints')
    .addOption(variantOption())
    .option('--epoch-tokens <n>', 'put neurons in another order after so many tokens', integer(1))
    .option('--rtt <ms>', 'time there and back between any two parties, added to every message', real(0, 10000), 0)
    .option('--output <file>', 'where the trace goes; replaced if it exists', some, 'trace.json')
    .option('--json', 'print one JSON object as the last line')
    .action(async (model: string | undefined, { json, rtt, output, ...options }: Options) => {
      const events = { signal, onEvent: reporter() };
      const report = await trace({ ...options, ...events, model, output, roundTripSeconds: rtt / 1000 });
      note(`wrote ${output}`);
      await (json ? printJson({ ...report, output }) : print(describe(report)));
    });
}

const ms = (seconds: number): string => `${(1000 * seconds).toFixed(1)} ms`;

function describe({ layerSections, predictedSections, parties, ...run }: TraceReport): string {
  const { model, mode, tokens, promptTokens, roundTripSeconds } = run;
  const link = roundTripSeconds > 0 ? `, ${ms(roundTripSeconds)} there and back` : '';
  const section = (name: string, { sections, late, minSeconds, medianSeconds }: SectionSlack): string[] => [
    ...[name, String(sections), String(late), ms(minSeconds), ms(medianSeconds)],
  ];
  const slack = table([
    ["the dealer's sections, before server 1 needs them", 'sections', 'late', 'least', 'median'],
    section('of layers', layerSections),
    ...(predictedSections ? [section('of predicted neurons', predictedSections)] : []),
  ]);
  const shares = table([
    ['of the time', 'computing', 'waiting for servers', 'for the dealer', 'for the client'],
    ...Object.entries(parties).map(([role, { computing, servers, dealer, client }]) => [
      role,
      ...[computing, servers, dealer, client].map(percent),
    ]),
  ]);
  const per = table([
    ['', 'a token'],
    ['time', ms(run.secondsPerToken)],
    ['rounds', run.roundsPerToken.toFixed(1)],
    ['late sections', run.lateSectionsPerToken.toFixed(1)],
  ]);
  const head = `${model}, ${mode}, ${tokens} decoded tokens after ${promptTokens} of prompt${link}`;
  return [head, per, slack, shares].join('\n\n');
}
