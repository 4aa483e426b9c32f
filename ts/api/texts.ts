/** Texts that calls take where none is given. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CometError } from '../core/errors.js';

/** How short texts begin. */
export const PROMPTS = [
  'Once upon a time there was a little girl who',
  '"What is the matter?" said the old man,',
  'The ship sailed out of the harbour',
  'It was a dark night in November',
];

/**
 * The text that a model was not trained on, in its folder.
 * @throws CometError E_ARGUMENT where there is none.
 */
export function heldoutOf(dir: string): string {
  const path = join(dir, 'heldout.txt');
  if (existsSync(path)) return path;
  throw new CometError('E_ARGUMENT', `there is no ${path}; give a text with "--text FILE"`);
}
