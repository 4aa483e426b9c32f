/** `pre_tokenizer` of a `tokenizer.json`: how a text is cut into the words that the model sees one by one. */
import { toByteChars } from './bytes.js';
import { byType, type Part } from './part.js';
import { patternOf, translated } from './pattern.js';
import { type Behaviour, BEHAVIOURS, type Piece, split } from './split.js';

/** One piece to several. */
export type PreTokenize = (piece: Piece) => Piece[];

/** GPT-2's words. */
const WORDS = new RegExp(
  translated(String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`),
  'gu',
);

/**
 * `normalized` says whether the text was changed before: then nobody knows here where it begins.
 * @throws CometError `E_UNSUPPORTED` for one that is not implemented.
 */
export function preTokenizerOf(part: Part | undefined, normalized: boolean): PreTokenize {
  if (!part) return (piece) => [piece];
  if (normalized) requireNoStart(part);
  return byType(part, KINDS);
}

function requireNoStart(part: Part): void {
  if (part.has('pretokenizers')) part.parts('pretokenizers').forEach(requireNoStart);
  if (part.get('prepend_scheme') === 'first')
    throw part.unsupported('prepend_scheme', 'with a normalizer it is not supported');
}

const KINDS: Readonly<Record<string, (part: Part) => PreTokenize>> = {
  Sequence: (part) => {
    const steps = part
      .only('type', 'pretokenizers')
      .parts('pretokenizers')
      .map((each) => byType(each, KINDS));
    return (piece) => steps.reduce((pieces, step) => pieces.flatMap(step), [piece]);
  },
  ByteLevel: byteLevel,
  Split: (part) => {
    part.only('type', 'pattern', 'behavior', 'invert');
    const [pattern, behaviour, invert] = [patternOf(part), behaviourOf(part), part.flag('invert')];
    return (piece) => split(piece, pattern, behaviour, invert);
  },
  Digits: (part) => {
    const alone = part.only('type', 'individual_digits').flag('individual_digits');
    return (piece) => split(piece, /\p{N}/gu, alone ? 'Isolated' : 'Contiguous');
  },
  WhitespaceSplit: (part) => {
    part.only('type');
    return (piece) => split(piece, /\p{White_Space}/gu, 'Removed');
  },
  Metaspace: metaspace,
};

function byteLevel(part: Part): PreTokenize {
  part.only('type', 'add_prefix_space', 'trim_offsets', 'use_regex');
  const [prefixed, words] = [part.flag('add_prefix_space'), part.flag('use_regex', true)];
  return (piece) => {
    const text = prefixed && !piece.text.startsWith(' ') ? ` ${piece.text}` : piece.text;
    const pieces = words ? split({ ...piece, text }, WORDS, 'Isolated') : [{ ...piece, text }];
    return pieces.map(({ text: word, first }) => ({ text: toByteChars(word), first }));
  };
}

function metaspace(part: Part): PreTokenize {
  part.only('type', 'replacement', 'add_prefix_space', 'prepend_scheme', 'split', 'str_rep');
  const mark = part.text('replacement');
  const scheme = part.text('prepend_scheme', 'always');
  if (!['always', 'first', 'never'].includes(scheme)) throw part.unsupported('prepend_scheme');
  if (!part.flag('add_prefix_space', true) && scheme !== 'never')
    throw part.damaged('add_prefix_space', 'it contradicts prepend_scheme');
  if ([...mark].length !== 1) throw part.damaged('replacement', 'one character is expected');
  const cuts = part.flag('split', true);
  const marks = new RegExp(mark.replace(/[\^$\\.*+?()[\]{}|/]/, '\\$&'), 'gu');
  const prepends = (first: boolean) => scheme === 'always' || (scheme === 'first' && first);
  return ({ text, first }) => {
    const marked = text.replaceAll(' ', () => mark);
    const whole = { text: prepends(first) && !marked.startsWith(mark) ? mark + marked : marked, first };
    return cuts ? split(whole, marks, 'MergedWithNext') : [whole];
  };
}

function behaviourOf(part: Part): Behaviour {
  const behaviour = BEHAVIOURS.find((each) => each === part.text('behavior'));
  if (behaviour === undefined) throw part.unsupported('behavior');
  return behaviour;
}
