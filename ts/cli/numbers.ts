/** Option parsers: a wrong value is a usage error that names the option. */
import { InvalidArgumentError } from 'commander';

/** A whole number from `min` to `max`. */
export const integer =
  (min: number, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < min || value > max) {
      // The largest of all is named to those who exceed it.
      const most = max < Number.MAX_SAFE_INTEGER || value > max ? ` and at most ${max}` : '';
      throw new InvalidArgumentError(`It must be a whole number of at least ${min}${most}.`);
    }
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

/** A fraction of 1, as a number or in per cent: `0.002`, `0.2%`. */
export const fraction = (text: string): number => {
  const isPercent = text.trim().endsWith('%');
  const value = Number(isPercent ? text.trim().slice(0, -1) : text) / (isPercent ? 100 : 1);
  if (!/\d/.test(text) || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('It must be a fraction: a number from 0 to 1, or per cent such as 0.2%.');
  return value;
};

/** Whole numbers of at least `min`, with commas between them; one stands alone. */
export const integers =
  (min: number) =>
  (text: string): number | number[] => {
    const values = text.split(',').map(integer(min));
    return values.length === 1 ? values[0] : values;
  };

/** What is computed ahead: nothing, what is best, or so many vectors of a layer beside what is needed. */
export const prefetch = (text: string): 'none' | 'auto' | number => {
  if (text === 'none' || text === 'auto') return text;
  const most = 64;
  if (!/^\d+$/.test(text) || Number(text) > most)
    throw new InvalidArgumentError(`It can be "none", "auto", or a whole number of at most ${most}.`);
  return Number(text);
};

/** The only kind of budget there is. */
export const budget = (text: string): 'constant' => {
  if (text !== 'constant') throw new InvalidArgumentError('It can be "constant".');
  return text;
};
