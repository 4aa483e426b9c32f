/** What an epoch costs, by formula: equal to what the meters count of frames of kind `shuffle`. */
import { HEADER_BYTES } from '../net/frame.js';
import { type Epoch, type EpochPolicy, EpochSchedule } from '../plan/epoch.js';
import type { Plan } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';
import { type MovedTensor, movedTensors } from './tensors.js';

/** Most bytes of a frame: what comes next on its link waits behind it, so it is small. */
const FRAME = 2 ** 18;

/** How many words each frame of a tensor has: whole rows. */
export function chunksOf({ rows, cols, bits }: MovedTensor): number[] {
  const each = Math.max(1, Math.floor(FRAME / ((bits / 8) * cols)));
  return Array.from({ length: Math.ceil(rows / each) }, (_, i) => Math.min(each, rows - i * each) * cols);
}

export interface EpochCost {
  /** Words of weights that move. */
  readonly words: number;
  readonly frames: number;
  /** Payload bytes: four words for each that moves, three of them between the servers. */
  readonly bytes: number;
}

/** On all links together; the dealer's tensors are acknowledged one by one, by a frame without a payload. */
export function epochCost(plan: Plan, epoch: Epoch): EpochCost {
  const tensors = movedTensors(plan, epoch);
  const sum = (of: (tensor: MovedTensor) => number): number => tensors.reduce((total, tensor) => total + of(tensor), 0);
  return {
    words: sum(({ rows, cols }) => rows * cols),
    frames: sum((tensor) => 4 * chunksOf(tensor).length + 1),
    bytes: sum(({ rows, cols, bits }) => 4 * (bits / 8) * rows * cols),
  };
}

/** What beginning epochs costs. */
export interface EpochTotal {
  readonly epochs: number;
  /** On all links, frame headers included. */
  readonly epochBytes: number;
}

/** The epochs that begin before one of these steps. */
export function epochsOf(
  plan: Plan,
  steps: readonly Pick<StepShape, 'rows' | 'sparse'>[],
  policy: EpochPolicy = { fresh: false },
): EpochTotal {
  const schedule = new EpochSchedule(policy);
  const total = { epochs: 0, epochBytes: 0 };
  for (const { rows, sparse = false } of steps) {
    const epoch = schedule.next({ rows, sparse });
    if (epoch.number === total.epochs) continue;
    total.epochs = epoch.number;
    const { bytes, frames } = epochCost(plan, epoch);
    total.epochBytes += bytes + HEADER_BYTES * frames;
  }
  return total;
}
