/** `decoder` of a `tokenizer.json`: how tokens become text again. */
import { bytesOfToken } from './bytes.js';
import { byType, type Part } from './part.js';
import { patternOf } from './pattern.js';

/** Texts of tokens to pieces of the text, which stand side by side in the end. */
type Step = (tokens: readonly string[]) => readonly string[];

/** Of a text: U+FEFF at its start is a character like others. */
const lossy = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

const BYTE = /^<0x([0-9A-Fa-f]{2}|\+[0-9A-Fa-f])>$/;

/** Turns the texts of tokens into text. */
export class Decoder {
  readonly #step?: Step;
  /** Whether tokens that stand for bytes are taken together: their text is known when a token of another kind follows. */
  readonly #joinsBytes: boolean;

  /** @throws CometError `E_UNSUPPORTED` for one that is not implemented. */
  constructor(part: Part | undefined) {
    const kinds: string[] = [];
    if (part) collect(part, kinds);
    this.#joinsBytes = kinds.includes('ByteFallback');
    this.#step = part && byType(part, KINDS);
  }

  decode(tokens: readonly string[]): string {
    return this.#step ? this.#step(tokens).join('') : tokens.join(' ');
  }

  /** Whether the text of a token that stands last depends on what follows. */
  isOpen = (token: string): boolean => this.#joinsBytes && BYTE.test(token);
}

/** The types of all steps, in order. Where the steps are joined before a longer text is replaced, text that was given out could change. */
function collect(part: Part, kinds: string[]): void {
  const type = part.text('type');
  if (type === 'Sequence') for (const each of part.parts('decoders')) collect(each, kinds);
  else kinds.push(type);
  const isLong = type === 'Replace' && [...part.part('pattern').text('String', '??')].length > 1;
  if (isLong && kinds.includes('Fuse')) throw part.unsupported('pattern', 'after Fuse only one character is supported');
}

const KINDS: Readonly<Record<string, (part: Part) => Step>> = {
  Sequence: (part) => {
    const steps = part
      .only('type', 'decoders')
      .parts('decoders')
      .map((each) => byType(each, KINDS));
    return (tokens) => steps.reduce((done, step) => step(done), tokens);
  },
  ByteLevel: (part) => {
    part.only('type', 'add_prefix_space', 'trim_offsets', 'use_regex');
    return (tokens) => [lossy.decode(Uint8Array.from(tokens.flatMap(bytesOfToken)))];
  },
  Replace: (part) => {
    const content = part.only('type', 'pattern', 'content').text('content');
    const pattern = patternOf(part);
    return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
  },
  ByteFallback: (part) => {
    part.only('type');
    return joinBytes;
  },
  Fuse: (part) => {
    part.only('type');
    return (tokens) => [tokens.join('')];
  },
  Strip: (part) => {
    const content = part.only('type', 'content', 'start', 'stop').text('content');
    if (part.count('stop') !== 0) throw part.unsupported('stop', 'only 0 is supported');
    const most = part.count('start');
    return (tokens) => tokens.map((token) => stripped(token, content, most));
  },
  Metaspace: (part) => {
    part.only('type', 'replacement', 'add_prefix_space', 'prepend_scheme', 'split', 'str_rep');
    const [mark, scheme] = [part.text('replacement'), part.text('prepend_scheme', 'always')];
    if (!part.flag('add_prefix_space', true) && scheme !== 'never')
      throw part.damaged('add_prefix_space', 'it contradicts prepend_scheme');
    return (tokens) =>
      tokens.map((token, i) => token.replaceAll(mark, () => (i === 0 && scheme !== 'never' ? '' : ' ')));
  },
};

/** Runs of tokens that stand for bytes become their characters, or U+FFFD for each where they are no UTF-8 together. */
function joinBytes(tokens: readonly string[]): string[] {
  const out: string[] = [];
  let run: number[] = [];
  const end = (): void => {
    if (run.length > 0) out.push(...charactersOf(run));
    run = [];
  };
  for (const token of tokens) {
    const byte = BYTE.exec(token)?.[1];
    if (byte !== undefined) {
      run.push(parseInt(byte, 16));
    } else {
      end();
      out.push(token);
    }
  }
  end();
  return out;
}

function charactersOf(bytes: readonly number[]): string[] {
  try {
    return [strict.decode(Uint8Array.from(bytes))];
  } catch {
    return bytes.map(() => '\ufffd');
  }
}

/** Without as many of a character at the start, at most. */
function stripped(token: string, content: string, most: number): string {
  let count = 0;
  while (count < most && token.startsWith(content, count * content.length)) count++;
  return token.slice(count * content.length);
}
