/** `normalizer` of a `tokenizer.json`: what becomes of a text before anything else. */
import { byType, type Part } from './part.js';
import { patternOf } from './pattern.js';

/** Text to text. */
export type Normalize = (text: string) => string;

/** @throws CometError `E_UNSUPPORTED` for one that is not implemented. */
export function normalizerOf(part: Part | undefined): Normalize | undefined {
  return part && byType<Normalize>(part, KINDS);
}

const unicode =
  (form: 'NFC' | 'NFD') =>
  (part: Part): Normalize => {
    part.only('type');
    return (text) => text.normalize(form);
  };

const KINDS: Readonly<Record<string, (part: Part) => Normalize>> = {
  Sequence: (part) => {
    const steps = part
      .only('type', 'normalizers')
      .parts('normalizers')
      .map((each) => byType(each, KINDS));
    return (text) => steps.reduce((done, step) => step(done), text);
  },
  Prepend: (part) => {
    const prefix = part.only('type', 'prepend').text('prepend');
    return (text) => (text === '' ? '' : prefix + text);
  },
  Replace: (part) => {
    const content = part.only('type', 'pattern', 'content').text('content');
    const pattern = patternOf(part);
    return (text) => text.replace(pattern, () => content);
  },
  NFC: unicode('NFC'),
  NFD: unicode('NFD'),
};
