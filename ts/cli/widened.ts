/** What is wider than usual in a plan, for people: a line for each kind. */
import type { Widening, WideningReport } from '../index.js';
import { bytes, percent } from './output.js';

const text: Readonly<Record<Widening['kind'], (widening: Widening) => string>> = {
  prefix: ({ most }) => `constant prefix of ${most} ${most === 1 ? 'token' : 'tokens'}, which no step runs`,
  stream: ({ most }) => `residual stream of ${most} bits instead of 48`,
  normTables: ({ most }) => `norms with tables of up to 2^${most} cells`,
  normWindows: ({ most }) => `norms by up to ${most} windows`,
  softmax: ({ most, coarseLevels = 0 }) =>
    `scores of up to ${most} bits${coarseLevels > 0 ? `, behind up to ${coarseLevels} coarse log-sum-exps` : ''}`,
  outputLift: ({ most }) => `attention's output lifted by up to ${most} bits`,
};

/** What a plan has that is wider than usual, with what it costs a token: a line a kind, or one that says that there is nothing. */
export function describeWidened(report: WideningReport): string[] {
  const { layers, widenings, context, rounds, onlineBytes, offlineBytes } = report;
  if (widenings.length === 0) return ['nothing in the plan is wider than usual'];
  const lines = widenings.map((widening) => {
    const more = [
      `${bytes(widening.onlineBytes)} online (${percent(widening.onlineBytes / onlineBytes)})`,
      `${bytes(widening.offlineBytes)} from the dealer (${percent(widening.offlineBytes / offlineBytes)})`,
      `${widening.rounds} of ${rounds} rounds`,
    ];
    const free = widening.rounds === 0 && widening.onlineBytes === 0 && widening.offlineBytes === 0;
    const costs = free ? 'nothing' : more.join(', ');
    return `  ${text[widening.kind](widening)}, ${describeLayers(widening.layers, layers)}: ${costs}`;
  });
  return [`wider than usual, and what that costs a dense token with a context of ${context}:`, ...lines];
}

/** Layers as ranges: those behind the last one are the last norm. */
function describeLayers(some: readonly number[], layers: number): string {
  const inside = some.filter((layer) => layer < layers);
  const last = inside.length < some.length ? ['last norm'] : [];
  if (inside.length === layers) return ['all layers', ...last].join(' and ');
  const ranges: [from: number, to: number][] = [];
  for (const layer of inside) {
    const open = ranges.at(-1);
    if (open?.[1] === layer - 1) open[1] = layer;
    else ranges.push([layer, layer]);
  }
  const named = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
  return [...(inside.length > 0 ? [`${inside.length === 1 ? 'layer' : 'layers'} ${named}`] : []), ...last].join(
    ' and ',
  );
}
