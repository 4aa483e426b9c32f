/** Option parsers: a wrong value is a usage error that names the option. */
import { InvalidArgumentError } from 'commander';

/** A whole number of at least `min`. */
export const integer =
  (min: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < min)
      throw new InvalidArgumentError(`It must be a whole number of at least ${min}.`);
    return value;
  };

/** A number from `min` to `max`. */
export const real =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= min && value <= max))
      throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
    return value;
  };
