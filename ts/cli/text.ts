/** Option parser of paths and names. */
import { InvalidArgumentError } from 'commander';

/** A path or a name. */
export function some(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}
