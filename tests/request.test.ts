/**
 * A request is parsed once, wherever its parties are, and its user hears the same of all of them.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Summary } from '../ts/client/account.js';
import type { PromptEvent } from '../ts/client/events.js';
import { RemoteClient, type Request } from '../ts/client/remote.js';
import { behindPrefix, parsePrompt, parseSession, planPrompt, planSession } from '../ts/client/request.js';
import type { Session } from '../ts/net/session.js';
import { temporaryFolder, tinyModel, tinyPredictors } from './support/fixture-model.js';
import { type Bench, startBench } from './support/parties.js';
import { startProgram } from './support/processes.js';
import { TINY } from './support/random-model.js';
import { NODE } from './support/runtimes.js';

const eventTypes = (events: readonly PromptEvent[]): string[] => events.map(({ type }) => type);

/**
 * A client of the bench's parties as of parties elsewhere, and what it asked of its tokeniser and
 * of them.
 */
function remote(bench: Bench) {
  const asked = { encoded: 0, opened: 0 };
  const tokenizer = {
    ends: new Set<number>(),
    encode: (text: string) => {
      asked.encoded += 1;
      return text.split(' ').filter(Boolean).map(Number);
    },
    behind: (_prefix: readonly number[], ids: readonly number[]) => [...ids],
    stream: () => ({ push: (id: number) => ` ${id}`, end: () => '', pause: () => '', shown: '' }),
  };
  const open = async (): Promise<Session> => {
    asked.opened += 1;
    return (await bench.parties.open()).session;
  };
  const { client: model, manifest } = bench.owner;
  const client = Object.create(RemoteClient.prototype, {
    share: { value: { model, manifest, tokenizer } },
    local: { value: false },
    open: { value: open },
  }) as RemoteClient;
  const say = async (request: Request) => {
    const events: PromptEvent[] = [];
    const tokens: number[] = [];
    const onEvent = (event: PromptEvent): void => void events.push(event);
    for await (const { id } of client.generate({ ...request, onEvent })) tokens.push(id);
    return { events, tokens };
  };
  return { client, asked, say };
}

const summaryOf = (events: readonly PromptEvent[]): Summary => events.find((event) => event.type === 'summary')!;

describe('a client of parties elsewhere', () => {
  let dense: Bench;
  let sparse: Bench;
  beforeAll(async () => {
    dense = await startBench();
    sparse = await startBench(3, TINY, { neurons: 0.6, heads: 0.6 });
  });

  test('turns a prompt into tokens once, and tells what it reads and what it took', async () => {
    const { asked, say } = remote(dense);
    const { events, tokens } = await say({ prompt: '1 2 3', maxTokens: 3 });
    expect(asked).toEqual({ encoded: 1, opened: 1 });
    expect(tokens).toHaveLength(3);
    expect(eventTypes(events)).toEqual(['reading', 'reading', 'summary']);
    expect(summaryOf(events)).toMatchObject({ mode: 'dense', source: 'ledger', promptTokens: 3, tokens: 3 });
  });

  test('says what a sparse session leaks before its first token, once a session', async () => {
    const { say, client } = remote(sparse);
    const { events } = await say({ prompt: '1 2 3', maxTokens: 2 });
    expect(eventTypes(events)).toEqual(['leakage', 'notice', 'reading', 'reading', 'summary']);
    expect(events[0]).toMatchObject({ message: expect.stringMatching(/^sparse: both servers and the dealer see/) });
    expect(summaryOf(events)).toMatchObject({ mode: 'sparse', source: 'bound', epochs: 1 });

    const padded = await say({ prompt: '1 2 3', maxTokens: 1, sharedEpoch: true });
    expect(eventTypes(padded.events).slice(0, 2)).toEqual(['leakage', 'warning']);
    expect(eventTypes((await say({ prompt: '1 2 3', maxTokens: 1, dense: true })).events)).not.toContain('leakage');

    const heard: PromptEvent[] = [];
    const onEvent = (event: PromptEvent): void => void heard.push(event);
    const conversation = await client.converse({ sharedEpoch: true });
    for (const prompt of ['1 2 3', '1 2 3 4'])
      for await (const token of conversation.generate({ prompt, maxTokens: 1, onEvent })) expect(token.index).toBe(0);
    conversation.end();
    expect(eventTypes(heard).filter((type) => type === 'leakage')).toHaveLength(1);
    const summaries = heard.filter((event): event is Summary => event.type === 'summary');
    expect(summaries.map(({ reusedTokens }) => reusedTokens)).toEqual([0, 3]);
  });

  test('warns of a text that the context cuts short, where a length was asked for', async () => {
    const { say } = remote(dense);
    const prompt = dense.text(TINY.context - 2).join(' ');
    const { events, tokens } = await say({ prompt, maxTokens: 3 });
    expect(tokens).toHaveLength(2);
    expect(events[0]).toEqual({ type: 'warning', message: "the model's context ends after 2 tokens" });
    expect(eventTypes((await say({ prompt })).events)).not.toContain('warning');
  });

  test.each<[string, Request, string]>([
    ['an empty prompt', { prompt: '' }, 'E_PROMPT'],
    ['a prompt without tokens', { prompt: ' ' }, 'E_PROMPT'],
    ['a prompt that fills the context', { prompt: Array(TINY.context).fill(1).join(' ') }, 'E_LENGTH'],
    ['a wrong sampler', { prompt: '1', topP: 2 }, 'E_ARGUMENT'],
    ['a wrong stop string', { prompt: '1', stop: [''] }, 'E_ARGUMENT'],
    ['a value of a wrong type', { prompt: '1', maxTokens: '3' as never }, 'E_ARGUMENT'],
    ['rules that contradict', { prompt: '1', dense: true, sharedEpoch: true }, 'E_ARGUMENT'],
    ['modes that the model has not', { prompt: '1', modes: 'd' }, 'E_ARGUMENT'],
    ['too little memory', { prompt: '1', cacheMemory: 1 }, 'E_LIMIT'],
  ])('refuses %s before anybody is disturbed', async (_name, request, code) => {
    const { asked, say } = remote(sparse);
    await expect(say(request)).rejects.toMatchObject({ code });
    expect(asked.opened).toBe(0);
    if (code === 'E_ARGUMENT' && request.modes === undefined) expect(asked.encoded).toBe(0);
  });
});

test('all roles on this machine: a prompt is turned into tokens once', async () => {
  const folder = temporaryFolder();
  try {
    const model = tinyModel(join(folder.dir, 'tiny'));
    tinyPredictors(model, { neurons: 0.6, heads: 0.6 });
    const script = fileURLToPath(new URL('support/count-encodes.mjs', import.meta.url));
    const { code, stdout, stderr } = await startProgram(NODE, script, model, 'Once, twice').finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const said = JSON.parse(stdout) as { encoded: number; told: string[]; tokens: number[] };
    expect(said).toMatchObject({ encoded: 1, tokens: [expect.any(Number), expect.any(Number)] });
    expect(said.told.filter((type) => !['progress', 'memory', 'notice'].includes(type))).toEqual([
      'leakage',
      'reading',
      'reading',
      'summary',
    ]);
  } finally {
    folder.remove();
  }
});

describe('what is parsed', () => {
  const encode = (text: string) => text.split(' ').filter(Boolean).map(Number);
  const tokenizer = {
    encode: (text: string) => [0, ...encode(text)],
    encodeNext: encode,
    behind: (prefix: readonly number[], ids: readonly number[]) => [...prefix, ...ids],
  };

  test('has what was asked for, checked, and nothing that was not', () => {
    const request = { prompt: '1 2', temperature: 0.5, stop: ['x'], words: 'more' };
    const parsed = parsePrompt(request);
    expect(parsed).toEqual({
      prompt: '1 2',
      continues: false,
      maxTokens: undefined,
      sampling: { repetitionPenalty: 1, temperature: 0.5, topK: Infinity, topP: 1, seed: 0 },
      stop: ['x'],
    });
    expect(planPrompt(parsed, tokenizer, 10)).toMatchObject({ ids: [0, 1, 2], count: 7, shortened: false });
    const long = planPrompt(parsePrompt({ prompt: '1 2', maxTokens: 7 }), tokenizer, 10);
    expect(long).toMatchObject({ count: 7, shortened: false });
    const behind = behindPrefix(long, tokenizer, 10, [7, 7]);
    expect(behind).toMatchObject({ ids: [7, 7, 0, 1, 2], count: 5, shortened: true });
    expect(() => behindPrefix(long, tokenizer, 5, [7, 7])).toThrow(expect.objectContaining({ code: 'E_LENGTH' }));
  });

  test('follows the text so far, token by token, where it continues', () => {
    const idsOf = (request: { prompt: string; continues?: boolean }, said?: number[]) =>
      planPrompt(parsePrompt(request), tokenizer, 10, { said }).ids;
    expect(idsOf({ prompt: '1 2', continues: true }, [0, 9, 9])).toEqual([0, 9, 9, 1, 2]);
    expect(idsOf({ prompt: '', continues: true }, [0, 9, 9])).toEqual([0, 9, 9]);
    expect(idsOf({ prompt: '1 2', continues: true }, [])).toEqual([0, 1, 2]);
    expect(idsOf({ prompt: '1 2' }, [0, 9, 9])).toEqual([0, 1, 2]);
    expect(() => idsOf({ prompt: '', continues: true }, [])).toThrow(expect.objectContaining({ code: 'E_PROMPT' }));
    expect(idsOf({ prompt: '' }, [0, 9])).toEqual([0]);
    const long = { prompt: '1 2 3 4 5 6 7', continues: true };
    expect(() => idsOf(long, [0, 8, 9])).toThrow(expect.objectContaining({ code: 'E_LENGTH' }));
  });

  test('says how a session computes: together on one machine nothing is computed ahead, elsewhere it is', async () => {
    const { plan } = (await startBench(3, TINY, { neurons: 0.6, heads: 0.6 })).owner.manifest;
    const session = parseSession({});
    const local = planSession(session, plan, { positions: TINY.context, local: true });
    const elsewhere = planSession(session, plan, { positions: TINY.context, local: false });
    expect(local).toMatchObject({ prefetch: 'none', epochs: { fresh: false } });
    expect(elsewhere).toMatchObject({ prefetch: 'auto', epochs: { fresh: true } });
  });
});
