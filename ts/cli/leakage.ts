/** `comet leakage`: what each party sees for a model and a way to run it. */
import type { Command } from 'commander';
import { leakage, type LeakageReport } from '../index.js';
import { budget, integer } from './numbers.js';
import { print, printJson, reporter } from './output.js';
import { signal } from './signal.js';
import { some } from './text.js';

interface Options {
  readonly dense?: boolean;
  readonly sharedEpoch?: boolean;
  readonly epochTokens?: number;
  readonly budget?: string;
  readonly json?: boolean;
}

export function addLeakage(program: Command): void {
  program
    .command('leakage')
    .description('print what each party sees, under which assumptions, and what can be done about it')
    .argument(
      '[model]',
      'a checkpoint folder, or OWNER/NAME in the cache; the model that comes with comet otherwise',
      some,
    )
    .option('--dense', 'of dense sessions')
    .option('--shared-epoch', 'of sessions that share one order of neurons and heads')
    .option('--epoch-tokens <n>', 'of sessions with a new order after so many tokens', integer(1))
    .option('--budget <kind>', '"constant": of sessions whose sets are padded before they are opened', budget)
    .option('--json', 'print one JSON object as the last line')
    .action(async (model: string | undefined, { json, budget: kind, ...options }: Options) => {
      const report = await leakage(model, {
        ...options,
        constantBudget: kind === 'constant',
        signal,
        onEvent: reporter(),
      });
      await (json ? printJson(report) : print(describe(report)));
    });
}

const NAMES = {
  server0: 'server 0',
  server1: 'server 1',
  dealer: 'the dealer',
  client: 'the client',
  network: 'who only sees the links',
} as const;

function describe({ mode, assumptions, sees, clearBitsPerToken, epoch, mitigations }: LeakageReport): string {
  const list = (items: readonly string[]): string => items.map((item) => `  - ${item}`).join('\n');
  const bits = `${clearBitsPerToken.neurons} bits of neurons and ${clearBitsPerToken.heads} of heads are opened for a token; epoch: ${epoch}`;
  return [
    `${mode}; ${bits}`,
    ...Object.entries(sees).map(([who, what]) => `${NAMES[who as keyof typeof NAMES]} sees\n${list(what)}`),
    `provided that\n${list(assumptions)}`,
    ...(mitigations.length > 0 ? [`to show less\n${list(mitigations)}`] : []),
    'comet attack measures what opened sets tell; docs/leakage.md has the argument.',
  ].join('\n\n');
}
