/** `comet chat`: lines in, each answered or continued, all in one session: what was said before is not computed again. */
import type { Command } from 'commander';
import { createInterface, type Interface } from 'node:readline/promises';
import { codeOf, CometError } from '../core/errors.js';
import { type Conversation, converse, type Message, type PromptOptions, type Summary } from '../index.js';
import { note, printJson, write } from './output.js';
import { abort, signal } from './signal.js';
import { fieldsOf, listener, settled, type TextOptions, withTextOptions } from './text-options.js';

interface Options extends TextOptions {
  readonly json?: boolean;
  readonly system?: string;
}

const NEW = '/new';

export function addChat(program: Command): void {
  const command = program
    .command('chat')
    .description(
      `talk line by line in one session: with a chat template each line is a message and gets an answer, without one it is added to the text; an empty line lets the text go on, "${NEW}" begins another one`,
    );
  withTextOptions(command)
    .option('--system <text>', 'the message of the system that every conversation begins with; with a chat template')
    .option('--json', 'print a JSON object for each line')
    .action(run);
}

type Given = Pick<PromptOptions, 'prompt' | 'messages' | 'continues'>;

/** What a line asks for: `continues` says whether there is a text that it is added to. */
function requestOf(line: string, continues: boolean, { hasChatTemplate }: Conversation, system?: string): Given {
  if (line === '') return { prompt: '', continues };
  if (!hasChatTemplate) return { prompt: continues ? `\n${line}` : line, continues };
  const user: Message = { role: 'user', content: line };
  const begins = system === undefined || continues ? [] : [{ role: 'system', content: system } as const];
  return { messages: [...begins, user], continues };
}

async function run({ json, system, ...options }: Options): Promise<void> {
  const { session, prompts } = await settled(options);
  const events = listener();
  const conversation = await converse({ ...session, chat: system !== undefined, signal, onEvent: events.onEvent });
  const lines = createInterface({ input: process.stdin, output: process.stderr, prompt: '> ', signal });
  lines.once('SIGINT', abort); // a terminal is in raw mode: Ctrl-C is a key here
  const out = json ? process.stderr : process.stdout;
  /** Whether there is a text that the next line is added to. */
  let continues = false;
  let refused = 0;
  try {
    for await (const line of asked(lines)) {
      const begins = line.trim() === NEW;
      if (begins) continues = false;
      if (begins || (line === '' && !continues)) continue;
      const answer: string[] = [];
      try {
        for await (const token of conversation.generate({
          ...prompts,
          ...requestOf(line, continues, conversation, system),
          signal,
          onEvent: events.onEvent,
        })) {
          answer.push(token.text);
          await write(out, token.text);
        }
        await write(out, '\n');
      } catch (error) {
        // The session and the text are as they were: the next line may be shorter, or begin another text.
        if (codeOf(error) !== 'E_LENGTH') throw error;
        refused += 1;
        const { message } = error as Error;
        note(`E_LENGTH: ${message}; "${NEW}" begins another text`);
        if (json) await printJson({ code: 'E_LENGTH', message });
        continue;
      }
      continues = true;
      if (json) await printJson({ ...fieldsOf(events.summary!), text: answer.join('') });
      else note(describe(events.summary!));
    }
    if (signal.aborted) throw new CometError('E_ABORTED', 'stopped while the next line was read');
    // Who types has seen it; who piped lines in looks at the exit status.
    if (refused > 0 && !process.stdin.isTTY)
      throw new CometError(
        'E_LENGTH',
        `${refused} of the lines did not fit the model's context and were not continued`,
      );
  } finally {
    lines.close();
    await conversation.close();
  }
}

/** Lines of a terminal, each asked for, or of a pipe. */
async function* asked(lines: Interface): AsyncGenerator<string> {
  const ask = (): void => void (process.stdin.isTTY && !signal.aborted && lines.prompt());
  ask();
  for await (const line of lines) {
    yield line;
    ask();
  }
}

const describe = ({ tokens, promptTokens, reusedTokens, secondsToFirstToken, secondsPerToken }: Summary): string =>
  `(${tokens} tokens, ${secondsToFirstToken.toFixed(2)} s to the first, ${secondsPerToken.toFixed(3)} s each; of ${promptTokens} tokens before them ${reusedTokens} reused)`;
