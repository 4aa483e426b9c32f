/**
 * Where a plan is wider than usual, because trained models are: which layers, and what that costs a token. Each cost is
 * the ledger's, against the same plan without this one widening; such a plan would not fit the model.
 */
import {
  FIXED,
  type LayerPlan,
  type NormPlan,
  type Plan,
  prefixLength,
  softmaxLevels,
  softmaxWidth,
} from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';
import { ledgerOf, type LedgerTotal } from './ledger-of.js';

/** Bits of the stream, and of a table of a norm, that most models need no more of. */
const USUAL = { stream: 48, table: 10 } as const;

/** What of a plan may be wider. */
export type WideningKind = 'prefix' | 'stream' | 'normTables' | 'normWindows' | 'softmax' | 'outputLift';

/** One kind of widening. */
export interface Widening {
  readonly kind: WideningKind;
  /** From 0 on; the last norm counts as a layer behind the last one. */
  readonly layers: readonly number[];
  /**
   * The largest in any of these: tokens of the prefix; bits of the stream; bits of a cell's number in a table; windows of
   * a norm; bits of a score; bits by which attention's output is lifted.
   */
  readonly most: number;
  /** Most coarse log-sum-exps that one softmax takes off first; `softmax` only. */
  readonly coarseLevels?: number;
  /** For one dense token; what the plan without it would cost less. */
  readonly rounds: number;
  readonly onlineBytes: number;
  readonly offlineBytes: number;
}

/** All widenings of a plan, and a dense token's cost with them. */
export interface WideningReport {
  /** Of the model. */
  readonly layers: number;
  /** Positions that the token attends to. */
  readonly context: number;
  readonly rounds: number;
  readonly onlineBytes: number;
  readonly offlineBytes: number;
  /** None where nothing is wider than usual. */
  readonly widenings: readonly Widening[];
}

/** A kind of widening: where a plan has it, how much of it, and the plan without. */
interface Kind {
  readonly kind: WideningKind;
  /** By layer and, last, of the last norm: 0 where it is as usual. */
  readonly sizes: (plan: Plan) => readonly number[];
  readonly without: (plan: Plan) => Plan;
}

const ofLayers = (plan: Plan, layer: (p: LayerPlan) => number, last = 0): number[] => [...plan.layers.map(layer), last];

/** A plan with every layer and every norm changed. */
const changed = (plan: Plan, layer: (p: LayerPlan) => LayerPlan): Plan => ({ ...plan, layers: plan.layers.map(layer) });
const withNorms = (plan: Plan, norm: <N extends NormPlan>(n: N) => N): Plan => ({
  ...changed(plan, (p) => ({ ...p, normA: norm(p.normA), normB: norm(p.normB) })),
  final: norm(plan.final),
});

const windowsOf = ({ windows }: NormPlan): number => windows?.count ?? 0;
const tableBits = ({ w, windows }: NormPlan): number => (windows || w <= USUAL.table ? 0 : w);
const ofNorms = (plan: Plan, size: (norm: NormPlan) => number): number[] =>
  ofLayers(plan, ({ normA, normB }) => Math.max(size(normA), size(normB)), size(plan.final));

/** The same sum, read by one table of the usual size. */
function usualTable<N extends NormPlan>(norm: N): N {
  const { windows, ...plan } = norm;
  const kSum = windows ? norm.kSum - 1 : norm.kSum;
  const w = Math.min(norm.w, USUAL.table);
  return { ...plan, kSum, w, f: kSum - w - norm.t } as N;
}

const usualSoftmax = ({ softmax: _wide, ...plan }: LayerPlan): LayerPlan => plan;

/** Attention's output reduced to the stream, in the widest word that there is. */
const reduced = ({ oLift: _lifted, ...plan }: LayerPlan, wx: number): LayerPlan => ({
  ...plan,
  kO: Math.min(64, wx + plan.fO),
});

/** The stream in words of the usual size, and what is as wide as it is. */
function usualStream(plan: Plan): Plan {
  const less = plan.wx - USUAL.stream;
  const narrower = changed(plan, (p) => (p.oLift ? p : { ...p, kO: p.kO - less }));
  const { kOut, kR } = plan.final;
  return { ...narrower, wx: USUAL.stream, final: { ...plan.final, kOut: kOut - less, kR: kR - less } };
}

const coarseLevels = (p: LayerPlan): number => softmaxLevels(p).length - 1;

const KINDS: readonly Kind[] = [
  {
    kind: 'prefix',
    sizes: (plan) => ofLayers(plan, () => prefixLength(plan)),
    without: ({ prefix: _tokens, ...plan }) => plan,
  },
  {
    kind: 'stream',
    sizes: (plan) => (plan.wx > USUAL.stream ? ofLayers(plan, () => plan.wx, plan.wx) : []),
    without: usualStream,
  },
  {
    kind: 'normTables',
    sizes: (plan) => ofNorms(plan, tableBits),
    without: (plan) => withNorms(plan, (norm) => (tableBits(norm) > 0 ? usualTable(norm) : norm)),
  },
  {
    kind: 'normWindows',
    sizes: (plan) => ofNorms(plan, windowsOf),
    without: (plan) => withNorms(plan, (norm) => (norm.windows ? usualTable(norm) : norm)),
  },
  {
    kind: 'softmax',
    sizes: (plan) =>
      ofLayers(plan, (p) => (softmaxWidth(p) > FIXED.score.width || coarseLevels(p) > 0 ? softmaxWidth(p) : 0)),
    without: (plan) => changed(plan, usualSoftmax),
  },
  {
    kind: 'outputLift',
    sizes: (plan) => ofLayers(plan, (p) => (p.oLift ? p.fO : 0)),
    without: (plan) => changed(plan, (p) => (p.oLift ? reduced(p, plan.wx) : p)),
  },
];

/** Positions that a token attends to unless told otherwise. */
const CONTEXT = 33;

/** What is wider than usual in a plan, and what it costs a dense token. */
export function widenedOf(plan: Plan, wanted = CONTEXT): WideningReport {
  const context = Math.min(plan.shape.context, Math.max(wanted, prefixLength(plan) + 1));
  const step: StepShape = { step: 0, rows: 1, position: context - 1, outputs: 'last' };
  const cost = (of: Plan): LedgerTotal => ledgerOf(of, [step], { cached: step.position });
  const { rounds, onlineBytes, offlineBytes } = cost(plan);
  const widenings = KINDS.flatMap(({ kind, sizes, without }): Widening[] => {
    const all = sizes(plan);
    const layers = all.flatMap((size, layer) => (size > 0 ? [layer] : []));
    if (layers.length === 0) return [];
    const less = cost(without(plan));
    const coarse = kind === 'softmax' && { coarseLevels: Math.max(...plan.layers.map(coarseLevels)) };
    return [
      {
        ...{ kind, layers, most: Math.max(...all), ...coarse, rounds: rounds - less.rounds },
        onlineBytes: onlineBytes - less.onlineBytes,
        offlineBytes: offlineBytes - less.offlineBytes,
      },
    ];
  });
  return { layers: plan.layers.length, context, rounds, onlineBytes, offlineBytes, widenings };
}
