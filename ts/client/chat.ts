/** From messages to tokens: a conversation is its tokens, and its messages are how its user and the chat template see it. */
import type { ChatTemplate, Message } from '../checkpoint/chat/template.js';
import { EscapedText, type Tokenizer } from '../checkpoint/tokenizer.js';
import { CometError } from '../core/errors.js';
import { type Before, type Chat, fitted, type ParsedPrompt, type PlannedPrompt, planPrompt } from './request.js';

/** What messages need of a tokeniser. */
export type ChatEncoder = Pick<
  Tokenizer,
  'encode' | 'encodeNext' | 'encodeWhole' | 'behind' | 'escape' | 'leadingToken' | 'chat'
>;

/** What a prompt or messages may come behind. */
export interface BeforeRequest extends Before {
  /** The conversation that the text so far is, where it is one. */
  readonly chat?: Chat;
}

/**
 * A prompt or messages in tokens.
 * @throws CometError E_PROMPT, E_LENGTH as `planPrompt`; E_UNSUPPORTED for messages to a model without chat template, E_ARGUMENT where the
 * template refuses them, E_CHECKPOINT where it is wrong
 */
export async function planRequest(
  parsed: ParsedPrompt,
  tokenizer: ChatEncoder,
  context: number,
  before: BeforeRequest = {},
): Promise<PlannedPrompt> {
  const { messages, prompt, continues, specialTokens = true } = parsed;
  if (messages) return planMessages({ ...parsed, messages }, tokenizer, context, before);
  const escaped = specialTokens ? prompt : tokenizer.escape(prompt);
  const planned = planPrompt({ ...parsed, prompt: escaped }, tokenizer, context, before);
  if (!continues || !before.chat) return planned;
  // The last answer goes on with the prompt.
  const { answer, text, ...chat } = before.chat;
  const added = escaped instanceof EscapedText ? escaped.marked : escaped;
  return { ...planned, chat: { ...chat, answer: answer + prompt, text: text + added } };
}

/** The conversation when more of its answer was said. */
export const answered = (chat: Chat, said: string, tokenizer: ChatEncoder): Chat => ({
  ...chat,
  answer: chat.answer + said,
  text: chat.text + tokenizer.escape(said).marked,
});

async function planMessages(
  parsed: ParsedPrompt & { readonly messages: readonly Message[] },
  tokenizer: ChatEncoder,
  context: number,
  { prefix = [], said = [], chat }: BeforeRequest,
): Promise<PlannedPrompt> {
  const template = templateOf(tokenizer);
  if (parsed.continues && said.length > 0 && !chat)
    throw new CometError(
      'E_ARGUMENT',
      'the text so far is no conversation: messages begin another one, without "continues"',
    );
  const earlier = parsed.continues && chat ? [...chat.asked, { role: 'assistant', content: chat.answer } as const] : [];
  const asked = [...earlier, ...parsed.messages];
  const text = await template.render(parsed.specialTokens ? asked : asked.map(escaping(tokenizer, template)));
  const goesOn = chat !== undefined && said.length > 0 && text.startsWith(chat.text);
  const ids = goesOn
    ? [...said, ...tokenizer.encodeNext(new EscapedText(text.slice(chat.text.length)))]
    : tokenizer.behind(prefix, tokenizer.encodeWhole(new EscapedText(text)));
  if (ids.length === 0) throw new CometError('E_PROMPT', 'the messages have no tokens; give some text');
  const ends = chat?.ends ?? (await endsOf(tokenizer, template));
  return { ...fitted(parsed, ids, context), chat: { asked, answer: '', text, ends } };
}

/** @throws CometError E_UNSUPPORTED where there is none. */
export function templateOf({ chat }: Pick<ChatEncoder, 'chat'>): ChatTemplate {
  if (chat) return chat;
  throw new CometError(
    'E_UNSUPPORTED',
    'the model has no chat template, so it takes no messages: give it a text to continue',
  );
}

/** Special tokens in messages are ordinary text. So are other tokens that the template writes, but in the model's own words. */
const escaping =
  (tokenizer: ChatEncoder, template: ChatTemplate) =>
  ({ role, content }: Message): Message => ({
    role,
    content: tokenizer.escape(content, role === 'assistant' ? undefined : template.text).marked,
  });

/** The token with which the template ends an answer. */
async function endsOf(tokenizer: ChatEncoder, template: ChatTemplate): Promise<ReadonlySet<number>> {
  const end = tokenizer.leadingToken(await template.behindAnswer());
  return new Set(end === undefined ? [] : [end]);
}
