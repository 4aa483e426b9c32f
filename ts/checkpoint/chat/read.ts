/** Where a checkpoint's chat template is: in a file of its own, or in `tokenizer_config.json`, as `transformers` looks for it. */
import { CometError } from '../../core/errors.js';
import { contentOf } from '../end-tokens.js';
import { parseObject } from '../json.js';
import { type FileSource, pathOf, readOptionalText } from '../source.js';
import { ChatTemplate } from './template.js';

const CONFIG = 'tokenizer_config.json';

/** Names the special tokens where {@link CONFIG} does not. */
export const SPECIAL_TOKENS = 'special_tokens_map.json';

/** A template in a file of its own. It goes before one in {@link CONFIG}. */
export const TEMPLATE_FILE = 'chat_template.jinja';

/**
 * The template of a folder; undefined where it has none. What is wrong with it says who uses it.
 * @throws CometError `E_CHECKPOINT` for a file that is no JSON object, `E_IO`.
 */
export async function readChatTemplate(source: FileSource): Promise<ChatTemplate | undefined> {
  const config = await readFields(source, CONFIG);
  const file = await readOptionalText(source, TEMPLATE_FILE);
  const given = file ?? config.chat_template ?? undefined;
  if (given === undefined) return undefined;
  const path = pathOf(source, file === undefined ? CONFIG : TEMPLATE_FILE);
  const tokens = { ...tokensOf(await readFields(source, SPECIAL_TOKENS)), ...tokensOf(config) };
  return new ChatTemplate(path, textOf(given, path), tokens);
}

async function readFields(source: FileSource, file: string): Promise<Record<string, unknown>> {
  const text = await readOptionalText(source, file);
  return text === undefined ? {} : parseObject(text, pathOf(source, file));
}

/** A text, or one of several that have names: the default. */
function textOf(given: unknown, path: string): string | CometError {
  if (typeof given === 'string') return given;
  const named = Array.isArray(given) ? (given as ({ name?: unknown; template?: unknown } | null)[]) : [];
  const chosen = named.find((each) => each?.name === 'default');
  if (typeof chosen?.template === 'string') return chosen.template;
  const names = named.map((each) => each?.name).filter((name) => typeof name === 'string');
  if (names.length === 0)
    return new CometError(
      'E_CHECKPOINT',
      `${path}: chat_template is not valid: a text is expected, or a list of them with names`,
    );
  return new CometError('E_UNSUPPORTED', `${path}: of its chat templates (${names.join(', ')}) none is the default`);
}

const tokensOf = (fields: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, token]) => {
      const content = /^[a-z]+_token$/.test(name) ? contentOf(token) : undefined;
      return content === undefined ? [] : [[name, content]];
    }),
  );
