/** The Chrome trace event format, as far as traces use it: what chrome://tracing and Perfetto load. Times are microseconds. */
import { type Role, ROLES } from '../core/config.js';

/** What an event shows. */
export type Category =
  'step' | 'layer' | 'refill' | 'section' | 'round' | 'part' | 'reveal' | 'gate' | 'wait' | 'send' | 'kernels' | 'epoch' | 'arrival' | 'flow'; // prettier-ignore

/** `X` is a span, `i` a moment, `s` and `f` the ends of an arrow, `M` names a row. */
export interface TraceEvent {
  readonly name: string;
  readonly cat: Category | '__metadata';
  readonly ph: 'X' | 'i' | 's' | 'f' | 'M';
  readonly ts: number;
  readonly dur?: number;
  /** The party: see {@link processOf}. */
  readonly pid: number;
  /** The row: see {@link ROW}. */
  readonly tid: number;
  /** Of an arrow. */
  readonly id?: number;
  /** An arrow ends in the span around it. */
  readonly bp?: 'e';
  /** A moment is drawn in its row. */
  readonly s?: 't';
  readonly args?: Readonly<Record<string, string | number | boolean>>;
}

/** A trace file. */
export interface TraceFile {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, string | number>>;
}

/** Each party is a process. */
export const processOf = (role: Role): number => ROLES.indexOf(role) + 1;

/** Rows of a party. A shuffle may go on beside steps, refills beside the rounds of the layer before. */
export const ROW = { program: 1, epochs: 2, refills: 3 } as const;
export type RowName = keyof typeof ROW;
