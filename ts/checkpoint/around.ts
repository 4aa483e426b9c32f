/** Special tokens around every text, where `tokenizer_config.json` decides that, as `transformers` reads it. */
import { contentOf } from './end-tokens.js';
import { parseObject } from './json.js';
import { type FileSource, pathOf, readOptionalText } from './source.js';

const FILE = 'tokenizer_config.json';

/** Tokens before and after every text. */
export interface Around {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** The token that `bos_token` names, whether texts begin with it or not. @throws CometError `E_CHECKPOINT` for a damaged file. */
export async function readBos(
  source: FileSource,
  idOf: (token: string) => number | undefined,
): Promise<number | undefined> {
  const text = await readOptionalText(source, FILE);
  const content = text === undefined ? undefined : contentOf(parseObject(text, pathOf(source, FILE)).bos_token);
  return content === undefined ? undefined : idOf(content);
}

/**
 * What `add_bos_token` and `add_eos_token` say, true or false, in the place of `tokenizer.json`'s post-processor; undefined where neither is there.
 * @param idOf the id of a token by its text
 * @throws CometError `E_CHECKPOINT` for a damaged file.
 */
export async function readAround(
  source: FileSource,
  idOf: (token: string) => number | undefined,
): Promise<Around | undefined> {
  const text = await readOptionalText(source, FILE);
  const config = text === undefined ? {} : parseObject(text, pathOf(source, FILE));
  if (!('add_bos_token' in config || 'add_eos_token' in config)) return undefined;
  const special = (added: unknown, token: unknown): number[] => {
    const content = contentOf(token);
    const id = content === undefined ? undefined : idOf(content);
    return added === true && id !== undefined ? [id] : [];
  };
  return {
    before: special(config.add_bos_token, config.bos_token),
    after: special(config.add_eos_token, config.eos_token),
  };
}
