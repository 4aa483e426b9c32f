/** What `comet cost` says of a layer: what its parties counted, against the formulas. */
import { COARSE_NAMES, coarseOp, MOST_COARSE, OP } from '../core/address.js';
import { walkLedger } from '../cost/walk.js';
import { headsOf, pairsOf } from '../gates/sets.js';
import type { Kind } from '../net/frame.js';
import { type Counts, type Hosted, HOSTED } from '../parties/hosted.js';
import type { Plan } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';
import type { VariantName } from '../plan/variants.js';
import type { CostOptions, CostSizes } from './cost-options.js';
import { type LedgerTotal, withHeaders } from '../cost/ledger-of.js';

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
  readonly weights: 'public' | 'secret';
  readonly context: number;
  readonly rows: number;
  /** Part of the neurons that were computed. */
  readonly computedDensity: number;
  /** Heads that were computed, a row. */
  readonly headsComputed: number;
  /** Rank of the predictor, where there is one. */
  readonly rank?: number;
  /** WebAssembly memories that the weights of each party were spread over. */
  readonly instances: number;
  readonly rounds: number;
  /** Of `macs`, those in words of 32 bits, by the formulas. */
  readonly narrowMacs: number;
  /** What the formulas say; equal to the measured counts, or something is wrong. */
  readonly ledger: LedgerTotal;
  /** Per operation of docs/protocol.md section 3, without frame headers; seconds are those inside the gate at server 0. */
  readonly gates: Readonly<Record<string, OpCost>>;
}

type All = Record<Hosted, Counts>;

/** What is reported of: the plan, what was run, and what the parties had counted before the measured steps and after them. */
interface Measured {
  readonly options: CostOptions;
  readonly plan: Plan;
  readonly sizes: CostSizes;
  readonly before: All;
  readonly after: All;
}

/** Per step. */
export function costReport(measured: Measured): CostReport {
  const { options, plan, sizes, before, after } = measured;
  const { shape, step, bias = false, postNorm = false, variant = 'digits', sparse = false } = options;
  const { rows, context, repeat, rank, instances, measured: layer } = sizes;
  const revealedBy = (of: number): Counts['revealed'] =>
    after.server0.revealed.filter((revealed) => revealed.layer === of).slice(-repeat);
  const [own, earlier] = [revealedBy(layer), revealedBy(layer - 1)];
  const gates = gatesOf(measured);
  return {
    ...{ shape, step, mode: sparse ? 'sparse' : 'dense', bias, postNorm, variant, context, rows },
    weights: options.publicWeights ? 'public' : 'secret',
    ...computed(plan, rows, own, earlier),
    ...(sparse && { rank }),
    instances,
    ...traffic(measured),
    macs: Object.values(gates).reduce((total, gate) => total + gate.macs, 0),
    seconds: (after.server0.layerSeconds[layer] - before.server0.layerSeconds[layer]) / repeat,
    ...formulas(measured, own, earlier),
    gates,
  };
}

/** The measured step, as the ledger walks it. */
const stepOf = ({ options: { sparse = false }, sizes: { rows, context } }: Measured): StepShape => ({
  ...{ step: 0, rows, position: context - rows, outputs: 'none', sparse },
});

function gatesOf(of: Measured): Record<string, OpCost> {
  const { plan, sizes, before, after } = of;
  const { measured: layer, repeat } = sizes;
  type Field = 'byOp' | 'macs' | 'seconds';
  const delta = (role: Hosted, field: Field, op: number): number =>
    ((after[role][field][`${layer}.${op}`] ?? 0) - (before[role][field][`${layer}.${op}`] ?? 0)) / repeat;
  const gates: Record<string, OpCost> = {};
  const step = stepOf(of);
  const formats = walkLedger(plan, [step], { cached: step.position });
  for (const [name, op] of OPERATIONS) {
    const width = formats.width({ layer, op });
    const gate: OpCost = {
      ...(width !== undefined && { width }),
      onlineBytes: delta('server0', 'byOp', op) + delta('server1', 'byOp', op),
      offlineBytes: delta('dealer', 'byOp', op),
      macs: HOSTED.reduce((sum, role) => sum + delta(role, 'macs', op), 0),
      seconds: delta('server0', 'seconds', op),
    };
    // What a layer of this plan does not have took nothing.
    if (width !== undefined || gate.onlineBytes + gate.offlineBytes + gate.macs > 0) gates[name] = gate;
  }
  return gates;
}

/** All operations of a layer by name, as in `verify`'s table of wires. */
const OPERATIONS: readonly (readonly [name: string, op: number])[] = [
  ...Object.entries(OP).filter(([, op]) => op !== OP.input),
  ...Array.from({ length: MOST_COARSE }, (_, level) =>
    COARSE_NAMES.map((which) => [`coarse${level} ${which}`, coarseOp(which, level)] as const),
  ).flat(),
];

/** Frames and bytes of the links. */
function traffic({ sizes, before, after }: Measured): Pick<CostReport, 'rounds' | 'onlineBytes' | 'offlineBytes'> {
  const { measured: layer, repeat } = sizes;
  const sent = (role: Hosted, peer: Hosted, kind: Kind, unit: 'bytes' | 'frames' = 'bytes'): number => {
    const [now, then] = [after, before].map((all) => all[role].layers[layer][peer].sent[kind][unit]);
    return (now - then) / repeat;
  };
  const ways = [
    ['server0', 'server1'],
    ['server1', 'server0'],
  ] as const;
  const online = ways.map(
    ([server, peer]) =>
      sent(server, peer, 'opening') +
      sent(server, peer, 'refill') +
      sent(server, 'dealer', 'credit') +
      sent(server, 'dealer', 'reveal'),
  );
  return {
    rounds: Math.max(...ways.map(([server, peer]) => sent(server, peer, 'opening', 'frames'))),
    onlineBytes: online[0] + online[1],
    offlineBytes: sent('dealer', 'server0', 'tape') + sent('dealer', 'server1', 'tape'),
  };
}

/** What the formulas say of what the layer and the one before revealed. */
function formulas(
  of: Measured,
  own: Counts['revealed'],
  earlier: Counts['revealed'],
): Pick<CostReport, 'ledger' | 'narrowMacs'> {
  const { measured: layer, repeat } = of.sizes;
  const step = stepOf(of);
  const costs = Array.from({ length: repeat }, (_, i) =>
    walkLedger(of.plan, [step], {
      cached: step.position,
      revealed: (at, bits) =>
        wordsOf({ [layer]: own[i], [layer - 1]: earlier[i] }[at.layer]?.bits ?? new Uint8Array(bits)),
    }).of(layer),
  );
  const meanOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / repeat;
  const ledgers = costs.map(withHeaders);
  const mean = (field: keyof LedgerTotal): number => meanOf(ledgers.map((ledger) => ledger[field]));
  const [rounds, onlineBytes] = [mean('rounds'), mean('onlineBytes')];
  return {
    ledger: { rounds, onlineBytes, offlineBytes: mean('offlineBytes'), macs: mean('macs') },
    narrowMacs: meanOf(costs.map(({ narrowMacs }) => narrowMacs)),
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
