/** What long calls have in common: events of their progress, a signal, a limit of memory. */
import { Estimate } from '../core/estimate.js';
import type { MemoryEvent } from '../provision/memory.js';
import type { OnProgress } from '../provision/node/load.js';
import type { MemoryOptions } from '../provision/node/machine.js';
import type { OnNotice } from '../provision/node/texts.js';

/** Progress of long work. */
export interface ProgressEvent {
  readonly type: 'progress';
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  /** What the rest of the stage will take, at the rate so far. */
  readonly secondsLeft?: number;
}

/** One line of what a call decided for its user: which text it takes, what it keeps, what it could not use. */
export interface NoticeEvent {
  readonly type: 'notice';
  readonly message: string;
}

/** What long calls tell. */
export type CallEvent = ProgressEvent | MemoryEvent | NoticeEvent;

/** Common options of long calls. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: CallEvent) => void;
  /** Most bytes of memory to use; as many as the machine has, unless given. */
  readonly maxMemory?: number;
}

/** Where memory is limited and told of, as a call says. */
export const memoryOf = ({ maxMemory, onEvent }: Pick<CallOptions, 'maxMemory' | 'onEvent'>): MemoryOptions => ({
  limit: maxMemory,
  onMemory: (use) => onEvent?.({ type: 'memory', ...use }),
});

/** Progress as events, with an estimate. */
export function progressTo(onEvent?: (event: ProgressEvent) => void): OnProgress {
  const estimate = new Estimate();
  return (stage, done, total) => {
    const secondsLeft = estimate.secondsLeft(stage, done, total);
    onEvent?.({ type: 'progress', stage, done, total, ...(secondsLeft !== undefined && { secondsLeft }) });
  };
}

/** What long work reports and obeys, as its call says. */
export interface Work {
  /** A calibration takes all processors. */
  readonly inThreads: true;
  readonly maxMemory?: number;
  readonly signal?: AbortSignal;
  readonly onProgress: OnProgress;
  readonly onNotice: OnNotice;
}

/** A call's options as its work takes them. */
export const workOf = ({ signal, onEvent, maxMemory }: CallOptions): Work => ({
  inThreads: true,
  maxMemory,
  signal,
  onProgress: progressTo(onEvent),
  onNotice: (message) => onEvent?.({ type: 'notice', message }),
});
