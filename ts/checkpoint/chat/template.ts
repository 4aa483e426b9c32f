/** Chat templates: how the messages of a conversation become the text that a model was trained on. */
import { CometError } from '../../core/errors.js';
import type { Program } from './engine.js';

/** Who says a message. */
export const ROLES = ['system', 'user', 'assistant'] as const;

/** One message of a conversation. */
export interface Message {
  readonly role: (typeof ROLES)[number];
  readonly content: string;
}

/** What a template may be: none that is in use is a tenth of it. White space is what reading one takes longest for. */
const MOST_CHARACTERS = 2 ** 18;
const LONGEST_SPACE = /\s{512}/;

/** What every template may spend. */
const STEPS = 5e5;
const SIZE = 2 ** 18;

/** Stands for an answer where only what follows it is asked for. */
const ANSWER = 'comet-answer';

/** Halves of characters but for the mark of `EscapedText`: a template may cut a text anywhere. */
const LONE_SURROGATES = /[\ud801-\udfff]/gu;

const engine = () => import('./engine.js');

/** The template of a model. It is read when it is first used: a model whose template is wrong can still continue texts. */
export class ChatTemplate {
  #program?: Program;

  /**
   * @param path of the file that has it, for messages
   * @param found its text, or why there is none
   * @param tokens special tokens by the names that templates give them: `bos_token`, `eos_token` ...
   */
  constructor(
    private readonly path: string,
    private readonly found: string | CometError,
    private readonly tokens: Readonly<Record<string, string>> = {},
  ) {}

  /** @throws CometError where there is none. */
  get text(): string {
    if (this.found instanceof CometError) throw this.found;
    return this.found;
  }

  /**
   * The text of a conversation; with `asks` also what an answer begins with. Marks of `EscapedText` in it stay.
   * @throws CometError `E_ARGUMENT` where the template refuses the messages, `E_UNSUPPORTED` where it asks for tools, `E_CHECKPOINT` where it
   * is wrong, fails or does not end.
   */
  async render(messages: readonly Message[], asks = true): Promise<string> {
    const program = await this.#parsed();
    const { Refused, Boundless, renderTemplate } = await engine();
    const budget = budgetOf(messages);
    // `transformers` gives these names, too.
    const given = { ...this.tokens, messages, add_generation_prompt: asks, documents: null };
    const run = (tools: [] | null) => renderTemplate(program, { ...given, tools }, budget);
    try {
      return run(null).replace(LONE_SURROGATES, '\ufffd');
    } catch (error) {
      if (error instanceof Refused) throw this.#refusal(error.message);
      if (error instanceof Boundless) throw this.#wrong('does not end, or writes too much', error);
      if (succeeds(() => run([])))
        throw new CometError(
          'E_UNSUPPORTED',
          `${this.path}: the chat template asks for tools, which comet has none of`,
        );
      throw this.#wrong(`fails: ${(error as Error).message}`, error);
    }
  }

  /** What stands behind an answer, before the next message; nothing where the template cannot say. */
  async behindAnswer(): Promise<string> {
    const said: Message[] = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: ANSWER },
      { role: 'user', content: 'b' },
    ];
    const text = await this.render(said, false).catch(() => '');
    const at = text.indexOf(ANSWER);
    return at < 0 ? '' : text.slice(at + ANSWER.length);
  }

  async #parsed(): Promise<Program> {
    const { text } = this;
    if (text.length > MOST_CHARACTERS) throw this.#wrong(`has more than ${MOST_CHARACTERS} characters`);
    if (LONGEST_SPACE.test(text)) throw this.#wrong('has hundreds of spaces in a row');
    const { parseTemplate } = await engine();
    try {
      return (this.#program ??= parseTemplate(text));
    } catch (error) {
      throw this.#wrong(`has wrong syntax: ${(error as Error).message}`, error);
    }
  }

  /** Its reason is shown where it is a sentence of the template, which has nothing of the messages. */
  #refusal(reason: string): CometError {
    const shown = this.text.includes(reason) ? `: ${oneLine(reason)}` : '';
    return new CometError('E_ARGUMENT', `the chat template refuses these messages${shown}`);
  }

  #wrong(what: string, cause?: unknown): CometError {
    return new CometError('E_CHECKPOINT', `${this.path}: the chat template ${oneLine(what)}`, { cause });
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 500);

/** What a template may spend on a conversation: of each message it may look at all messages some times, and each character it may copy often. */
function budgetOf(messages: readonly Message[]): { steps: number; size: number } {
  const { length } = messages;
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  return { steps: STEPS + 16 * length * length + characters, size: SIZE + 4 * characters + 128 * length };
}

function succeeds(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
