/** `comet generate`: a prompt in, private tokens out. */
import type { Command } from 'commander';
import { generate, type Summary } from '../index.js';
import { bytes, note, printJson, table, write } from './output.js';
import { findPrompt } from './prompt.js';
import { signal } from './signal.js';
import { fieldsOf, listener, settled, type TextOptions, withTextOptions } from './text-options.js';

interface Options extends TextOptions {
  readonly json?: boolean;
}

export function addGenerate(program: Command): void {
  const command = program
    .command('generate')
    .description('continue a prompt; by default with all roles on this machine and the model that comes with comet')
    .argument('[prompt]', 'the text to continue; read from a pipe, or asked for on a terminal, when left out');
  withTextOptions(command)
    .option('--json', 'print one JSON object as the last line')
    .action(async (prompt: string | undefined, options: Options) => run(prompt ?? (await findPrompt()), options));
}

async function run(prompt: string, { json, ...options }: Options): Promise<void> {
  const { session, prompts } = await settled(options);
  const events = listener();
  const text: string[] = [];
  const out = json ? process.stderr : process.stdout;
  let started = false;
  try {
    for await (const token of generate({ prompt, ...session, ...prompts, signal, onEvent: events.onEvent })) {
      await write(out, started ? token.text : prompt + token.text);
      started = true;
      text.push(token.text);
    }
  } finally {
    if (started) await write(out, '\n');
  }
  const { summary } = events;
  if (!summary) return;
  if (json) await printJson({ ...fieldsOf(summary), text: text.join('') });
  else note(`\n${describe(summary)}`);
}

/** The short table after a generation. */
function describe(s: Summary): string {
  const per = (count: number): string => bytes(count / s.tokens);
  const most = s.source === 'bound' ? ', at most' : '';
  const rows = [
    ['', 'in all', 'per token'],
    ['tokens', String(s.tokens), ''],
    ['mode', s.mode, ''],
    ['rounds', String(s.rounds), (s.rounds / s.tokens).toFixed(1)],
    [`online${most}`, bytes(s.onlineBytes), per(s.onlineBytes)],
    [`offline (dealer)${most}`, bytes(s.offlineBytes), per(s.offlineBytes)],
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
  if (s.source !== 'measured') rows.push([`(counts by formula${most}: only the servers can measure them)`, '', '']);
  return table(rows);
}
