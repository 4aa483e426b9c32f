/** `comet generate`: a prompt in, private tokens out. */
import type { Command } from 'commander';
import { CometError, generate, type Message, type PromptOptions, type Summary } from '../index.js';
import { bytes, note, printJson, table, write } from './output.js';
import { findPrompt } from './prompt.js';
import { signal } from './signal.js';
import { fieldsOf, listener, settled, type TextOptions, withTextOptions } from './text-options.js';

interface Options extends TextOptions {
  readonly json?: boolean;
  readonly chat?: string;
  readonly system?: string;
}

export function addGenerate(program: Command): void {
  const command = program
    .command('generate')
    .description('continue a prompt; by default with all roles on this machine and the model that comes with comet')
    .argument('[prompt]', 'the text to continue; read from a pipe, or asked for on a terminal, when left out');
  withTextOptions(command)
    .option('--chat <text>', 'answer this message of a user, with a model that has a chat template')
    .option('--system <text>', 'with --chat: the message of the system before it')
    .option('--json', 'print one JSON object as the last line')
    .action(async (prompt: string | undefined, { chat, system, ...options }: Options) =>
      run(chat === undefined ? await givenPrompt(prompt, system) : messagesOf(chat, system, prompt), options),
    );
}

async function givenPrompt(prompt?: string, system?: string): Promise<{ prompt: string }> {
  if (system !== undefined)
    throw new CometError('E_ARGUMENT', '--system goes before a message of a user: give one with --chat');
  return { prompt: prompt ?? (await findPrompt()) };
}

function messagesOf(chat: string, system?: string, prompt?: string): { messages: Message[] } {
  if (prompt !== undefined)
    throw new CometError('E_ARGUMENT', '--chat is a message to answer, a prompt is a text to continue: leave one out');
  const user = { role: 'user', content: chat } as const;
  return { messages: system === undefined ? [user] : [{ role: 'system', content: system }, user] };
}

type Given = Pick<PromptOptions, 'prompt' | 'messages'>;

async function run(given: Given, { json, ...options }: Omit<Options, 'chat' | 'system'>): Promise<void> {
  const { session, prompts } = await settled(options);
  const events = listener();
  const text: string[] = [];
  const out = json ? process.stderr : process.stdout;
  let started = false;
  try {
    for await (const token of generate({ ...given, ...session, ...prompts, signal, onEvent: events.onEvent })) {
      await write(out, started ? token.text : (given.prompt ?? '') + token.text);
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
    ['ended by', s.finishReason, ''],
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
