/** Cutting a text at the matches of a pattern, as `NormalizedString::split` of the Rust library does. */

/** What becomes of the matches. */
export const BEHAVIOURS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** A piece of a text on its way to the model. */
export interface Piece {
  readonly text: string;
  /** Whether it begins where the text begins. */
  readonly first: boolean;
}

interface Span {
  start: number;
  end: number;
  readonly isMatch: boolean;
}

/** The pieces of a piece; none is empty. With `invert` the matches are what lies between those of the pattern. */
export function split({ text, first }: Piece, pattern: RegExp, behaviour: Behaviour, invert = false): Piece[] {
  const spans = spansOf(text, pattern).map((span) => ({ ...span, isMatch: span.isMatch !== invert }));
  return joined(spans, behaviour)
    .filter(({ start, end }) => end > start)
    .map(({ start, end }) => ({ text: text.slice(start, end), first: first && start === 0 }));
}

/** Matches and what lies between them, from the first to the last. */
function spansOf(text: string, pattern: RegExp): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(pattern)) {
    if (index > end) spans.push({ start: end, end: index, isMatch: false });
    end = index + found.length;
    spans.push({ start: index, end, isMatch: true });
  }
  if (end < text.length) spans.push({ start: end, end: text.length, isMatch: false });
  return spans;
}

function joined(spans: readonly Span[], behaviour: Behaviour): Span[] {
  switch (behaviour) {
    case 'Isolated':
      return [...spans];
    case 'Removed':
      return spans.filter(({ isMatch }) => !isMatch);
    case 'Contiguous':
      return merged(spans, (span, before) => span.isMatch === before);
    case 'MergedWithPrevious':
      return merged(spans, (span, before) => span.isMatch && !before);
    case 'MergedWithNext':
      return merged([...spans].reverse(), (span, before) => span.isMatch && !before).reverse();
  }
}

/** Joins a span to the one before it in the list where `joins` says so. */
function merged(spans: readonly Span[], joins: (span: Span, before: boolean) => boolean): Span[] {
  const out: Span[] = [];
  let before = false;
  for (const span of spans) {
    const last = out.at(-1);
    if (last !== undefined && joins(span, before)) {
      last.start = Math.min(last.start, span.start);
      last.end = Math.max(last.end, span.end);
    } else {
      out.push({ ...span });
    }
    before = span.isMatch;
  }
  return out;
}
