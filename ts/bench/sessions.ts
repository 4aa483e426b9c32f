/**
 * Tokens a second of several sessions at once, all parties on this machine, the weights loaded once. What a machine gives is the processor
 * time that it spends a second over that of a token; so a ratio of rates is the product of two: `overlap`, cores that are kept busy
 * while sessions wait for their rounds, and `work`, what a token costs less when several are computed together.
 */
import { setMaxListeners } from 'node:events';
import { greedy } from '../client/sampling.js';
import { ClientSession } from '../client/session.js';
import { CometError } from '../core/errors.js';
import { prefillSteps } from '../cost/prefill.js';
import { EmbeddedParties } from '../parties/embedded.js';
import type { Hosted } from '../parties/hosted.js';
import type { AnnouncedStep } from '../plan/announced-step.js';
import type { VariantName } from '../plan/variants.js';
import type { OnNotice } from '../provision/node/texts.js';
import { requireTokens } from './continued.js';
import { folderSubject, type Subject, syntheticSubject } from './subject.js';
import { TOKENS } from './tokens.js';

export interface SessionOptions {
  /** A checkpoint folder; the model that comes with comet unless given. */
  readonly model?: string;
  /** Random weights of this shape instead. */
  readonly shape?: string;
  /** With `shape`. */
  readonly layers: number;
  /** Numbers of sessions that are measured, one after the other. */
  readonly sessions: readonly number[];
  /** Tokens generated in each session, two or more; 24, or fewer where the context is short, unless given. */
  readonly tokens?: number;
  /** Added to every message and its answer; 0 for none. */
  readonly roundTripSeconds: number;
  /** Everything, also where the model has predictors. */
  readonly dense?: boolean;
  /** Of the program; `digits` unless given. */
  readonly variant?: VariantName;
  readonly signal?: AbortSignal;
  readonly onStage?: (stage: string, done: number, total: number) => void;
  readonly onNotice?: OnNotice;
}

/** So many sessions at once. */
export interface SessionsRun {
  readonly sessions: number;
  /** Of all sessions together, the tokens after the first of each. */
  readonly tokensPerSecond: number;
  /** Mean time between two tokens of a session. */
  readonly secondsPerToken: number;
  /** Of all parties together. */
  readonly cpuSecondsPerToken: number;
  /** Cores that were busy, in the mean. */
  readonly busyCores: number;
  /** Products that a call of the kernels gave, in the mean: more than one where sessions shared calls. */
  readonly productsPerCall: Readonly<Record<Hosted, number>>;
  /** Against the first of the runs. */
  readonly speedup: number;
  readonly overlap: number;
  readonly work: number;
}

export interface SessionsReport {
  readonly model: string;
  readonly layers: number;
  readonly mode: 'sparse' | 'dense';
  readonly tokens: number;
  readonly roundTripSeconds: number;
  readonly runs: readonly SessionsRun[];
}

/** Tokens of a session that nobody measures: afterwards code is hot. */
const WARM_UP = 6;

/** @throws CometError E_ARGUMENT for fewer than two tokens, no sessions, or more tokens than the context holds. */
export async function benchSessions(options: SessionOptions): Promise<SessionsReport> {
  const { model, shape, layers, sessions, tokens: given, roundTripSeconds, variant, signal, onNotice } = options;
  const { onStage = () => {} } = options;
  const work = { variant, signal, onProgress: onStage, onNotice };
  requireTokens(given ?? 2, 2);
  if (sessions.length === 0 || sessions.some((count) => !(Number.isInteger(count) && count >= 1)))
    throw new CometError('E_ARGUMENT', 'numbers of sessions are whole numbers of at least 1');
  if (signal) setMaxListeners(0, signal); // each session listens
  const subject =
    shape === undefined
      ? await folderSubject(model, { continued: { tokens: given, usualTokens: TOKENS }, ...work })
      : await syntheticSubject(shape, layers, given ?? TOKENS, work);
  const { tokens } = subject;
  requireTokens(tokens, 2);
  const owner = subject.provision();
  const parties = await EmbeddedParties.start(owner.manifest, owner.seeds, owner.tensors, {
    oneWayMs: (roundTripSeconds * 1000) / 2,
    signal,
  });
  const at: Place = { subject, owner, parties, options };
  try {
    await generateAtOnce(at, 1, Math.min(tokens, WARM_UP));
    const measured: Measured[] = [];
    for (const [i, count] of sessions.entries()) {
      onStage('sessions', i, sessions.length);
      measured.push(await generateAtOnce(at, count, tokens));
    }
    onStage('sessions', sessions.length, sessions.length);
    return {
      model: subject.name,
      layers: owner.manifest.plan.shape.layers,
      mode: measured[0].sparse ? 'sparse' : 'dense',
      tokens,
      roundTripSeconds,
      runs: measured.map((run) => compared(run, measured[0])),
    };
  } finally {
    await parties.close();
    owner.client.head.free();
  }
}

interface Place {
  readonly subject: Subject;
  readonly owner: ReturnType<Subject['provision']>;
  readonly parties: EmbeddedParties;
  readonly options: SessionOptions;
}

interface Measured {
  readonly sessions: number;
  readonly sparse: boolean;
  /** Tokens of each session that were counted. */
  readonly tokens: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly productsPerCall: Readonly<Record<Hosted, number>>;
}

/** Reads all prompts, then decodes in all sessions at the same time, and measures that. */
async function generateAtOnce(
  { subject, owner, parties, options }: Place,
  count: number,
  tokens: number,
): Promise<Measured> {
  const { signal, dense } = options;
  const { plan } = owner.manifest;
  const decoding = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const client = ClientSession.over(owner.client, await parties.open(signal), { dense });
      const run = async (ids: readonly number[]): Promise<number> => {
        const hidden = await client.run(ids, signal);
        return hidden.length === 0 ? -1 : greedy(client.logits(hidden));
      };
      // Every session has a text of its own: equal ones would choose equal neurons.
      const prompt = [...subject.prompt.slice(i % subject.prompt.length), ...subject.prompt].slice(
        0,
        subject.prompt.length,
      );
      const prefill = prefillSteps(plan, prompt.length);
      let id = -1;
      client.announce(prefill);
      for (const { position, rows } of prefill) id = await run(prompt.slice(position, position + rows));
      const decode = async (): Promise<void> => {
        client.announce(
          Array.from({ length: tokens - 1 }, (_, step): AnnouncedStep => ({
            rows: 1,
            position: prompt.length + step,
            outputs: 'last',
          })),
        );
        for (let step = 1; step < tokens; step++) id = await run([id]);
      };
      return { client, decode };
    }),
  );
  const before = await parties.counts();
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await Promise.all(decoding.map(({ decode }) => decode()));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const after = await parties.counts();
  for (const { client } of decoding) client.end();
  const shared = (role: Hosted): number => {
    const [a, b] = [before[role].batches, after[role].batches];
    return (b.products - a.products) / (b.calls - a.calls);
  };
  const productsPerCall = { server0: shared('server0'), server1: shared('server1'), dealer: shared('dealer') };
  const { sparse } = decoding[0].client;
  return { sessions: count, sparse, tokens: tokens - 1, seconds, cpuSeconds: (user + system) / 1e6, productsPerCall };
}

function compared(run: Measured, first: Measured): SessionsRun {
  const [own, base] = [run, first].map(({ sessions, tokens, seconds, cpuSeconds }) => ({
    tokensPerSecond: (sessions * tokens) / seconds,
    cpuSecondsPerToken: cpuSeconds / (sessions * tokens),
    busyCores: cpuSeconds / seconds,
  }));
  return {
    sessions: run.sessions,
    ...own,
    secondsPerToken: run.seconds / run.tokens,
    productsPerCall: run.productsPerCall,
    speedup: own.tokensPerSecond / base.tokensPerSecond,
    overlap: own.busyCores / base.busyCores,
    work: base.cpuSecondsPerToken / own.cpuSecondsPerToken,
  };
}
