/** `comet bench`: how fast this machine is, and where the time goes. */
import { Argument, type Command } from 'commander';
import { bench, type BenchOptions, type BenchReport, SHAPE_NAMES } from '../index.js';
import { integer, integers, real } from './numbers.js';
import { bytes, note, print, printJson, reporter, table } from './output.js';
import { signal } from './signal.js';
import { some } from './text.js';
import { variantOption } from './variant.js';

type Name = 'kernels' | 'gates' | 'tokens' | 'cache' | 'sessions';
interface Options extends Omit<BenchOptions, 'signal' | 'onEvent' | 'sessions' | 'roundTripSeconds'> {
  readonly sessions?: number | number[];
  readonly rtt?: number;
  readonly json?: boolean;
}
type Kernels = NonNullable<BenchReport['kernels']>;
type Gates = NonNullable<BenchReport['gates']>;
type Tokens = NonNullable<BenchReport['tokens']>;
type Sessions = NonNullable<BenchReport['sessions']>;
type Cache = NonNullable<BenchReport['cache']>;

export function addBench(program: Command): void {
  program
    .command('bench')
    .description(
      'measure this machine: kernels against its limits, every gate alone, tokens a second; caches (minutes), sessions at once',
    )
    .addArgument(
      new Argument('[what]', 'the first three when left out').choices([
        'kernels',
        'gates',
        'tokens',
        'cache',
        'sessions',
      ]),
    )
    .option('--seconds <s>', 'spent on each kernel and on each side of a gate', real(0.001, 3600))
    .option(
      '--model <dir>',
      'tokens, cache, sessions: a checkpoint folder, or OWNER/NAME in the cache; the model that comes with comet otherwise',
      some,
    )
    .option('--prompt <text>', 'cache: what is continued', some)
    .option(
      '--shape <name>',
      `gates, tokens, cache (its layer), sessions: random weights, of ${SHAPE_NAMES.join(', ')}`,
    )
    .option('--layers <n>', 'tokens, sessions, with --shape', integer(1))
    .option('--context <n>', 'gates: positions attended to', integer(1))
    .option(
      '--tokens <n>',
      'tokens generated (24), by each session; cache: 128 otherwise; fewer where the context is short',
      integer(2),
    )
    .option('--prefetch <n>', 'cache: vectors of a layer that are computed before a head needs them', integer(0, 64))
    .option('--no-profile', 'tokens: do not run once more to see where the time goes')
    .option('--sessions <n,n>', 'sessions: how many at once, one count after the other (1,8)', integers(1))
    .option('--rtt <ms>', 'sessions: round trip between any two parties', real(0, 10_000))
    .option('--dense', 'tokens, sessions: compute everything, also what predictors would leave out')
    .addOption(variantOption('gates, tokens, sessions: '))
    .option('--json', 'print one JSON object as the last line')
    .action(async (what: Name | undefined, { json, sessions, rtt, profile, ...options }: Options) => {
      const report = await bench(what, {
        ...options,
        ...(profile === false && { profile }),
        ...(sessions !== undefined && { sessions: [sessions].flat() }),
        ...(rtt !== undefined && { roundTripSeconds: rtt / 1000 }),
        signal,
        onEvent: reporter(),
      });
      if (json) note(describe(report));
      await (json ? printJson(report) : print(describe(report)));
    });
}

function describe({ kernels, gates, tokens, cache, sessions }: BenchReport): string {
  const parts = [
    kernels && ofKernels(kernels),
    gates && ofGates(gates),
    tokens && ofTokens(tokens),
    cache && ofCache(cache),
    sessions && ofSessions(sessions),
  ];
  const targets = [...(kernels?.targets ?? []), ...(tokens?.targets ?? []), ...(cache?.targets ?? [])].map(
    ({ name, value, bound, sense, met }) => [name, value.toFixed(2), `${sense} ${bound}`, met ? 'met' : 'MISSED'],
  );
  if (targets.length > 0) parts.push(table([['target', 'measured', 'wanted', ''], ...targets]));
  return parts.filter(Boolean).join('\n\n');
}

const time = (seconds: number): string =>
  seconds < 1e-3 ? `${(seconds * 1e6).toFixed(1)} µs` : `${(seconds * 1e3).toFixed(2)} ms`;
const rate = (perSecond: number): string =>
  perSecond < 1e6
    ? `${(perSecond / 1e3).toFixed(1)} k`
    : perSecond < 1e9
      ? `${(perSecond / 1e6).toFixed(1)} M`
      : `${(perSecond / 1e9).toFixed(2)} G`;

const ofKernels = ({ kernels, cyclesPerSecond }: Kernels): string =>
  `one core at ${(cyclesPerSecond / 1e9).toFixed(2)} GHz\n${table([
    ['kernel', 'best', 'median', 'bytes/s', 'macs/cycle', 'of a read', 'of the roof'],
    ...kernels.map(({ name, best, median, bytesPerSecond, macsPerCycle, fractionOfLimit, fractionOfRoof }) => [
      name,
      time(best),
      time(median),
      bytesPerSecond === undefined ? '' : rate(bytesPerSecond),
      macsPerCycle === undefined ? '' : macsPerCycle.toFixed(2),
      fractionOfLimit === undefined ? '' : fractionOfLimit.toFixed(2),
      fractionOfRoof === undefined ? '' : fractionOfRoof.toFixed(2),
    ]),
  ])}`;

const ofGates = ({ gates, shape, context }: Gates): string =>
  `${shape}, one row at context ${context}; elements a second\n${table([
    ['gate', 'for', 'elements', 'server 0', 'server 1', 'dealer', 'online', 'offline'],
    ...gates.map(({ gate, op, elements, server0, server1, dealer, onlineBytes, offlineBytes }) => [
      gate,
      op,
      String(elements),
      ...[server0, server1, dealer].map(({ elementsPerSecond }) => rate(elementsPerSecond)),
      bytes(onlineBytes),
      bytes(offlineBytes),
    ]),
  ])}`;

function ofTokens(report: Tokens): string {
  const { model, layers, profile } = report;
  const rows = [
    [`${model}, ${layers} layers`, ''],
    ['time to first token', `${report.secondsToFirstToken.toFixed(2)} s for ${report.promptTokens} tokens of prompt`],
    ['time per token', `${report.secondsPerToken.toFixed(3)} s`],
    ['processor time per token', `${report.cpuSecondsPerToken.toFixed(3)} s`],
    ['tokens a second', report.tokensPerSecond.toFixed(2)],
    ['memory of all parties', bytes(report.residentBytes)],
  ];
  return [table(rows), profile && ofProfile(profile)].filter(Boolean).join('\n\n');
}

function ofCache({ model, tokens, ways, layer, slowLink }: Cache): string {
  const described = (title: string, list: Cache['ways']): string =>
    `${title}\n${table([
      ['refills', 'rounds', 'online', 'offline', 'refilled', 'before', 'used', ...times(list[0])],
      ...list.map(({ way, rounds, onlineBytes, offlineBytes, cache, times: all }) => [
        way,
        rounds.toFixed(1),
        bytes(onlineBytes),
        bytes(offlineBytes),
        ...[cache.refilled, cache.prefetched, cache.used].map(String),
        ...all.map(({ medianSeconds, p95Seconds }) => `${time(medianSeconds)}, ${time(p95Seconds)}`),
      ]),
    ])}`;
  const times = ({ times: all }: Cache['ways'][number]): string[] =>
    all.map(({ roundTripSeconds }) => `at ${time(roundTripSeconds)}: median, p95`);
  return [
    described(`${model}, means of ${tokens} tokens`, ways),
    described(`one layer of ${layer.shape} after another`, layer.ways),
    `a token on a link of ${time(slowLink.roundTripSeconds)}: replayed ${time(slowLink.replayedSeconds)}, measured ${time(slowLink.measuredSeconds)}`,
  ].join('\n\n');
}

/** Milliseconds of a token: a column for each party. */
function ofProfile({ secondsPerToken, client, ...parties }: NonNullable<Tokens['profile']>): string {
  const ms = (seconds: number): string => (seconds * 1000).toFixed(1);
  const { server0, server1, dealer } = parties;
  const waits = (part: string): boolean => part.startsWith('server') || part === 'dealer' || part === 'client';
  const parts = (Object.keys(server0) as (keyof typeof server0)[]).map((part) => [
    waits(part) ? `waiting for ${part}` : part,
    ...[server0, server1, dealer].map((profile) => ms(profile[part])),
  ]);
  const own = Object.entries(client).map(([part, seconds]) => `${part} ${ms(seconds)}`);
  return `milliseconds of a token (${ms(secondsPerToken)} while being profiled)\n${table([['', 'server 0', 'server 1', 'dealer'], ...parts])}\nclient: ${own.join(', ')}`;
}

const ofSessions = ({ model, layers, mode, roundTripSeconds, runs }: Sessions): string =>
  `${model}, ${layers} layers, ${mode}, ${(roundTripSeconds * 1000).toFixed(0)} ms round trip\n${table([
    [
      'sessions',
      'tokens a second',
      'of one',
      'by overlap',
      'by less work',
      'a session',
      'processor time',
      'cores',
      'products a call',
    ],
    ...runs.map((run) => [
      String(run.sessions),
      run.tokensPerSecond.toFixed(2),
      ...[run.speedup, run.overlap, run.work].map((ratio) => `${ratio.toFixed(2)} x`),
      `${run.secondsPerToken.toFixed(3)} s a token`,
      `${run.cpuSecondsPerToken.toFixed(3)} s a token`,
      run.busyCores.toFixed(2),
      Object.values(run.productsPerCall)
        .map((mean) => mean.toFixed(1))
        .join(', '),
    ]),
  ])}`;
