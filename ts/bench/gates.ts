/** Every gate of a decoder layer alone: how fast each side computes it, and what it sends. */
import { OP } from '../core/address.js';
import type { Kernels } from '../kernels/load.js';
import { shapeOf } from '../plan/shapes.js';
import type { VariantName } from '../plan/variants.js';
import { provision } from '../provision/owner.js';
import { syntheticModel } from '../provision/synthetic.js';
import { layerCalls } from './layer.js';
import { type Subject, timeAll, type TimingOptions } from './timing.js';

/** One call of a gate in a decoding step. */
export interface GateFigure {
  /** The gate's name in ts/gates/gates.ts. */
  readonly gate: string;
  /** The operation of docs/protocol.md section 3. */
  readonly op: string;
  /** Elements of its result, or of its widest argument where that has more. */
  readonly elements: number;
  /** Seconds and elements a second of each side, by the best call. */
  readonly server0: Speed;
  readonly server1: Speed;
  readonly dealer: Speed;
  /** Between the servers, both ways, without frame headers. */
  readonly onlineBytes: number;
  /** From the dealer to server 1, without frame headers. */
  readonly offlineBytes: number;
}

export interface Speed {
  readonly seconds: number;
  readonly elementsPerSecond: number;
}

export interface GateReport {
  readonly shape: string;
  readonly context: number;
  readonly gates: readonly GateFigure[];
}

export interface GateOptions extends TimingOptions {
  readonly shape: string;
  /** Positions attended to, the new one included. */
  readonly context: number;
  /** Of the program; `digits` unless given. */
  readonly variant?: VariantName;
}

/** Times the gates of one decoding step. */
export async function benchGates(kernels: Kernels, options: GateOptions): Promise<GateReport> {
  const { shape, context, variant } = options;
  const synthetic = await syntheticModel(kernels, { ...shapeOf(shape), layers: 1, context, vocab: 64 }, options);
  const owner = provision(kernels, shape, synthetic.model, synthetic.calibration, { variant });
  const calls = await layerCalls(kernels, owner, context);
  const subjects: Record<string, Subject> = {};
  for (const [i, { server0, server1, dealer }] of calls.entries())
    Object.assign(subjects, { [`${i} server0`]: server0, [`${i} server1`]: server1, [`${i} dealer`]: dealer });
  const timings = await timeAll(subjects, options);
  const gates = calls.map(({ call: { gate, at, elements, onlineBytes }, offlineBytes }, i): GateFigure => {
    const speed = (side: string): Speed => {
      const { best } = timings[`${i} ${side}`];
      return { seconds: best, elementsPerSecond: elements / best };
    };
    const sides = { server0: speed('server0'), server1: speed('server1'), dealer: speed('dealer') };
    return { gate, op: operation(at.op), elements, ...sides, onlineBytes, offlineBytes };
  });
  return { shape, context, gates };
}

const operation = (op: number): string => Object.entries(OP).find(([, number]) => number === op)![0];
