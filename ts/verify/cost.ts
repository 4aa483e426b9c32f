/**
 * `comet cost`: runs steps of a decoder with synthetic weights through the real parties, each in its worker, and reports what their
 * meters counted. Steady state: all steps are announced at once, so the dealer's and the offline work are inside the measured time.
 */
import { CometError } from '../core/errors.js';
import { OP } from '../core/address.js';
import type { Kernels } from '../kernels/load.js';
import type { Plan } from '../model/plan.js';
import { type LedgerTotal, ledgerOf } from './ledger-of.js';
import type { Shape } from '../model/shape.js';
import { EmbeddedParties } from '../parties/embedded.js';
import { ClientSession } from '../parties/client.js';
import type { Counts, Hosted } from '../parties/hosted.js';
import { provision } from '../parties/owner.js';
import type { AnnouncedStep } from '../parties/steps.js';
import type { Kind } from '../net/frame.js';
import { syntheticModel } from '../provision/synthetic.js';

/** Known shapes, one layer each. */
export const SHAPES: Readonly<Record<string, Omit<Shape, 'layers' | 'context' | 'vocab'>>> = {
  'opt-125m': { width: 768, heads: 12, headDim: 64, ffn: 3072 },
  'comet-16m': { width: 384, heads: 12, headDim: 32, ffn: 1536 },
  tiny: { width: 32, heads: 4, headDim: 8, ffn: 64 },
};

export interface CostOptions {
  readonly shape: string;
  readonly step: 'decode' | 'prefill';
  /** Decode: positions attended to, the new one included; at most 2048. */
  readonly context?: number;
  /** Prefill: rows of the step, at most 64. */
  readonly tokens?: number;
  /** Measured steps, at most 4096. */
  readonly repeat?: number;
  /** A layer with biases. */
  readonly bias?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** Cost of one operation, or of the step. */
export interface OpCost {
  readonly onlineBytes: number;
  readonly offlineBytes: number;
  readonly macs: number;
  readonly seconds: number;
}

/** Measured cost of one step of one layer, per step. */
export interface CostReport extends OpCost {
  readonly shape: string;
  readonly step: 'decode' | 'prefill';
  readonly mode: 'dense';
  /** Whether the layer has biases. */
  readonly bias: boolean;
  readonly context: number;
  readonly rows: number;
  readonly rounds: number;
  /** What the formulas say; equal to the measured counts, or something is wrong. */
  readonly ledger: LedgerTotal;
  /** Per operation of docs/protocol.md section 3, without frame headers; seconds are those inside the gate at server 0. */
  readonly gates: Readonly<Record<string, OpCost>>;
}

/** Measures one decoder layer. */
export async function measureCost(kernels: Kernels, options: CostOptions): Promise<CostReport> {
  if (!Object.hasOwn(SHAPES, options.shape))
    throw new CometError(
      'E_ARGUMENT',
      `the shape ${options.shape} is not known; known are ${Object.keys(SHAPES).join(', ')}`,
    );
  if (options.step === 'prefill' ? options.context !== undefined : options.tokens !== undefined)
    throw new CometError(
      'E_ARGUMENT',
      'a decode step has a context, a prefill step has tokens; not the other way round',
    );
  const known = SHAPES[options.shape];
  const rows = options.step === 'prefill' ? (options.tokens ?? 32) : 1;
  const context = options.step === 'prefill' ? rows : (options.context ?? 33);
  const repeat = options.repeat ?? (options.step === 'prefill' ? 3 : 16);
  const shape = { ...known, layers: 1, context: Math.max(context, rows), vocab: 64 };
  const synthetic = await syntheticModel(kernels, shape, { biased: options.bias, signal: options.signal });
  const owner = provision(kernels, options.shape, synthetic.model, synthetic.calibration);
  const parties = await EmbeddedParties.start(owner.manifest, owner.seeds, owner.tensors, { signal: options.signal });
  try {
    const session = await parties.open(options.signal);
    const client = ClientSession.over(owner.client, session);
    const run = async (stage: string, steps: readonly AnnouncedStep[]): Promise<void> => {
      client.announce(steps);
      for (const [i, step] of steps.entries()) {
        await client.run(randomIds(step), options.signal);
        options.onProgress?.(stage, i + 1, steps.length);
      }
    };
    const position = context - rows;
    if (position > 0) await run('filling the context', chunks(position));
    const step: AnnouncedStep = { rows, position, outputs: 'none' };
    await run('warming up', [step, step]); // tables are made, code is hot
    const before = await parties.counts();
    const begin = performance.now();
    await run(
      'measuring',
      Array.from({ length: repeat }, () => step),
    );
    const seconds = (performance.now() - begin) / 1000 / repeat;
    const after = await parties.counts();
    client.end();
    return report(options, owner.manifest.plan, { rows, context, position, seconds, repeat }, before, after);
  } finally {
    await parties.close();
  }
}

const randomIds = ({ rows, position }: AnnouncedStep): number[] =>
  Array.from({ length: rows }, (_, i) => (7 * (position + i)) % 64);

/** The steps that fill a context. */
function chunks(length: number): AnnouncedStep[] {
  return Array.from({ length: Math.ceil(length / 32) }, (_, i) => ({
    rows: Math.min(32, length - 32 * i),
    position: 32 * i,
    outputs: 'none' as const,
  }));
}

type All = Record<Hosted, Counts>;

function report(
  options: CostOptions,
  plan: Plan,
  at: { rows: number; context: number; position: number; seconds: number; repeat: number },
  before: All,
  after: All,
): CostReport {
  const { rows, context, position, seconds, repeat } = at;
  const sent = (role: Hosted, peer: string, kind: Kind, unit: 'bytes' | 'frames' = 'bytes'): number =>
    (after[role].links[peer].sent[kind][unit] - before[role].links[peer].sent[kind][unit]) / repeat;
  const toDealer = sent('server0', 'dealer', 'credit') + sent('server1', 'dealer', 'credit');
  const gates: Record<string, OpCost> = {};
  for (const [name, op] of Object.entries(OP)) {
    const delta = (role: Hosted, field: 'byOp' | 'macs' | 'seconds'): number =>
      ((after[role][field][`0.${op}`] ?? 0) - (before[role][field][`0.${op}`] ?? 0)) / repeat;
    const all = (field: 'macs'): number => delta('server0', field) + delta('server1', field) + delta('dealer', field);
    if (op === OP.input) continue;
    gates[name] = {
      onlineBytes: delta('server0', 'byOp') + delta('server1', 'byOp'),
      offlineBytes: delta('dealer', 'byOp'),
      macs: all('macs'),
      seconds: delta('server0', 'seconds'),
    };
  }
  return {
    shape: options.shape,
    step: options.step,
    mode: 'dense',
    bias: options.bias ?? false,
    context,
    rows,
    rounds: Math.max(sent('server0', 'server1', 'opening', 'frames'), sent('server1', 'server0', 'opening', 'frames')),
    onlineBytes: sent('server0', 'server1', 'opening') + sent('server1', 'server0', 'opening') + toDealer,
    offlineBytes: sent('dealer', 'server0', 'tape') + sent('dealer', 'server1', 'tape'),
    macs: Object.values(gates).reduce((sum, gate) => sum + gate.macs, 0),
    seconds,
    ledger: ledgerOf(plan, [{ step: 0, rows, position, outputs: 'none' }]),
    gates,
  };
}
