/** `comet generate`: a prompt in, private tokens out. */
import { type Command, Option } from 'commander';
import { generate, type GenerateEvent, readConfig, type Summary, type VariantName } from '../index.js';
import { budget, integer, prefetch, real } from './numbers.js';
import { bytes, note, printJson, reporter, table, write } from './output.js';
import { findPrompt } from './prompt.js';
import { signal } from './signal.js';
import { some } from './text.js';
import { variantOption } from './variant.js';

interface Options {
  readonly model?: string;
  readonly config?: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly repetitionPenalty?: number;
  readonly seed: number;
  readonly stop?: string[];
  readonly maxMemory?: number;
  readonly dense?: boolean;
  readonly sharedEpoch?: boolean;
  readonly epochTokens?: number;
  readonly modes?: string;
  readonly variant?: VariantName;
  readonly budget?: 'constant';
  readonly prefetch?: 'none' | 'auto' | number;
  readonly cacheMemory?: number;
  readonly json?: boolean;
}

export function addGenerate(program: Command): void {
  program
    .command('generate')
    .description('continue a prompt; by default with all roles on this machine and the model that comes with comet')
    .argument('[prompt]', 'the text to continue; read from a pipe, or asked for on a terminal, when left out')
    .option('--model <dir>', 'a checkpoint folder, all roles on this machine', some)
    .addOption(
      new Option('--config <file>', "the client's configuration file: servers and dealer elsewhere")
        .argParser(some)
        .conflicts('model'),
    )
    .option('--max-tokens <n>', 'most tokens to generate', integer(1), 64)
    .option('--temperature <t>', '0 takes the most likely token', real(0, 100), 0)
    .option('--top-k <n>', 'draw among so many of the most likely tokens', integer(1))
    .option('--top-p <p>', 'draw among the fewest tokens that together have this probability', real(0, 1))
    .option(
      '--repetition-penalty <f>',
      'divides the logits of tokens in the text so far; 1 changes nothing',
      real(0, 100),
    )
    .option('--stop <text>', 'end the text before this; may be given several times', (text, all: string[] = []) => [
      ...all,
      text,
    ])
    .option('--seed <n>', 'seeds sampling, and nothing else', integer(0), 0)
    .option('--max-memory <mb>', 'most memory to use, in MB; as much as the machine has otherwise', integer(1))
    .option('--dense', 'compute everything, also what the predictors of the model would leave out')
    .option('--shared-epoch', 'with --config: run in the order of neurons and heads that other sessions have, too')
    .option('--epoch-tokens <n>', 'put neurons in another order after so many tokens', integer(1))
    .option(
      '--budget <kind>',
      '"constant": pad sets at random before they are opened, and compute all heads (docs/leakage.md says what still shows)',
      budget,
    )
    .addOption(variantOption().conflicts('config'))
    .option('--modes <letters>', 'a letter for each layer, d(ense), p(redicted) or e(xact): what comet plan prints')
    .option(
      '--prefetch <what>',
      'compute what caches lack while the layer before is computed: "none", "auto" (0, or none where all roles are here), or that and so many vectors more a layer',
      prefetch,
    )
    .option(
      '--cache-memory <mb>',
      "most memory of a server's caches, in MB; inputs of old positions are dropped",
      real(0.001, 1e9),
    )
    .option('--json', 'print one JSON object as the last line')
    .action(async (prompt: string | undefined, options: Options) => run(prompt ?? (await findPrompt()), options));
}

async function run(
  prompt: string,
  { json, config, model, maxMemory, cacheMemory, ...sampling }: Options,
): Promise<void> {
  const progress = reporter();
  let summary: Summary | undefined;
  const onEvent = (event: GenerateEvent): void => {
    if (event.type === 'progress' || event.type === 'memory') progress(event);
    else if (event.type === 'warning') note(`warning: ${event.message}`);
    else if (event.type === 'leakage') note(event.message);
    else if (event.type === 'summary') summary = event;
  };
  const text: string[] = [];
  const out = json ? process.stderr : process.stdout;
  let started = false;
  const target = config ? { config: await readConfig(config) } : { model };
  const limit = {
    ...(maxMemory !== undefined && { maxMemory: maxMemory * 1e6 }),
    ...(cacheMemory !== undefined && { cacheMemory: cacheMemory * 1e6 }),
  };
  try {
    for await (const token of generate({ prompt, ...target, ...limit, ...sampling, signal, onEvent })) {
      await write(out, started ? token.text : prompt + token.text);
      started = true;
      text.push(token.text);
    }
  } finally {
    if (started) await write(out, '\n');
  }
  if (!summary) return;
  if (json) await printJson({ ...fields(summary), text: text.join('') });
  else note(`\n${describe(summary)}`);
}

function fields({ type: _type, ...summary }: Summary): Omit<Summary, 'type'> {
  return summary;
}

/** The short table after a generation. */
function describe(s: Summary): string {
  const per = (count: number): string => bytes(count / s.tokens);
  const rows = [
    ['', 'in all', 'per token'],
    ['tokens', String(s.tokens), ''],
    ['mode', s.mode, ''],
    ['rounds', String(s.rounds), (s.rounds / s.tokens).toFixed(1)],
    ['online', bytes(s.onlineBytes), per(s.onlineBytes)],
    ['offline (dealer)', bytes(s.offlineBytes), per(s.offlineBytes)],
    ...(s.epochs > 0 ? [[`epochs (${s.epochs})`, bytes(s.epochBytes), '']] : []),
    ...(s.epochSeconds ? [['time of epochs', `${s.epochSeconds.toFixed(2)} s`, '']] : []),
    ...(s.epochWaitSeconds ? [['of that waited for', `${s.epochWaitSeconds.toFixed(2)} s`, '']] : []),
    ...(s.cache && s.cache.refilled + s.cache.prefetched > 0
      ? [['keys and values refilled', String(s.cache.refilled + s.cache.prefetched), '']]
      : []),
    ['time to first token', `${s.secondsToFirstToken.toFixed(2)} s`, ''],
    ['time per token', '', `${s.secondsPerToken.toFixed(3)} s`],
  ];
  if (s.maxAbsLogitError !== undefined)
    rows.push(['largest logit error against plaintext', s.maxAbsLogitError.toFixed(4), '']);
  if (s.source !== 'measured')
    rows.push([
      `(counts by formula${s.source === 'bound' ? ', at most' : ''}: only the servers can measure them)`,
      '',
      '',
    ]);
  return table(rows);
}
