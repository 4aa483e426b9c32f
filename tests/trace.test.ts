/** Traces: the file's format, what is in it, what the summary makes of it, and the command. Times are compared only where a test makes them. */
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type SessionMode } from '../ts/client/session-mode.js';
import { ClientSession } from '../ts/client/session.js';
import { type Role, ROLES } from '../ts/core/config.js';
import { finite, integer, text } from '../ts/core/schema.js';
import type { Channel, Receiver } from '../ts/net/channel.js';
import { delayed } from '../ts/net/delayed.js';
import { observedSession } from '../ts/observe/observer.js';
import { Recorder } from '../ts/observe/recorder.js';
import { HOSTED } from '../ts/parties/hosted.js';
import { processOf, ROW, type TraceEvent, type TraceFile } from '../ts/trace/events.js';
import { summariseTrace, type TraceSummary } from '../ts/trace/summary.js';
import { timeline } from '../ts/trace/timeline.js';
import { temporaryFolder, tinyModel, tinyPredictors } from './support/fixture-model.js';
import { startBench } from './support/parties.js';
import { comet, expectFailure, lastJson, stopAll } from './support/processes.js';
import { TINY } from './support/random-model.js';

const LAYERS = 3;
const STEPS = [
  { rows: 8, position: 0, outputs: 'last' },
  ...[8, 9, 10, 11].map((position) => ({ rows: 1, position, outputs: 'last' as const })),
] as const;

/** A session of a random model in this thread, recorded. */
async function traced(mode: SessionMode = {}, skipped = 0): Promise<TraceEvent[]> {
  const bench = await startBench(5, { ...TINY, layers: LAYERS }, { neurons: 0.3, heads: 0.6 });
  const recorders = Object.fromEntries(ROLES.map((role) => [role, new Recorder()])) as Record<Role, Recorder>;
  const forHosted = <T>(make: (recorder: Recorder) => T) =>
    Object.fromEntries(HOSTED.map((role) => [role, make(recorders[role])]));
  const { session, served } = await bench.parties.open(
    forHosted((recorder) => ({ wrap: <T extends object>(gates: T) => recorder.gates(gates) })),
    forHosted((recorder) => ({ observe: (opened: typeof session) => observedSession(recorder, opened) })),
  );
  const client = ClientSession.over(bench.owner.client, observedSession(recorders.client, session), mode);
  client.announce(STEPS);
  const ids = bench.text(skipped + 12).slice(skipped);
  for (const [step, { position, rows }] of STEPS.entries())
    await recorders.client.part('input', step, () => client.run(ids.slice(position, position + rows)));
  const records = Object.fromEntries(ROLES.map((role) => [role, recorders[role].observed().happenings!]));
  client.end();
  await served;
  const steps = STEPS.map(({ rows, position }) => ({ rows, position, prompt: position === 0 }));
  return timeline(records as never, { layers: LAYERS, steps, oneWayMs: 0 });
}

let sparse: TraceEvent[];
let dense: TraceEvent[];
/** Sparse, with refills beside the layer before. */
let ahead: TraceEvent[];
const folder = temporaryFolder();
const model = join(folder.dir, 'tiny');
const file = join(folder.dir, 'trace.json');

beforeAll(async () => {
  [sparse, dense] = [await traced({ prefetch: 'none' }), await traced({ dense: true })];
  ahead = await traced({ prefetch: 1 });
  tinyModel(model);
  expect(await comet('model', 'calibrate', model, '--tokens', '4096')).toMatchObject({ code: 0 });
  tinyPredictors(model, { neurons: 0.3, heads: 0.6 });
}, 60_000);
afterEach(stopAll);
afterAll(() => folder.remove());

const of = (events: readonly TraceEvent[], role: Role, cat: TraceEvent['cat']): TraceEvent[] =>
  events.filter((event) => event.cat === cat && event.pid === processOf(role));

const time = integer(0);
const place = { pid: integer(1, 4), tid: integer(1, 3), name: text, ts: time };
const about = { cat: v.string(), args: v.record(v.string(), v.union([v.string(), finite, v.boolean()])) };
/** What the trace event format asks of each phase. */
const Event = v.variant('ph', [
  v.strictObject({ ph: v.literal('X'), ...place, ...about, dur: time }),
  v.strictObject({ ph: v.literal('i'), ...place, ...about, s: v.literal('t') }),
  v.strictObject({ ph: v.literal('s'), ...place, cat: v.string(), id: integer() }),
  v.strictObject({ ph: v.literal('f'), ...place, cat: v.string(), id: integer(), bp: v.literal('e') }),
  v.strictObject({ ph: v.literal('M'), ...place, ...about }),
]);
const File = v.strictObject({
  traceEvents: v.pipe(v.array(Event), v.minLength(1)),
  displayTimeUnit: v.literal('ms'),
  otherData: v.record(v.string(), v.union([v.string(), finite])),
});

/** Spans of a row, in the order of the file, lie inside or beside each other. */
function expectNested(events: readonly TraceEvent[]): void {
  const open = new Map<string, number[]>();
  for (const { name, ph, pid, tid, ts, dur = 0 } of events) {
    if (ph !== 'X') continue;
    const ends = open.get(`${pid}.${tid}`) ?? [];
    open.set(`${pid}.${tid}`, ends);
    while (ends.length > 0 && ends.at(-1)! <= ts && ends.at(-1)! < ts + dur) ends.pop();
    const nests = ends.length === 0 || ts + dur <= ends.at(-1)!;
    expect({ name, pid, ts, nests }).toEqual({ name, pid, ts, nests: true });
    ends.push(ts + dur);
  }
}

test('events are what the format asks for, and every row has a name', () => {
  for (const events of [sparse, dense, ahead]) {
    const written = JSON.parse(JSON.stringify(events)) as unknown;
    expect(v.safeParse(v.array(Event), written).issues).toBeUndefined();
    const named = events.filter(({ name }) => name === 'thread_name').map(({ pid, tid }) => `${pid}.${tid}`);
    for (const { pid, tid } of events) expect(named).toContain(`${pid}.${tid}`);
  }
});

test('spans of a row nest', () => {
  for (const events of [sparse, dense, ahead]) expectNested(events);
});

/** docs/protocol.md, sections 3 and 5. */
const OPENED: readonly (readonly [dense: string, predictor?: string])[] = [
  ['sumA, raw', 'hidden'],
  ['rA'],
  ['qk, v', 'scaledHidden'],
  ['vLift, score', 'predScore'],
  ['z', 'predDigits'],
  ['lnDigits, lnParts', 'predBit'],
  ['y'],
  ['p'],
  ['o, check'],
  ['x1'],
  ['sumB, up'],
  ['rB, signAnd'],
  ['signBit, uh'],
  ['relu'],
  ['x2'],
];

test.each([
  ['sparse', () => sparse],
  ['dense', () => dense],
  ['sparse', () => ahead],
])('every round of every layer is there once at each server, with the names of protocol.md: %s', (mode, events) => {
  const layer = OPENED.map(([always, predictor], i) => {
    const opens = mode === 'sparse' && predictor ? `${always}, ${predictor}` : always;
    return `round ${i + 1}: ${opens}`;
  });
  const step = [...Array.from({ length: LAYERS }, () => layer).flat(), 'round 1: sum', 'round 2: r'];
  for (const server of ['server0', 'server1'] as const) {
    const rounds = of(events(), server, 'round');
    for (const number of STEPS.keys())
      expect(rounds.filter(({ args }) => args!.step === number).map(({ name }) => name)).toEqual(step);
    expect(rounds).toHaveLength(STEPS.length * step.length);
  }
});

test('steps and layers are there once at each party that has them', () => {
  for (const role of ROLES) {
    const steps = of(sparse, role, 'step').map(({ args }) => args);
    expect(steps).toEqual(STEPS.map(({ rows, position }, step) => ({ step, rows, position, prompt: step === 0 })));
    const layers = of(sparse, role, 'layer').map(({ name }) => name);
    const step = [...Array.from({ length: LAYERS }, (_, layer) => `layer ${layer}`), 'final norm'];
    expect(layers).toEqual(role === 'client' ? [] : STEPS.flatMap(() => step));
  }
});

test('every section that the dealer sends is computed before, arrives, and is taken; every message has two ends', () => {
  // The prompt has a section for every round but the last of a half layer, predicted neurons one.
  for (const [events, sections, more] of [
    [sparse, 2 * LAYERS + 1, 9 * LAYERS],
    [dense, LAYERS + 1, 13 * LAYERS],
  ] as const) {
    // prettier-ignore
    const address = ({ args }: TraceEvent): string => `${args!.step}.${args!.layer}.${args!.round} ${args!.bytes}`;
    const made = of(events, 'dealer', 'section').map(address);
    expect(new Set(made).size).toBe(STEPS.length * sections + more);
    const tapes = (found: TraceEvent[]): string[] => found.filter(({ args }) => args!.kind === 'tape').map(address);
    expect(tapes(of(events, 'dealer', 'send'))).toEqual(made);
    expect(of(events, 'server1', 'arrival').map(address)).toEqual(made);
    expect(tapes(of(events, 'server1', 'wait'))).toEqual(made);
    const ends = (ph: string): unknown[] => events.filter((e) => e.ph === ph).map(({ id, name }) => ({ id, name }));
    expect(ends('f')).toEqual(ends('s'));
    expect(events.filter(({ ph, name }) => ph === 's' && name === 'tape')).toHaveLength(made.length);
    // Sections of a layer's rounds are called alike: each arrow ends where its own is taken.
    const taken = events.filter(({ ph, name }) => ph === 'f' && name === 'tape').map(({ ts }) => ts);
    const waits = of(events, 'server1', 'wait').filter(({ args }) => args!.kind === 'tape');
    for (const [i, { ts, dur }] of waits.entries()) {
      expect(taken[i]).toBeGreaterThanOrEqual(ts);
      expect(taken[i]).toBeLessThanOrEqual(ts + dur!);
    }
  }
});

test('a refill is told by all three parties alike, around the four rounds that carry it', () => {
  const [first, second] = [of(sparse, 'server0', 'refill'), of(sparse, 'server1', 'refill')];
  expect(first.length).toBeGreaterThan(0);
  const told = (refills: TraceEvent[]) => refills.map(({ name, args }) => ({ name, args }));
  expect(told(second)).toEqual(told(first));
  expect(told(of(sparse, 'dealer', 'refill'))).toEqual(told(first));
  for (const { ts, dur, args } of first) {
    const { vectors, heads, positions } = args as Record<string, number>;
    expect(vectors).toBeGreaterThanOrEqual(Math.max(heads, positions));
    const inside = of(sparse, 'server0', 'round').filter(
      (round) =>
        round.args!.step === args!.step && round.args!.layer === args!.layer && round.ts + round.dur! <= ts + dur!,
    );
    expect(inside.map((round) => round.args!.round)).toEqual([1, 2, 3, 4]);
  }
  expect(dense.filter(({ cat }) => cat === 'refill')).toEqual([]);
});

test('refills beside the layer before are in a row of their own, from their first frame to their last, and end before their layer begins', () => {
  const [first, second] = [of(ahead, 'server0', 'refill'), of(ahead, 'server1', 'refill')];
  expect(first.length).toBeGreaterThan(0);
  const told = (refills: TraceEvent[]) => refills.map(({ name, args }) => ({ name, args }));
  expect(told(second)).toEqual(told(first));
  expect(told(of(ahead, 'dealer', 'refill'))).toEqual(told(first));
  for (const { ts, dur, tid, args } of first) {
    expect(tid).toBe(ROW.refills);
    const layer = (number: number): TraceEvent =>
      of(ahead, 'server0', 'layer').find((e) => e.args!.step === args!.step && e.args!.layer === number)!;
    const [before, own] = [layer(Number(args!.layer) - 1), layer(Number(args!.layer))];
    expect(ts).toBeGreaterThanOrEqual(before.ts);
    expect(ts + dur!).toBeLessThanOrEqual(own.ts);
  }
  const arrows = ahead.filter(({ ph, name }) => ph === 's' && name === 'refill');
  expect(arrows).toHaveLength(2 * 3 * first.length);
  const { refillSections } = summariseTrace(ahead);
  expect(refillSections!.sections).toBe(first.filter(({ args }) => args!.step !== 0).length);
});

test('a trace says names, sizes, addresses and times only', () => {
  const known = ['step', 'layer', 'round', 'rows', 'position', 'prompt', 'kind', 'bytes', 'from', 'to', 'opens', 'kernelCalls',
    'kernelMs', 'vectors', 'heads', 'positions', 'name', 'sort_index']; // prettier-ignore
  const keys = new Set(sparse.flatMap(({ args = {} }) => Object.keys(args)));
  expect([...keys].filter((key) => !known.includes(key))).toEqual([]);
});

test('dense traces of two texts differ in nothing but times', async () => {
  const timeless = (events: readonly TraceEvent[]): string[] =>
    events
      .map(({ name, cat, ph, pid, tid, args }) => JSON.stringify([name, cat, ph, pid, tid, { ...args, kernelMs: 0 }]))
      .sort();
  expect(timeless(await traced({ dense: true }, 12))).toEqual(timeless(dense));
});

/** Events made by hand: times in milliseconds. */
const span = (
  role: Role,
  cat: TraceEvent['cat'],
  begin: number,
  end: number,
  args: TraceEvent['args'],
): TraceEvent => ({
  ...{ name: cat, cat, ph: 'X', ts: 1000 * begin, dur: 1000 * (end - begin), pid: processOf(role) },
  ...{ tid: ROW.program, args },
});
const decodedStep = (step: number, begin: number, end: number) =>
  span('client', 'step', begin, end, { step, prompt: false });
/** A section that arrives, is needed, and is there at a third moment. */
const section = (step: number, layer: number, round: number, arrives: number, needed: number): TraceEvent[] => [
  { ...span('server1', 'arrival', arrives, arrives, { step, layer, round }), ph: 'i' },
  span('server1', 'wait', needed, Math.max(needed, arrives), { from: 'dealer', kind: 'tape', step, layer, round }),
];

test('the summary of events that were made by hand', () => {
  const events = [
    span('client', 'step', 0, 1000, { step: 0, prompt: true }),
    decodedStep(1, 1000, 1100),
    decodedStep(2, 1100, 1200),
    ...section(0, 0, 1, 500, 400), // of the prompt: does not count
    ...section(1, 0, 0, 990, 1010),
    ...section(1, 0, 1, 1050, 1040),
    ...section(1, 1, 1, 1052, 1060),
    ...section(2, 0, 0, 1150, 1190),
    ...section(2, 0, 1, 1130, 1130),
    ...section(2, 1, 1, 1170, 1150),
    ...[1, 2, 3].map((round) => span('server0', 'round', 1000, 1100, { step: 1, layer: 0, round })),
    span('server0', 'round', 1100, 1200, { step: 2, layer: 0, round: 1 }),
    span('server0', 'wait', 900, 1050, { from: 'server1', kind: 'opening' }),
    span('server0', 'wait', 1180, 1300, { from: 'client', kind: 'input' }),
    span('client', 'wait', 1010, 1190, { from: 'server0 and server1', kind: 'output' }),
    // A shuffle that goes on beside a step, and then alone.
    { ...span('dealer', 'wait', 1000, 1150, { from: 'server0', kind: 'shuffle' }), tid: ROW.epochs },
    span('dealer', 'step', 950, 1090, { step: 1 }),
    span('dealer', 'wait', 1020, 1040, { from: 'server0', kind: 'reveal' }),
    span('dealer', 'wait', 1140, 1160, { from: 'client' }),
  ];
  const summary = summariseTrace(events);
  const slack = (late: number, ...seconds: number[]) => ({
    sections: seconds.length,
    late,
    minSeconds: Math.min(...seconds),
    medianSeconds: expect.closeTo(seconds.length === 4 ? -0.005 : (seconds[0] + seconds[1]) / 2),
  });
  expect(summary).toMatchObject({
    tokens: 2,
    secondsPerToken: 0.1,
    roundsPerToken: 2,
    lateSectionsPerToken: 1,
    layerSections: { ...slack(0, 0.02, 0.04), layers: [{ layer: 0, ...slack(0, 0.02, 0.04) }] },
    predictedSections: {
      ...slack(2, -0.01, 0.008, 0, -0.02),
      layers: [{ layer: 0, ...slack(1, -0.01, 0) }, { layer: 1, ...slack(1, 0.008, -0.02) }], // prettier-ignore
    },
  });
  const shares = (computing: number, servers: number, dealer: number, client: number) => ({
    ...{ computing: expect.closeTo(computing), servers: expect.closeTo(servers) },
    ...{ dealer: expect.closeTo(dealer), client: expect.closeTo(client) },
  });
  expect(summary.parties).toEqual({
    client: shares(0.1, 0.9, 0, 0),
    server0: shares(0.65, 0.25, 0, 0.1),
    server1: shares(0.85, 0, 0.15, 0),
    dealer: shares(0.55, 0.35, 0, 0.1),
  });
});

test('a trace of a prompt alone has nothing to sum up', () => {
  expect(() => summariseTrace([span('client', 'step', 0, 1, { step: 0, prompt: true })])).toThrow('decodes');
});

test('a channel with a delay keeps the order, and does not add to the time in which its receiver is busy', () => {
  jest.useFakeTimers();
  try {
    const arrived: string[] = [];
    let receiver!: Receiver;
    const wire: Uint8Array[] = [];
    const channel: Channel = {
      bufferedAmount: 0,
      send: (bytes) => void wire.push(bytes),
      attach: (attached) => (receiver = attached),
      close: () => {},
    };
    const far = delayed(channel, 20);
    far.attach({ message: ([byte]) => arrived.push(`${byte}`), closed: () => arrived.push('closed') });
    const send = (byte: number): void => far.send(Uint8Array.of(byte));
    const read = (): void => wire.splice(0).forEach((bytes) => receiver.message(bytes));
    send(1);
    read();
    jest.advanceTimersByTime(15);
    send(2);
    read();
    jest.advanceTimersByTime(4);
    expect(arrived).toEqual([]);
    jest.advanceTimersByTime(2);
    expect(arrived).toEqual(['1']);
    jest.advanceTimersByTime(15);
    expect(arrived).toEqual(['1', '2']);
    send(3);
    jest.advanceTimersByTime(30); // the receiver is busy
    read();
    expect(arrived).toEqual(['1', '2', '3']);
    send(4);
    read();
    receiver.closed();
    jest.advanceTimersByTime(21);
    expect(arrived).toEqual(['1', '2', '3', '4', 'closed']);
  } finally {
    jest.useRealTimers();
  }
});

const trace = (...args: string[]) => comet('trace', model, '--prompt', 'a prompt', '--output', file, ...args);
const written = (): TraceFile => JSON.parse(readFileSync(file, 'utf8')) as TraceFile;

test('the command writes a trace of all parties and prints what it tells', async () => {
  const result = await trace('--max-tokens', '3', '--epoch-tokens', '4', '--json');
  expect(result).toMatchObject({ code: 0 });
  const json = lastJson(result) as unknown as TraceSummary & Record<string, unknown>;
  expect(json).toMatchObject({ schemaVersion: 1, mode: 'sparse', tokens: 2, output: file, roundTripSeconds: 0 });
  expect(json.roundsPerToken).toBe(2 * 15 + 2);
  expect(json.layerSections).toMatchObject({ sections: 2 * 3 });
  expect(json.predictedSections).toMatchObject({ sections: 2 * 2 });
  for (const shares of Object.values(json.parties))
    expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);

  const content = written();
  expect(v.safeParse(File, content).issues).toBeUndefined();
  expect(content.traceEvents).toHaveLength(json.events as number);
  expect(JSON.stringify(content)).not.toContain('a prompt');
  expectNested(content.traceEvents);
  for (const role of HOSTED) {
    expect(of(content.traceEvents, role, 'kernels').length).toBeGreaterThan(0);
    expect(of(content.traceEvents, role, 'gate').some(({ args }) => Number(args!.kernelCalls) > 0)).toBe(true);
    expect(of(content.traceEvents, role, 'epoch').length).toBeGreaterThan(0);
  }
});

test('signs that are opened make every layer wait for a way there and back, and the summary says so', async () => {
  const result = await trace('--max-tokens', '3', '--modes', 'ee', '--rtt', '20', '--json');
  const { predictedSections, lateSectionsPerToken } = lastJson(result) as unknown as TraceSummary;
  expect(predictedSections).toMatchObject({ sections: 4, late: 4 });
  expect(lateSectionsPerToken).toBeGreaterThanOrEqual(2);
  expect(predictedSections!.medianSeconds).toBeLessThan(-0.015);
});

test('another variant has its rounds', async () => {
  const result = await trace('--max-tokens', '3', '--variant', 'tables', '--json');
  expect(lastJson(result)).toMatchObject({ roundsPerToken: 2 * 14 + 2 });
});

test('without --json there are tables, and random weights of a known shape do, too', async () => {
  const { code, stdout, stderr } = await comet('trace', '--shape', 'tiny', '--max-tokens', '2', '--output', file);
  expect(code).toBe(0);
  expect(stdout).toContain('before server 1 needs them');
  expect(stdout).not.toContain('of predicted neurons');
  expect(stderr).toContain(`wrote ${file}`);
});

test('what cannot be traced is refused, before anything is run', async () => {
  expectFailure(await trace('--max-tokens', '1'), 'E_ARGUMENT');
  expectFailure(await trace('--rtt', 'far'), 'E_ARGUMENT');
  expectFailure(await trace('--shape', 'tiny'), 'E_ARGUMENT');
  expectFailure(await comet('trace', '--shape', 'huge', '--output', file), 'E_ARGUMENT');
  expectFailure(await trace('--max-tokens', '1000'), 'E_ARGUMENT');
  const nowhere = join(folder.dir, 'absent', 'trace.json');
  expectFailure(await comet('trace', model, '--output', nowhere), 'E_IO');
  expectFailure(await comet('trace', model, '--output', folder.dir), 'E_IO');
  expect(existsSync(nowhere)).toBe(false);
});

test('help says what it does', async () => {
  const { code, stdout } = await comet('trace', '--help');
  expect(code).toBe(0);
  for (const part of ['Perfetto', '--rtt <ms>', '--output <file>', '--prompt <text>']) expect(stdout).toContain(part);
});
