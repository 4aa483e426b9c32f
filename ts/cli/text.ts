/** Option parser of paths and names, and words that several options share. */
import { InvalidArgumentError } from 'commander';

/** A path or a name. */
export function some(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** What an option says that names the constant prefix. */
export const PREFIX =
  'text that every prompt will begin with, at no cost; "none", or "auto": what the tokeniser puts before every text';
