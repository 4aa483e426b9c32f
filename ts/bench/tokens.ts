/** Tokens a second with all parties on this machine, and where a token's time goes. */
import { greedy } from '../client/sampling.js';
import { ClientSession } from '../client/session.js';
import { prefillSteps } from '../cost/prefill.js';
import type { Part, Profile } from '../observe/observed.js';
import { Stopwatch } from '../observe/stopwatch.js';
import { EmbeddedParties } from '../parties/embedded.js';
import { HOSTED, type Hosted } from '../parties/hosted.js';
import type { AnnouncedStep } from '../plan/announced-step.js';
import type { VariantName } from '../plan/variants.js';
import type { OnNotice } from '../provision/node/texts.js';
import { requireTokens } from './continued.js';
import { folderSubject, type Subject, syntheticSubject } from './subject.js';
import { atMost, type Target } from './timing.js';

/** Tokens generated unless told otherwise. */
export const TOKENS = 24;

export interface TokenOptions {
  /** A checkpoint folder; the model that comes with comet unless given. */
  readonly model?: string;
  /** Random weights of this shape instead. */
  readonly shape?: string;
  /** With `shape`. */
  readonly layers: number;
  /** Tokens generated, two or more; 24, or fewer where the context is short, unless given. */
  readonly tokens?: number;
  /** Everything, also where the model has predictors. */
  readonly dense?: boolean;
  /** Of the program; `digits` unless given. */
  readonly variant?: VariantName;
  /** Run once more and say where the time goes. */
  readonly profile: boolean;
  readonly signal?: AbortSignal;
  readonly onStage?: (stage: string, done: number, total: number) => void;
  readonly onNotice?: OnNotice;
}

/** The client's parts of a decoded token. */
export type ClientPart = 'input' | 'servers' | 'head' | 'rest';

/** Seconds a decoded token, by party and part. */
export interface TokenProfile extends Readonly<Record<Hosted, Profile>> {
  /** Embedding, masking and sending; waiting for the servers; logits and choice of the token. */
  readonly client: Readonly<Record<ClientPart, number>>;
  /** Of the profiled run: more than without, by what measuring costs. */
  readonly secondsPerToken: number;
}

export interface TokenReport {
  readonly model: string;
  readonly layers: number;
  readonly vocab: number;
  readonly promptTokens: number;
  readonly tokens: number;
  readonly mode: 'sparse' | 'dense';
  /** From the prompt to the first token. */
  readonly secondsToFirstToken: number;
  /** Of the tokens after the first; the dealer's work for them, offline products and the client's head included. */
  readonly secondsPerToken: number;
  readonly tokensPerSecond: number;
  /** Processor time of a decoded token, all parties together: what a machine that does other things, too, has to find for it. */
  readonly cpuSecondsPerToken: number;
  /** Resident memory of the process, with all parties and the plaintext model in it, after the last token. */
  readonly residentBytes: number;
  readonly profile?: TokenProfile;
  readonly targets: readonly Target[];
}

/** Generates and measures. @throws CometError E_ARGUMENT for fewer than two tokens or more than the context holds. */
export async function benchTokens(options: TokenOptions): Promise<TokenReport> {
  const { model, shape, layers, tokens: given, variant, signal, onNotice, onStage = () => {} } = options;
  const work = { variant, signal, onProgress: onStage, onNotice };
  requireTokens(given ?? 2, 2);
  onStage('preparing', 0, 1);
  const subject =
    shape === undefined
      ? await folderSubject(model, { continued: { tokens: given, usualTokens: TOKENS }, ...work })
      : await syntheticSubject(shape, layers, given ?? TOKENS, work);
  requireTokens(subject.tokens, 2);
  onStage('preparing', 1, 1);
  const plain = await generate(subject, options, false);
  const profiled = options.profile ? await generate(subject, options, true) : undefined;
  const { secondsPerToken, cpuSecondsPerToken, shape: size, secondsToFirstToken, residentBytes } = plain;
  return {
    model: subject.name,
    layers: size.layers,
    vocab: size.vocab,
    promptTokens: subject.prompt.length,
    tokens: subject.tokens,
    mode: plain.sparse ? 'sparse' : 'dense',
    secondsToFirstToken,
    secondsPerToken,
    tokensPerSecond: 1 / secondsPerToken,
    cpuSecondsPerToken,
    residentBytes,
    ...(profiled && { profile: { ...profiled.profile!, secondsPerToken: profiled.secondsPerToken } }),
    targets: shape === 'opt-125m' && layers === 12 ? targetsOf(plain) : [],
  };
}

type Run = Awaited<ReturnType<typeof generate>>;

const targetsOf = ({ secondsPerToken, residentBytes }: Run): Target[] => [
  atMost('seconds a decoded token', secondsPerToken, 0.6),
  atMost('GiB of memory, all parties', residentBytes / 2 ** 30, 8),
];

async function generate(subject: Subject, options: TokenOptions, profiled: boolean) {
  const { signal, onStage = () => {} } = options;
  const { tokens } = subject;
  const owner = subject.provision();
  const parties = await EmbeddedParties.start(owner.manifest, owner.seeds, owner.tensors, {
    observe: profiled ? 'profile' : undefined,
  });
  const watch = new Stopwatch<ClientPart>(['input', 'servers', 'head', 'rest'], 'rest');
  try {
    const client = ClientSession.over(owner.client, await parties.open(signal), {
      dense: options.dense,
      prefetch: 'none', // as generate does where all roles are here
    });
    const run = async (ids: readonly number[]): Promise<number> => {
      const answer = watch.during('input', () => client.run(ids, signal));
      const hidden = await watch.until('servers', answer);
      return watch.during('head', () => (hidden.length === 0 ? -1 : greedy(client.logits(hidden))));
    };

    const { prompt } = subject;
    const begin = performance.now();
    let id = -1;
    const prefill = prefillSteps(owner.manifest.plan, prompt.length);
    client.announce(prefill);
    for (const { position, rows } of prefill) id = await run(prompt.slice(position, position + rows));
    const first = performance.now();

    // Announced only now, so that none of the dealer's work for them was done before the clock starts.
    const steps = Array.from({ length: tokens - 1 }, (_, i): AnnouncedStep => ({
      rows: 1,
      position: prompt.length + i,
      outputs: 'last',
    }));
    const before = { parties: await parties.counts(), client: watch.totals() };
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    client.announce(steps);
    for (const done of steps.keys()) {
      id = await run([id]);
      onStage(profiled ? 'generating, profiled' : 'generating', done + 1, steps.length);
    }
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const after = { parties: await parties.counts(), client: watch.totals() };
    client.end();
    const share = <P extends string>(later: Readonly<Record<P, number>>, earlier: Readonly<Record<P, number>>) =>
      perToken(later, earlier, steps.length);
    const hosted = (role: Hosted): Profile => share<Part>(after.parties[role].profile!, before.parties[role].profile!);
    return {
      shape: owner.manifest.plan.shape,
      sparse: client.sparse,
      secondsToFirstToken: (first - begin) / 1000,
      secondsPerToken: seconds / steps.length,
      cpuSecondsPerToken: (user + system) / 1e6 / steps.length,
      residentBytes: process.memoryUsage.rss(),
      ...(profiled && {
        profile: {
          ...(Object.fromEntries(HOSTED.map((role) => [role, hosted(role)])) as Record<Hosted, Profile>),
          client: share<ClientPart>(after.client, before.client),
        },
      }),
    };
  } finally {
    await parties.close();
    owner.client.head.free();
  }
}

const perToken = <P extends string>(
  after: Readonly<Record<P, number>>,
  before: Readonly<Record<P, number>>,
  tokens: number,
): Record<P, number> =>
  Object.fromEntries(
    Object.entries<number>(after).map(([part, seconds]) => [part, (seconds - before[part as P]) / tokens]),
  ) as Record<P, number>;
