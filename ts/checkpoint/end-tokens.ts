/** The tokens that end a text: all that the files of a checkpoint name, as `transformers` reads them. */
import { CometError } from '../core/errors.js';
import { parseObject } from './json.js';
import { type FileSource, pathOf, readOptionalText } from './source.js';

/** The file that names them by id, and in which a share keeps all of them. */
export const GENERATION_CONFIG = 'generation_config.json';

/** Files that name them by id, in `eos_token_id`: one, or a list. */
const BY_ID = [GENERATION_CONFIG, 'config.json'];

/** Files that name one by its text, in `eos_token`. */
const BY_TEXT = ['tokenizer_config.json', 'special_tokens_map.json'];

/**
 * The end tokens of a folder, in order; none of the files must exist. `idOf` is the tokeniser's: a text that is no token ends nothing.
 * @throws CometError `E_CHECKPOINT` for a damaged file, naming the field.
 */
export async function readEndTokens(
  source: FileSource,
  idOf: (token: string) => number | undefined,
): Promise<number[]> {
  const ends = new Set<number>();
  for (const file of BY_ID) {
    const fields = await readFields(source, file);
    for (const id of idsOf(fields?.eos_token_id, pathOf(source, file))) ends.add(id);
  }
  for (const file of BY_TEXT) {
    const content = contentOf((await readFields(source, file))?.eos_token);
    const id = content === undefined ? undefined : idOf(content);
    if (id !== undefined) ends.add(id);
  }
  return [...ends].sort((a, b) => a - b);
}

/** A `generation_config.json` that names these end tokens. */
export const generationConfig = (ends: readonly number[]): string => `${JSON.stringify({ eos_token_id: ends })}\n`;

async function readFields(source: FileSource, file: string): Promise<Record<string, unknown> | undefined> {
  const text = await readOptionalText(source, file);
  return text === undefined ? undefined : parseObject(text, pathOf(source, file));
}

/** Negative ones stand for none. */
function idsOf(value: unknown, path: string): number[] {
  const ids: unknown[] = Array.isArray(value) ? value : [value ?? -1];
  if (ids.every((id) => Number.isSafeInteger(id))) return (ids as number[]).filter((id) => id >= 0);
  const message = `${path}: the field eos_token_id is not valid: expected a token's number or a list of them`;
  throw new CometError('E_CHECKPOINT', message);
}

/** A token is its text, or an object with it. */
export function contentOf(token: unknown): string | undefined {
  const content = typeof token === 'string' ? token : (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}
