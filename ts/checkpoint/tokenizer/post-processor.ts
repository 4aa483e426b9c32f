/** `post_processor` of a `tokenizer.json`: the special tokens around a text. */
import { byType, type Part } from './part.js';

/** Tokens to tokens. */
export type PostProcess = (ids: readonly number[]) => readonly number[];

/** @throws CometError `E_UNSUPPORTED` for one that is not implemented. */
export function postProcessorOf(part: Part | undefined): PostProcess {
  return part ? byType(part, KINDS) : (ids) => ids;
}

const KINDS: Readonly<Record<string, (part: Part) => PostProcess>> = {
  Sequence: (part) => {
    const steps = part
      .only('type', 'processors')
      .parts('processors')
      .map((each) => byType(each, KINDS));
    return (ids) => steps.reduce((done, step) => step(done), ids);
  },
  // It trims offsets, which nobody reads.
  ByteLevel: (part) => {
    part.only('type', 'add_prefix_space', 'trim_offsets', 'use_regex');
    return (ids) => ids;
  },
  TemplateProcessing: template,
  BertProcessing: (part) => between(part.only('type', 'sep', 'cls')),
  RobertaProcessing: (part) => between(part.only('type', 'sep', 'cls', 'trim_offsets', 'add_prefix_space')),
};

/** The form of one text; that of two is not read. */
function template(part: Part): PostProcess {
  const special = part.only('type', 'single', 'pair', 'special_tokens').part('special_tokens');
  const pieces = part.parts('single').map((piece) => {
    if (piece.has('Sequence')) {
      if (piece.part('Sequence').text('id') !== 'A') throw piece.unsupported('Sequence', 'only A is there');
      return 'text' as const;
    }
    const name = piece.part('SpecialToken').text('id');
    if (!special.has(name)) throw piece.damaged('SpecialToken', 'it is not in special_tokens');
    return special.part(name).ids('ids');
  });
  return (ids) => pieces.flatMap((piece) => (piece === 'text' ? ids : piece));
}

function between(part: Part): PostProcess {
  const [cls, sep] = [part.pairedId('cls'), part.pairedId('sep')];
  return (ids) => [cls, ...ids, sep];
}
