/** From what happened at each party to the events of a trace: rows, spans, and arrows along the messages between parties. */
import { type Role, ROLES } from '../core/config.js';
import type { Kind } from '../net/frame.js';
import type { Happening, SeenFrame } from '../observe/observed.js';
import { type Category, processOf, ROW, type TraceEvent } from './events.js';
import { type About, type Span, spansOf } from './spans.js';

export type Records = Readonly<Record<Role, readonly Happening[]>>;

/** All events of a run. */
export function timeline(records: Records, about: About): TraceEvent[] {
  const start = ROLES.flatMap((role) => records[role]).reduce((first, { begin }) => Math.min(first, begin), Infinity);
  // Whole microseconds, so that what nests in the records nests in the file.
  const at = (ms: number): number => Math.round(1000 * (ms - start));
  const spans = ROLES.flatMap((role) => {
    const drawn = spansOf(role, records[role], about).map((span) => eventOf(role, span, at));
    return drawn.sort(outerFirst);
  });
  return [...ROLES.flatMap(titles), ...spans, ...messages(records, about, at)];
}

/** What encloses what, where both take the same time. */
const OUTER: readonly Category[] = ['epoch', 'step', 'layer', 'refill', 'section', 'round', 'reveal', 'part', 'gate'];
function depth({ cat }: TraceEvent): number {
  const found = (OUTER as readonly string[]).indexOf(cat);
  return found < 0 ? OUTER.length : found;
}

/** Viewers nest spans in the order in which they come. */
function outerFirst(a: TraceEvent, b: TraceEvent): number {
  if (a.ts !== b.ts) return a.ts - b.ts;
  if ((a.dur ?? 0) !== (b.dur ?? 0)) return (b.dur ?? 0) - (a.dur ?? 0);
  return depth(a) - depth(b);
}

function eventOf(role: Role, { name, cat, begin, end, row, args }: Span, at: (ms: number) => number): TraceEvent {
  const place = { pid: processOf(role), tid: ROW[row ?? 'program'], ts: at(begin) };
  if (end === undefined) return { name, cat, ph: 'i', s: 't', ...place, args };
  return { name, cat, ph: 'X', ...place, dur: at(end) - at(begin), args };
}

/** Names and order of a party's rows. */
function titles(role: Role): TraceEvent[] {
  const pid = processOf(role);
  const title = (name: string, tid: number, args: TraceEvent['args']): TraceEvent => ({
    ...{ name, cat: '__metadata', ph: 'M', ts: 0, pid, tid, args },
  });
  return [
    title('process_name', ROW.program, { name: role }),
    title('process_sort_index', ROW.program, { sort_index: pid }),
    ...Object.entries(ROW).map(([name, tid]) => title('thread_name', tid, { name })),
  ];
}

/** Kinds whose way is drawn. */
const DRAWN: readonly Kind[] = ['input', 'opening', 'refill', 'tape', 'credit', 'reveal', 'output'];

/** An arrow for each message from where it was sent to where it was taken, and when sections of the dealer arrived. */
function messages(records: Records, { oneWayMs }: About, at: (ms: number) => number): TraceEvent[] {
  const key = (from: Role, to: Role, { kind, step, layer, round }: SeenFrame): string =>
    `${kind} ${from} ${to} ${step} ${layer} ${round}`;
  const all = ROLES.flatMap((role) => records[role].map((happening) => ({ role, happening })));
  // Sections of a layer's rounds are called alike; they are taken as they were sent.
  const taken = new Map<string, { begin: number; end: number }[]>();
  for (const { role, happening } of all) {
    if (happening.what !== 'taken') continue;
    const name = key(happening.peer, role, happening.frame);
    taken.set(name, [...(taken.get(name) ?? []), happening]);
  }
  return all.flatMap(({ role, happening }, id): TraceEvent[] => {
    if (happening.what !== 'sent' || !DRAWN.includes(happening.frame.kind)) return [];
    const { frame, peer, begin, end } = happening;
    const { kind, step, layer, round, bytes } = frame;
    const arrived = end + oneWayMs;
    const there = { pid: processOf(peer), tid: ROW.program };
    const arrival: TraceEvent = {
      ...{ name: `section ${round} of layer ${layer} arrives`, cat: 'arrival', ph: 'i', s: 't', ts: at(arrived) },
      ...{ ...there, args: { step, layer, round, bytes } },
    };
    const arrivals = kind === 'tape' ? [arrival] : [];
    const receipt = taken.get(key(role, peer, frame))?.shift();
    if (!receipt) return arrivals;
    const taking = Math.min(receipt.end, Math.max(receipt.begin, arrived));
    const arrow = { name: kind, cat: 'flow', id } as const;
    return [
      ...arrivals,
      { ...arrow, ph: 's', ts: at(begin), pid: processOf(role), tid: ROW.program },
      { ...arrow, ph: 'f', bp: 'e', ts: at(taking), ...there },
    ];
  });
}
