/** What happened at one party, as spans that nest: steps, layers, rounds and sections follow from the addresses of what is in them. */
import { OP } from '../core/address.js';
import type { Role } from '../core/config.js';
import type { Kind } from '../net/frame.js';
import type { Happening, SeenFrame } from '../observe/observed.js';
import { FINAL_OP } from '../program/decoder.js';
import { SECTION } from '../wires/effects.js';
import type { Category, RowName, TraceEvent } from './events.js';

/** A step of the traced session. */
export interface TracedStep {
  readonly rows: number;
  readonly position: number;
  /** Reads the prompt, or a part of it. */
  readonly prompt: boolean;
}

/** What a timeline is of, beside the records. */
export interface About {
  readonly layers: number;
  readonly steps: readonly TracedStep[];
  /** That a message takes from party to party. */
  readonly oneWayMs: number;
}

/** A span in milliseconds of the common clock; a moment where it has no end. */
export interface Span {
  readonly name: string;
  readonly cat: Category;
  readonly begin: number;
  readonly end?: number;
  readonly row?: RowName;
  readonly args?: TraceEvent['args'];
}

type Of<What extends Happening['what']> = Extract<Happening, { what: What }>;
const only = <What extends Happening['what']>(happenings: readonly Happening[], what: What): Of<What>[] =>
  happenings.filter((happening): happening is Of<What> => happening.what === what);

/** All spans of a party. */
export function spansOf(role: Role, happenings: readonly Happening[], about: About): Span[] {
  const shared = [...happenings.flatMap((happening) => simple(happening, role, about)), ...waits(happenings)];
  const whole = steps(role, happenings, about);
  if (role === 'client') return [...shared, ...whole];
  const all = [...shared, ...whole, ...layers(role, happenings, about)];
  if (role === 'dealer') return [...all, ...sections(happenings)];
  const opened = rounds(happenings, about);
  return [...all, ...opened, ...refills(happenings, opened)];
}

/** What a frame is, for people. */
const called = ({ kind, layer, round }: SeenFrame): string =>
  kind === 'tape' ? `section ${round} of layer ${layer}` : kind;

/** The name of an operation in protocol.md. */
function operation(layer: number, op: number, { layers }: About): string {
  const names = Object.entries(layer === layers ? FINAL_OP : OP);
  return names.find(([, number]) => number === op)?.[0] ?? String(op);
}

/** Kinds whose sending is a span of its own: openings are rounds. */
const SENT: readonly Kind[] = ['input', 'output', 'tape', 'credit', 'reveal'];

/** What is a span by itself. */
function simple(happening: Happening, role: Role, about: About): Span[] {
  const { begin, end } = happening;
  switch (happening.what) {
    case 'gate': {
      const { gate, at, calls, milliseconds } = happening;
      // Servers have the bits; the dealer waits for them.
      if (gate === 'reveal')
        return role === 'dealer' ? [{ name: gate, cat: 'reveal', begin, end, args: addressOnly(at) }] : [];
      const args = { ...addressOnly(at), ...work(calls, milliseconds) };
      return [{ name: `${gate} ${operation(at.layer, at.op, about)}`, cat: 'gate', begin, end, args }];
    }
    case 'kernels':
      return [{ name: 'kernels', cat: 'kernels', begin, end, args: work(happening.calls, happening.milliseconds) }];
    case 'sent': {
      const { frame, peer } = happening;
      if (!SENT.includes(frame.kind)) return [];
      return [{ name: `send ${called(frame)}`, cat: 'send', begin, end, args: { to: peer, ...frame } }];
    }
    case 'part':
      return [{ name: happening.name, cat: 'part', begin, end, args: { step: happening.step } }];
    case 'epoch': {
      const { number, heads, bytes } = happening;
      return [{ name: `epoch ${number}`, cat: 'epoch', begin, end, row: 'epochs', args: { number, heads, bytes } }];
    }
    case 'refill':
      return role === 'dealer' ? [{ ...refillOf(happening), begin }] : [];
    default:
      return [];
  }
}

const addressOnly = ({ step, layer }: { step: number; layer: number }) => ({ step, layer });
const work = (calls: number, milliseconds: number) => ({ kernelCalls: calls, kernelMs: milliseconds });

/** Waits; those for several parties at a time are one. */
function waits(happenings: readonly Happening[]): Span[] {
  const all = [...only(happenings, 'taken'), ...only(happenings, 'waiting')].sort((a, b) => a.begin - b.begin);
  const merged = new Map<RowName, { peers: Set<Role>; frame?: SeenFrame; begin: number; end: number }[]>();
  for (const wait of all) {
    const { peer, begin, end } = wait;
    const frame = wait.what === 'taken' ? wait.frame : undefined;
    const kind = wait.what === 'taken' ? wait.frame.kind : wait.due;
    const row = kind === 'shuffle' ? 'epochs' : 'program';
    const list = merged.get(row) ?? [];
    merged.set(row, list);
    const last = list.at(-1);
    if (!last || begin >= last.end) list.push({ peers: new Set([peer]), frame, begin, end });
    else {
      last.peers.add(peer);
      last.end = Math.max(last.end, end);
    }
  }
  return [...merged].flatMap(([row, list]) =>
    list.map(({ peers, frame, begin, end }): Span => {
      const from = [...peers].join(' and ');
      const name = `wait for ${from}${frame ? `: ${called(frame)}` : ''}`;
      return { name, cat: 'wait', begin, end, row, args: { from, ...frame } };
    }),
  );
}

/** Kinds that belong to the layer in their address: others come and go whenever there is room. */
const OF_LAYER: readonly Kind[] = ['opening', 'tape', 'reveal', 'output'];

/** Where in the program something belongs. */
function placeOf(happening: Happening, role: Role): { step: number; layer: number } | undefined {
  if (happening.what === 'gate') return isRefill(happening.at.op) ? undefined : happening.at;
  if (happening.what === 'part') return { step: happening.step, layer: 0 };
  if (happening.what !== 'sent' && happening.what !== 'taken') return undefined;
  const { kind, round } = happening.frame;
  // Refills go on while the layer before is under way.
  if ((kind === 'tape' || kind === 'credit') && round === SECTION.refill) return undefined;
  const belongs = role === 'client' ? kind === 'input' || kind === 'output' : OF_LAYER.includes(kind);
  // A credit is a server's answer to a section; when it reaches the dealer means nothing.
  return belongs || (kind === 'credit' && happening.what === 'sent') ? happening.frame : undefined;
}

const isRefill = (op: number): boolean => op >= OP.refillRaw && op <= OP.refillLift;

interface Extent {
  readonly step: number;
  readonly layer: number;
  begin: number;
  end: number;
}

/** From the first to the last of what belongs together. */
function extents(role: Role, happenings: readonly Happening[], key: (step: number, layer: number) => string): Extent[] {
  const found = new Map<string, Extent>();
  for (const happening of happenings) {
    const place = placeOf(happening, role);
    if (!place) continue;
    const { begin, end } = happening;
    const name = key(place.step, place.layer);
    const extent = found.get(name);
    if (!extent) found.set(name, { ...addressOnly(place), begin, end });
    else Object.assign(extent, { begin: Math.min(extent.begin, begin), end: Math.max(extent.end, end) });
  }
  return [...found.values()];
}

const steps = (role: Role, happenings: readonly Happening[], about: About): Span[] =>
  extents(role, happenings, (step) => String(step)).map(({ step, begin, end }) => {
    const args = { step, ...about.steps[step] };
    return { name: `step ${step}`, cat: 'step', begin, end, args };
  });

const layers = (role: Role, happenings: readonly Happening[], about: About): Span[] =>
  extents(role, happenings, (step, layer) => `${step}.${layer}`).map(({ step, layer, begin, end }) => {
    const name = layer === about.layers ? 'final norm' : `layer ${layer}`;
    return { name, cat: 'layer', begin, end, args: { step, layer } };
  });

/** From sending an opening to having the peer's. */
function rounds(happenings: readonly Happening[], about: About): Span[] {
  const key = ({ step, layer, round }: Pick<SeenFrame, 'step' | 'layer' | 'round'>) => `${step}.${layer}.${round}`;
  const ops = new Map(only(happenings, 'opens').map((opens) => [key(opens), opens.ops]));
  const ofPeer = new Map(only(happenings, 'taken').map((taken) => [`${taken.frame.kind} ${key(taken.frame)}`, taken]));
  return only(happenings, 'sent').flatMap(({ frame, begin }): Span[] => {
    const theirs = ofPeer.get(`opening ${key(frame)}`);
    if (frame.kind !== 'opening' || !theirs) return [];
    const { step, layer, round, bytes } = frame;
    const opens = (ops.get(key(frame)) ?? []).map((op) => operation(layer, op, about)).join(', ');
    const args = { step, layer, round, opens, bytes };
    return [{ name: `round ${round}: ${opens}`, cat: 'round', begin, end: theirs.end, args }];
  });
}

function refillOf({ step, layer, vectors, heads, positions }: Of<'refill'>): Pick<Span, 'name' | 'cat' | 'args'> {
  const name = `refill ${vectors} keys and values: ${heads} heads, ${positions} positions`;
  return { name, cat: 'refill', args: { step, layer, vectors, heads, positions } };
}

/** Rounds of a layer in which keys and values that earlier steps left out travel with those of the step, and exchanges in which they travel alone. */
const REFILLED = { first: 1, last: 4 };
const ALONE = { first: 1, last: 3 };

function refills(happenings: readonly Happening[], opened: readonly Span[]): Span[] {
  const frame = (what: 'sent' | 'taken', { step, layer }: Of<'refill'>, round: number) =>
    only(happenings, what).find(
      ({ frame: each }) => each.kind === 'refill' && each.step === step && each.layer === layer && each.round === round,
    );
  return only(happenings, 'refill').flatMap((refill): Span[] => {
    const round = (number: number): Span | undefined =>
      opened.find(({ args }) => args!.step === refill.step && args!.layer === refill.layer && args!.round === number);
    const [sent, taken] = [frame('sent', refill, ALONE.first), frame('taken', refill, ALONE.last)];
    if (sent && taken) return [{ ...refillOf(refill), begin: sent.begin, end: taken.end, row: 'refills' }];
    const [first, last] = [round(REFILLED.first), round(REFILLED.last)];
    return first && last ? [{ ...refillOf(refill), begin: first.begin, end: last.end }] : [];
  });
}

/** The dealer's sections: from the first gate after the section before, or after what was revealed, until it is sent. */
function sections(happenings: readonly Happening[]): Span[] {
  const spans: Span[] = [];
  let since: number | undefined;
  for (const happening of happenings) {
    if (happening.what === 'gate' && happening.gate !== 'reveal') since ??= happening.begin;
    if (happening.what !== 'sent' || happening.frame.kind !== 'tape') continue;
    const { frame, begin, end } = happening;
    spans.push({ name: called(frame), cat: 'section', begin: since ?? begin, end, args: { ...frame } });
    since = undefined;
  }
  return spans;
}
