/**
 * `comet cost`: runs steps of a decoder with synthetic weights through the real parties, each in its worker, and reports what their
 * meters counted for one inner layer. Steady state: all steps are announced at once, so the dealer's and the offline work are inside the
 * measured time.
 */
import { ClientSession } from '../client/session.js';
import { OP } from '../core/address.js';
import { CometError } from '../core/errors.js';
import { walkLedger } from '../cost/walk.js';
import { headsOf, pairsOf } from '../gates/sets.js';
import type { Kernels } from '../kernels/load.js';
import type { Kind } from '../net/frame.js';
import { EmbeddedParties } from '../parties/embedded.js';
import { type Counts, type Hosted, HOSTED } from '../parties/hosted.js';
import type { AnnouncedStep } from '../plan/announced-step.js';
import type { Plan } from '../plan/formats.js';
import type { Shape } from '../plan/shape.js';
import type { VariantName } from '../plan/variants.js';
import { provision } from '../provision/owner.js';
import { syntheticModel, syntheticPredictors } from '../provision/synthetic.js';
import { type LedgerTotal, withHeaders } from '../cost/ledger-of.js';

/** Known shapes. */
export const SHAPES: Readonly<Record<string, LayerShape>> = {
  'opt-125m': { width: 768, heads: 12, headDim: 64, ffn: 3072 },
  'comet-16m': { width: 384, heads: 12, headDim: 32, ffn: 1536 },
  tiny: { width: 32, heads: 4, headDim: 8, ffn: 64 },
};

/** Dimensions of a layer. */
export type LayerShape = Omit<Shape, 'layers' | 'context' | 'vocab'>;

export interface CostOptions {
  /** One of {@link SHAPES}, or the name of `sizes`. */
  readonly shape: string;
  readonly sizes?: LayerShape;
  readonly step: 'decode' | 'prefill';
  /** Decode: positions attended to, the new one included; at most 2048. */
  readonly context?: number;
  /** Prefill: rows of the step, at most 64. */
  readonly tokens?: number;
  /** Measured steps, at most 4096. */
  readonly repeat?: number;
  /** A layer with biases. */
  readonly bias?: boolean;
  /** A layer of a post-norm model. */
  readonly postNorm?: boolean;
  /** Of the program; `digits` unless given. */
  readonly variant?: VariantName;
  /** Computes only what a predictor says. */
  readonly sparse?: boolean;
  /** Part of the neurons that the predictor's thresholds let through; 0.1 unless given. */
  readonly density?: number;
  /** Heads that they let through, of all; seven in twelve unless given. */
  readonly heads?: number;
  /** Rank of the predictor; a sixth of the width unless given. */
  readonly rank?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** Cost of one operation, or of the step. */
export interface OpCost {
  /** Of an operation that opens a wire: bits of a word. */
  readonly width?: number;
  readonly onlineBytes: number;
  readonly offlineBytes: number;
  readonly macs: number;
  readonly seconds: number;
}

/** Measured cost of one step of one layer, per step. */
export interface CostReport extends OpCost {
  readonly shape: string;
  readonly step: 'decode' | 'prefill';
  readonly mode: 'dense' | 'sparse';
  /** Whether the layer has biases. */
  readonly bias: boolean;
  readonly postNorm: boolean;
  readonly variant: VariantName;
  readonly context: number;
  readonly rows: number;
  /** Part of the neurons that were computed. */
  readonly computedDensity: number;
  /** Heads that were computed, a row. */
  readonly headsComputed: number;
  /** Rank of the predictor, where there is one. */
  readonly rank?: number;
  readonly rounds: number;
  /** Of `macs`, those in words of 32 bits, by the formulas. */
  readonly narrowMacs: number;
  /** What the formulas say; equal to the measured counts, or something is wrong. */
  readonly ledger: LedgerTotal;
  /** Per operation of docs/protocol.md section 3, without frame headers; seconds are those inside the gate at server 0. */
  readonly gates: Readonly<Record<string, OpCost>>;
}

/** An inner layer is measured: its heads are predicted by the layer before, and it predicts those of the next. */
const LAYERS = 3;
const MEASURED = 1;
/** Decoding steps until a runtime has compiled what they run. */
const WARM_STEPS = 96;

/** Measures one decoder layer. */
export async function measureCost(kernels: Kernels, options: CostOptions): Promise<CostReport> {
  const { signal, onProgress, sparse = false } = options;
  const sizes = checked(options);
  const { rows, context, repeat, shape, rank } = sizes;
  const synthetic = await syntheticModel(kernels, shape, { biased: options.bias, postNorm: options.postNorm, signal });
  const position = context - rows;
  const tokens = tokensOf(shape.vocab);
  const fill = tokens(position);
  const measured = Array.from({ length: repeat }, () => tokens(rows));
  const density = { neurons: options.density ?? 0.1, heads: options.heads ?? Math.round((7 * shape.heads) / 12) };
  const predictors = sparse
    ? syntheticPredictors(kernels, synthetic.model, density, rank, { before: fill, steps: measured })
    : undefined;
  const owner = provision(kernels, options.shape, synthetic.model, synthetic.calibration, {
    predictors,
    variant: options.variant,
  });
  const parties = await EmbeddedParties.start(owner.manifest, owner.seeds, owner.tensors, { detailed: true, signal });
  try {
    const session = await parties.open(signal);
    const client = ClientSession.over(owner.client, session);
    const run = async (stage: string, steps: readonly AnnouncedStep[], ids: readonly number[][]): Promise<void> => {
      client.announce(steps);
      for (const [i] of steps.entries()) {
        await client.run(ids[i], signal);
        onProgress?.(stage, i + 1, steps.length);
      }
    };
    if (position > 0) {
      const steps = chunks(position);
      const parts = steps.map((step) => fill.slice(step.position, step.position + step.rows));
      await run('filling the context', steps, parts);
    }
    const step: AnnouncedStep = { rows, position, outputs: 'none', sparse };
    // Tables are made, code is compiled.
    const warm = options.step === 'decode' ? WARM_STEPS : 1;
    await run('warming up', Array<AnnouncedStep>(warm).fill(step), Array<number[]>(warm).fill(measured[0]));
    const before = await parties.counts();
    await run(
      'measuring',
      measured.map(() => step),
      measured,
    );
    const after = await parties.counts();
    client.end();
    return report(options, owner.manifest.plan, { ...sizes, position }, before, after);
  } finally {
    await parties.close();
  }
}

interface Sizes {
  readonly rows: number;
  readonly context: number;
  readonly repeat: number;
  readonly rank: number;
  readonly shape: Shape;
}

function checked(options: CostOptions): Sizes {
  const refuse = (message: string): never => {
    throw new CometError('E_ARGUMENT', message);
  };
  if (!options.sizes && !Object.hasOwn(SHAPES, options.shape))
    refuse(`the shape ${options.shape} is not known; known are ${Object.keys(SHAPES).join(', ')}`);
  if (options.step === 'prefill' ? options.context !== undefined : options.tokens !== undefined)
    refuse('a decode step has a context, a prefill step has tokens; not the other way round');
  const known = options.sizes ?? SHAPES[options.shape];
  const { sparse, density, heads, rank } = options;
  if (sparse && options.postNorm) refuse('post-norm models have no predictors: their layers are dense');
  if (!sparse && (density ?? heads ?? rank) !== undefined)
    refuse('a density, heads and a rank belong to sparse layers');
  if (density !== undefined && !(density >= 0 && density <= 1)) refuse('the density is a part, between 0 and 1');
  if (heads !== undefined && !(heads <= known.heads)) refuse(`this shape has ${known.heads} heads`);
  const rows = options.step === 'prefill' ? (options.tokens ?? 32) : 1;
  const context = options.step === 'prefill' ? rows : (options.context ?? 33);
  return {
    rows,
    context,
    // As many tokens as give the densities that were asked for.
    repeat: options.repeat ?? (options.step === 'prefill' ? 3 : sparse ? 64 : 16),
    rank: rank ?? Math.ceil(known.width / 6),
    shape: { ...known, layers: LAYERS, context: Math.max(context, rows), vocab: 64 },
  };
}

/** Some tokens, and when asked again some others. */
function tokensOf(vocab: number): (count: number) => number[] {
  let next = 0;
  return (count) => Array.from({ length: count }, () => (7 * next++) % vocab);
}

/** The steps that fill a context, dense. */
function chunks(length: number): AnnouncedStep[] {
  return Array.from({ length: Math.ceil(length / 32) }, (_, i) => ({
    rows: Math.min(32, length - 32 * i),
    position: 32 * i,
    outputs: 'none' as const,
    sparse: false,
  }));
}

type All = Record<Hosted, Counts>;

function report(
  options: CostOptions,
  plan: Plan,
  at: Sizes & { position: number },
  before: All,
  after: All,
): CostReport {
  const { rows, context, position, repeat, rank } = at;
  const { sparse = false } = options;
  type Field = 'byOp' | 'macs' | 'seconds';
  const delta = (role: Hosted, field: Field, op: number): number =>
    ((after[role][field][`${MEASURED}.${op}`] ?? 0) - (before[role][field][`${MEASURED}.${op}`] ?? 0)) / repeat;
  const gates: Record<string, OpCost> = {};
  const step = { step: 0, rows, position, outputs: 'none', sparse } as const;
  const formats = walkLedger(plan, [step], { cached: position });
  for (const [name, op] of Object.entries(OP)) {
    const skipped = op === OP.nA || op === OP.nB;
    if (op === OP.input || (skipped ? !options.postNorm : !sparse && op >= OP.hidden)) continue;
    const width = formats.width({ layer: MEASURED, op });
    gates[name] = {
      ...(width !== undefined && { width }),
      onlineBytes: delta('server0', 'byOp', op) + delta('server1', 'byOp', op),
      offlineBytes: delta('dealer', 'byOp', op),
      macs: HOSTED.reduce((sum, role) => sum + delta(role, 'macs', op), 0),
      seconds: delta('server0', 'seconds', op),
    };
  }
  const sent = (role: Hosted, peer: string, kind: Kind, unit: 'bytes' | 'frames' = 'bytes'): number => {
    const [now, then] = [after, before].map((all) => all[role].layers[MEASURED][peer].sent[kind][unit]);
    return (now - then) / repeat;
  };
  const toDealer = (['server0', 'server1'] as const).flatMap((server) =>
    (['credit', 'reveal'] as const).map((kind) => sent(server, 'dealer', kind)),
  );
  const revealed = after.server0.revealed.filter(({ layer }) => layer === MEASURED).slice(-repeat);
  const earlier = after.server0.revealed.filter(({ layer }) => layer === MEASURED - 1).slice(-repeat);
  const costs = Array.from({ length: repeat }, (_, i) =>
    walkLedger(plan, [step], {
      cached: position,
      revealed: ({ layer }, bits) =>
        wordsOf({ [MEASURED]: revealed[i], [MEASURED - 1]: earlier[i] }[layer]?.bits ?? new Uint8Array(bits)),
    }).of(MEASURED),
  );
  const meanOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / repeat;
  const ledgers = costs.map(withHeaders);
  const mean = (field: keyof LedgerTotal): number => meanOf(ledgers.map((ledger) => ledger[field]));
  return {
    shape: options.shape,
    step: options.step,
    mode: sparse ? 'sparse' : 'dense',
    bias: options.bias ?? false,
    postNorm: options.postNorm ?? false,
    variant: options.variant ?? 'digits',
    context,
    rows,
    ...computed(plan, rows, revealed, earlier),
    ...(sparse && { rank }),
    rounds: Math.max(sent('server0', 'server1', 'opening', 'frames'), sent('server1', 'server0', 'opening', 'frames')),
    onlineBytes:
      sent('server0', 'server1', 'opening') +
      sent('server1', 'server0', 'opening') +
      sent('server0', 'server1', 'refill') +
      sent('server1', 'server0', 'refill') +
      toDealer.reduce((total, bytes) => total + bytes, 0),
    offlineBytes: sent('dealer', 'server0', 'tape') + sent('dealer', 'server1', 'tape'),
    macs: Object.values(gates).reduce((total, gate) => total + gate.macs, 0),
    narrowMacs: meanOf(costs.map(({ narrowMacs }) => narrowMacs)),
    seconds: (after.server0.layerSeconds[MEASURED] - before.server0.layerSeconds[MEASURED]) / repeat,
    ledger: {
      rounds: mean('rounds'),
      onlineBytes: mean('onlineBytes'),
      offlineBytes: mean('offlineBytes'),
      macs: mean('macs'),
    },
    gates,
  };
}

/** What the measured layer computed: its own neurons, and those heads that the layer before had found. */
function computed(
  { shape: { ffn, heads } }: Plan,
  rows: number,
  own: Counts['revealed'],
  earlier: Counts['revealed'],
): Pick<CostReport, 'computedDensity' | 'headsComputed'> {
  if (own.length === 0) return { computedDensity: 1, headsComputed: heads };
  const shape = { rows, ffn, heads };
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    computedDensity: mean(own.map(({ bits }) => pairsOf(wordsOf(bits), shape).neurons.length)) / (rows * ffn),
    headsComputed: mean(earlier.map(({ bits }) => headsOf(wordsOf(bits), shape).heads.length)) / rows,
  };
}

const wordsOf = (bits: Uint8Array): BigUint64Array<ArrayBuffer> => BigUint64Array.from(bits, BigInt);
