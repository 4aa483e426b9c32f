/** `comet attack`: what the shuffled sets of a sparse mode still tell. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { attack, type AttackReport, type AttackResult, type MitigationName, MITIGATIONS } from '../index.js';
import { integer } from './numbers.js';
import { note, percent, print, printJson, reporter, table } from './output.js';
import { signal } from './signal.js';
import { some } from './text.js';

interface Options {
  readonly text?: string;
  readonly bytes: number;
  readonly training?: string;
  readonly trainingBytes: number;
  readonly predictors?: string;
  readonly epochTokens?: number;
  readonly seed: number;
  readonly mitigations: readonly MitigationName[];
  readonly guessSessions: number;
  readonly guessTokens?: number;
  readonly json?: boolean;
}

const names = (text: string): MitigationName[] =>
  text.split(',').map((name) => {
    const found = MITIGATIONS.find((known) => known === name);
    if (!found) throw new InvalidArgumentError(`It must be some of ${MITIGATIONS.join(', ')}, with commas between.`);
    return found;
  });

export function addAttack(program: Command): void {
  program
    .command('attack')
    .description('attack what a sparse mode would open of a text: sets of neurons and heads in secret orders')
    .argument(
      '[model]',
      'a checkpoint folder, or OWNER/NAME in the cache; the model that comes with comet otherwise',
      some,
    )
    .option('--text <file>', "the text that is attacked; the model's heldout.txt otherwise, or comet's own", some)
    .option('--bytes <n>', 'only its first bytes', integer(1), 8_192)
    .option(
      '--training <file>',
      "the adversary's own text; the model's calibration.txt otherwise, or comet's own",
      some,
    )
    .option('--training-bytes <n>', 'only its first bytes', integer(1), 65_536)
    .option('--predictors <file>', "the predictors; predictors.safetensors in the model's folder otherwise", some)
    .option('--epoch-tokens <n>', "tokens under one secret order; the model's context otherwise", integer(1))
    .option('--seed <n>', 'seeds orders and padding', integer(0), 0)
    .addOption(
      new Option('--mitigations <names>', 'names with commas between; none is always run')
        .argParser(names)
        .default([...MITIGATIONS], MITIGATIONS.join(',')),
    )
    .option('--guess-sessions <n>', 'sessions whose first tokens are guessed from the vocabulary', integer(0), 2)
    .option('--guess-tokens <n>', 'how many tokens of each (16)', integer(1))
    .option('--json', 'print one JSON object as the last line')
    .action(async (model: string | undefined, { json, ...options }: Options) => {
      const report = await attack(model, { ...options, signal, onEvent: reporter() });
      for (const [name, beats] of Object.entries(report.controlBeatsBaseline))
        if (!beats)
          note(`the control of ${name} fails: that attack is broken or had too little text, and shows nothing`);
      await (json ? printJson(report) : print(describe(report)));
    });
}

function describe({ mitigations, baseline, covered, tokens }: AttackReport): string {
  const head = ['mitigation', 'attack', 'tokens', 'right', 'by frequency', 'bits a token', 'names found'];
  const row = (mitigation: string, r: AttackResult): string[] => [
    mitigation,
    `${r.attack} ${r.variant}${r.known === undefined ? '' : ` ${r.known}`}`,
    String(r.tokens),
    percent(r.accuracy),
    percent(r.baselineAccuracy),
    r.bitsPerToken?.toFixed(2) ?? '',
    r.identified === undefined ? '' : percent(r.identified),
  ];
  const rows = mitigations.flatMap(({ mitigation, results }) => results.map((r) => row(mitigation, r)));
  const note = `${tokens} tokens, ${percent(covered)} of them in classes; frequencies alone need ${(baseline.crossEntropy / Math.LN2).toFixed(2)} bits a token`;
  return `${table([head, ...rows])}\n${note}`;
}
