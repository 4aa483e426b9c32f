/**
 * What a trace tells of its decoded tokens: whether the dealer's sections were there when server 1 needed them, how many rounds a token took, and what
 * each party's time went into. Computed from the events of the file and nothing else.
 */
import { type Role, ROLES } from '../core/config.js';
import { CometError } from '../core/errors.js';
import { SECTION, type SectionPart } from '../wires/effects.js';
import { processOf, ROW, type RowName, type TraceEvent } from './events.js';

/**
 * How long before it was needed a section arrived at server 1; less than nothing where it came late, and server 1 waited. Arrival: when it was sent,
 * and the one-way delay.
 */
export interface Slack {
  readonly sections: number;
  readonly late: number;
  readonly minSeconds: number;
  readonly medianSeconds: number;
}

/** The same of each layer; the last may be the final norm. */
export interface SectionSlack extends Slack {
  readonly layers: readonly (Slack & { readonly layer: number })[];
}

/** Fractions of the time in which tokens were decoded. */
export interface Shares {
  /** Everything that is not waiting; on a machine with fewer cores than parties also waiting for a core. */
  readonly computing: number;
  /** For an opening of the other server; at the dealer for revealed bits, at the client for results. */
  readonly servers: number;
  readonly dealer: number;
  readonly client: number;
}

export interface TraceSummary {
  readonly tokens: number;
  readonly secondsPerToken: number;
  readonly roundsPerToken: number;
  /** Sections that came late: each makes the servers wait as one more round would. */
  readonly lateSectionsPerToken: number;
  /** What does not depend on the layer's predicted neurons. */
  readonly layerSections: SectionSlack;
  /** What its predicted neurons need; absent where nothing is predicted. */
  readonly predictedSections?: SectionSlack;
  /** What refills beside the layer before need; absent where there are none. */
  readonly refillSections?: SectionSlack;
  readonly parties: Readonly<Record<Role, Shares>>;
}

/** @throws CometError E_ARGUMENT for a trace without decoded tokens. */
export function summariseTrace(events: readonly TraceEvent[]): TraceSummary {
  const of = (role: Role, cat: TraceEvent['cat'], row: RowName = 'program'): TraceEvent[] =>
    events.filter((e) => e.cat === cat && e.pid === processOf(role) && e.tid === ROW[row]);
  const steps = of('client', 'step').filter(({ args }) => args!.prompt === false);
  if (steps.length === 0) throw new CometError('E_ARGUMENT', 'the trace has no step that decodes a token');
  const decoded = new Set(steps.map(({ args }) => args!.step));
  const from = Math.min(...steps.map(({ ts }) => ts));
  const to = Math.max(...steps.map(endOf));
  const ofDecoded = (event: TraceEvent): boolean => decoded.has(event.args!.step);

  const arrivals = of('server1', 'arrival').filter(ofDecoded);
  const needs = of('server1', 'wait').filter((wait) => wait.args!.kind === 'tape' && ofDecoded(wait));
  const slack = (part: SectionPart): SectionSlack | undefined => slackOf(arrivals, needs, part);
  const predictedSections = slack(SECTION.predicted);
  const layerSections = slack(SECTION.layer)!;
  const refillSections = slack(SECTION.refill);
  const late = layerSections.late + (predictedSections?.late ?? 0) + (refillSections?.late ?? 0);
  const shares = ROLES.map((role) => {
    const ofSteps = [...of(role, 'wait'), ...of(role, 'step')].sort((a, b) => a.ts - b.ts);
    return [role, sharesOf(ofSteps, of(role, 'wait', 'epochs'), from, to)] as const;
  });
  return {
    tokens: steps.length,
    secondsPerToken: (to - from) / 1e6 / steps.length,
    roundsPerToken: of('server0', 'round').filter(ofDecoded).length / steps.length,
    lateSectionsPerToken: late / steps.length,
    layerSections,
    ...(predictedSections && { predictedSections }),
    ...(refillSections && { refillSections }),
    parties: Object.fromEntries(shares) as Record<Role, Shares>,
  };
}

const endOf = ({ ts, dur = 0 }: TraceEvent): number => ts + dur;

function slackOf(
  arrivals: readonly TraceEvent[],
  needs: readonly TraceEvent[],
  part: SectionPart,
): SectionSlack | undefined {
  const key = ({ args }: TraceEvent): string => `${args!.step}.${args!.layer}.${args!.round}`;
  const arrived = new Map(arrivals.map((arrival) => [key(arrival), arrival.ts]));
  const slacks = needs
    .filter((need) => need.args!.round === part && arrived.has(key(need)))
    .map((need) => ({ layer: Number(need.args!.layer), seconds: (need.ts - arrived.get(key(need))!) / 1e6 }));
  if (slacks.length === 0) return undefined;
  const layers = [...new Set(slacks.map(({ layer }) => layer))].sort((a, b) => a - b);
  return {
    ...sumUp(slacks),
    layers: layers.map((layer) => ({ layer, ...sumUp(slacks.filter((slack) => slack.layer === layer)) })),
  };
}

function sumUp(slacks: readonly { readonly seconds: number }[]): Slack {
  const sorted = slacks.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return {
    sections: sorted.length,
    late: sorted.filter((seconds) => seconds < 0).length,
    minSeconds: sorted[0],
    medianSeconds: sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2,
  };
}

/** @param ofSteps waits of a party's program and its steps, by time. Waits of a shuffle count while neither goes on. */
function sharesOf(ofSteps: readonly TraceEvent[], ofShuffles: readonly TraceEvent[], from: number, to: number): Shares {
  const waited = { servers: 0, dealer: 0, client: 0 };
  const count = (wait: TraceEvent, beside: readonly TraceEvent[]): void => {
    const peer = String(wait.args!.from);
    const whom = peer === 'dealer' || peer === 'client' ? peer : 'servers';
    waited[whom] += uncovered(Math.max(wait.ts, from), Math.min(endOf(wait), to), beside) / (to - from);
  };
  for (const event of ofSteps) if (event.cat === 'wait') count(event, []);
  for (const wait of ofShuffles) count(wait, ofSteps);
  const { servers, dealer, client } = waited;
  return { computing: 1 - servers - dealer - client, servers, dealer, client };
}

/** How much of `from .. to` none of the spans covers; they come by time. */
function uncovered(from: number, to: number, spans: readonly TraceEvent[]): number {
  let [at, free] = [from, 0];
  for (const span of spans) {
    free += Math.max(0, Math.min(span.ts, to) - at);
    at = Math.max(at, endOf(span));
  }
  return free + Math.max(0, to - at);
}
