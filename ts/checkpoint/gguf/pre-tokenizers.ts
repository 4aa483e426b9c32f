/**
 * How texts are cut before byte pairs are merged: llama.cpp's names (`tokenizer.ggml.pre`) and what the `tokenizer.json` of those models
 * says. Other names are refused: another cut gives other tokens.
 */
import type { Metadata } from './metadata.js';

/** The parts of a `tokenizer.json` that differ by kind. */
export interface BytePairs {
  readonly normalizer: object | null;
  readonly preTokenizer: object;
  /** A word that is a token is one, whatever merges say. */
  readonly ignoreMerges: boolean;
  /** The begin token comes first where the file does not say. */
  readonly addBos: boolean;
}

/** The pattern of GPT-4 with at most so many digits together. */
const split = (digits: string): object => ({
  type: 'Split',
  pattern: {
    Regex: `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  },
  behavior: 'Isolated',
  invert: false,
});

/** Bytes as letters; with GPT-2's pattern where nothing cut before. */
export const byteLevel = (pattern: boolean): object => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: pattern,
});

const sequence = (...parts: object[]): object => ({ type: 'Sequence', pretokenizers: parts });
const ordinary = { normalizer: null, ignoreMerges: false, addBos: false };
const llama3: BytePairs = {
  ...ordinary,
  preTokenizer: sequence(split('\\p{N}{1,3}'), byteLevel(false)),
  ignoreMerges: true,
  addBos: true,
};

const KINDS: Readonly<Record<string, BytePairs>> = {
  'gpt-2': { ...ordinary, preTokenizer: byteLevel(true) },
  smollm: { ...ordinary, preTokenizer: sequence({ type: 'Digits', individual_digits: true }, byteLevel(true)) },
  'llama-bpe': llama3,
  'llama-v3': llama3,
  llama3,
  qwen2: {
    ...ordinary,
    normalizer: { type: 'NFC' },
    preTokenizer: sequence(split('\\p{N}'), byteLevel(false)),
  },
};

/** @throws CometError `E_UNSUPPORTED` for another name, and where there is none. */
export function bytePairsOf(metadata: Metadata): BytePairs {
  const key = 'tokenizer.ggml.pre';
  const name = metadata.string(key, '');
  if (!Object.hasOwn(KINDS, name)) throw metadata.unsupported(key, `supported are ${Object.keys(KINDS).join(', ')}`);
  return KINDS[name];
}
