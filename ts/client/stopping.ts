/**
 * Strings that end a text. What comes before one is emitted, it and what follows are not, however
 * tokens cut the text.
 */
import { CometError } from '../core/errors.js';

/**
 * The strings themselves, checked.
 * @throws CometError E_ARGUMENT for anything but strings of at least one character.
 */
export function parseStops(stops: readonly string[] = []): readonly string[] {
  if (!Array.isArray(stops) || stops.some((stop) => typeof stop !== 'string' || stop === ''))
    throw new CometError('E_ARGUMENT', 'a stop string must have at least one character');
  return [...stops];
}

/** Passes text on as it comes, holding back what may turn out to begin a stop string. */
export class StopFilter {
  #held = '';
  #stopped = false;

  constructor(private readonly stops: readonly string[] = []) {}

  /** Whether a stop string has come; nothing is emitted after it. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The text that is certain to come before any stop string. */
  push(piece: string): string {
    if (this.#stopped) return '';
    const text = this.#held + piece;
    const found = this.#first(text);
    if (found !== undefined) {
      this.#stopped = true;
      this.#held = '';
      return text.slice(0, found);
    }
    const held = this.#open(text);
    this.#held = text.slice(text.length - held);
    return text.slice(0, text.length - held);
  }

  /** The text held back, when no more comes. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }

  /**
   * Where the stop string begins that is complete first; of several that end together, the longest.
   */
  #first(text: string): number | undefined {
    let best: { from: number; end: number } | undefined;
    for (const stop of this.stops) {
      const from = text.indexOf(stop);
      if (from < 0) continue;
      const end = from + stop.length;
      if (!best || end < best.end || (end === best.end && from < best.from)) best = { from, end };
    }
    return best?.from;
  }

  /** Length of the longest end of `text` that begins a stop string. */
  #open(text: string): number {
    const beginsAt = (stop: string): number => {
      let length = Math.min(text.length, stop.length - 1);
      while (!text.endsWith(stop.slice(0, length))) length--;
      return length;
    };
    return Math.max(0, ...this.stops.map(beginsAt));
  }
}
