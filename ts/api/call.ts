/** What long calls have in common: events of their progress, a signal, a limit of memory. */
import type { MemoryEvent } from '../provision/memory.js';
import type { MemoryOptions } from '../provision/node/machine.js';

/** Progress of long work. */
export interface ProgressEvent {
  readonly type: 'progress';
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** Common options of long calls. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ProgressEvent | MemoryEvent) => void;
  /** Most bytes of memory to use; as many as the machine has, unless given. */
  readonly maxMemory?: number;
}

/** Where memory is limited and told of, as a call says. */
export const memoryOf = ({ maxMemory, onEvent }: Pick<CallOptions, 'maxMemory' | 'onEvent'>): MemoryOptions => ({
  limit: maxMemory,
  onMemory: (use) => onEvent?.({ type: 'memory', ...use }),
});

/** Progress as events. */
export const progressTo = (onEvent?: (event: ProgressEvent) => void) => (stage: string, done: number, total: number) =>
  onEvent?.({ type: 'progress', stage, done, total });
