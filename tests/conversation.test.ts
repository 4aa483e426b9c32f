/** Several prompts in one session: what is computed again and what is not, and that it gives what a session of its own gives. */
import { Tokenizer } from '../ts/checkpoint/tokenizer.js';
import { toByteChar } from '../ts/checkpoint/tokenizer/bytes.js';
import { parsePrompt, type PlannedPrompt, planPrompt, type PromptRequest } from '../ts/client/request.js';
import { parseSampling, Sampler } from '../ts/client/sampling.js';
import type { SessionMode } from '../ts/client/session-mode.js';
import { TextSession, type Token } from '../ts/client/text-session.js';
import type { StepShape } from '../ts/plan/step.js';
import { type Bench, openClient, startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';

/** Token numbers with blanks between them. */
const NUMBERS = {
  ends: new Set<number>(),
  encode: (text: string) => text.split(' ').filter(Boolean).map(Number),
  behind: (_prefix: readonly number[], ids: readonly number[]) => ids,
  encodeNext: (text: string) => text.split(' ').filter(Boolean).map(Number),
  decode: (ids: readonly number[]) => ids.map((id) => ` ${id}`).join(''),
  stream(this: Tokenizer, before: readonly number[]) {
    return { push: (id: number) => ` ${id}`, end: () => '', pause: () => '', shown: this.decode(before) };
  },
} as unknown as Tokenizer;

const text = (...ids: readonly number[]): string => ids.join(' ');
const words = (tokens: readonly Token[]): number[] => tokens.map(({ id }) => id);

/** A prompt for models of TINY's shape. */
const plan = (request: PromptRequest): PlannedPrompt => planPrompt(parsePrompt(request), NUMBERS, TINY.context);
const greedily = ({ kernels }: Bench): Sampler => new Sampler(kernels, parseSampling({}));

/** A session and what each of its prompts did. */
async function open(bench: Bench, mode: SessionMode = {}) {
  const steps: StepShape[] = [];
  const opened = await openClient(bench, { server0: { onStep: (step) => steps.push(step) } }, mode);
  const session = new TextSession(opened.client, NUMBERS, bench.owner.manifest.plan);
  const say = async (prompt: string, maxTokens: number, stop: string[] = []) => {
    const logits: Float32Array[] = [];
    const tokens: Token[] = [];
    let reused = -1;
    const settings = {
      onLogits: (row: Float32Array) => logits.push(row),
      onBegin: (begun: { reused: number }) => (reused = begun.reused),
    };
    const planned = plan({ prompt, maxTokens, stop });
    for await (const token of session.generate(planned, greedily(bench), settings)) tokens.push(token);
    return { tokens, logits, reused };
  };
  return { session, say, steps, served: opened.served };
}

/** The largest difference. */
const difference = (a: readonly Float32Array[], b: readonly Float32Array[]): number =>
  Math.max(...a.map((row, i) => Math.max(...row.map((value, j) => Math.abs(value - b[i][j])))));

/** A prompt in a session of its own. */
async function alone(bench: Bench, prompt: string, maxTokens: number, mode?: SessionMode) {
  const { session, say, served } = await open(bench, mode);
  const said = await say(prompt, maxTokens);
  session.end();
  await served;
  return said;
}

const shapes = (steps: readonly StepShape[]) => steps.map(({ rows, position }) => [rows, position]);

/**
 * How far logits of two sessions may be apart that say the same: their masks differ, so the coins of roundings do, and in a sparse one those
 * of scores next to their thresholds. Logits reach 25, and those of another text differ by as much.
 */
describe.each([
  ['dense', undefined, 0.3],
  ['sparse', { neurons: 0.6, heads: 0.6 }, 8],
] as const)('a %s session', (_name, density, apart) => {
  const expectSame = (said: Awaited<ReturnType<typeof alone>>, other: typeof said): void => {
    expect(difference(said.logits.slice(0, 1), other.logits)).toBeLessThan(apart);
    if (density) return;
    expect(words(said.tokens)).toEqual(words(other.tokens));
    expect(difference(said.logits, other.logits)).toBeLessThan(apart);
  };
  let bench: Bench;
  beforeAll(async () => (bench = await startBench(3, TINY, density)));

  test('the next turn of a text costs only its own tokens, and gives what a session of its own gives', async () => {
    const { session, say, steps, served } = await open(bench);
    const first = await say('1 2 3 4 5', 4);
    expect({ reused: first.reused, steps: shapes(steps) }).toEqual({
      reused: 0,
      steps: [[5, 0], ...[5, 6, 7].map((position) => [1, position])],
    });

    // All of the text but its last token was read: that one, and what is new, is computed.
    const prompt = text(1, 2, 3, 4, 5, ...words(first.tokens), 9, 8);
    const second = await say(prompt, 3);
    expect({ reused: second.reused, steps: shapes(steps.slice(4)) }).toEqual({
      reused: 8,
      steps: [[3, 8], ...[11, 12].map((position) => [1, position])],
    });
    expect(session.steps.map(({ rows, position }) => [rows, position])).toEqual(shapes(steps));

    const fresh = await alone(bench, prompt, 3);
    expectSame(second, fresh);
    session.end();
    await served;
  });

  test('a prompt that differs is read from where it differs, as new steps', async () => {
    const { session, say, steps, served } = await open(bench);
    await say('1 2 3 4 5 6 7 8', 2);
    const other = await say('1 2 3 40 50', 2);
    expect(other.reused).toBe(3);
    const again = await say('1 2 3 40 50', 2);
    expect(again.reused).toBe(4); // the state of the last token says what follows
    const nothing = await say('9', 1);
    expect(nothing.reused).toBe(0);
    // Positions were run again, and never a step: the masks of an address are those of its step.
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i));
    const fresh = await alone(bench, '1 2 3 40 50', 2);
    for (const said of [other, again]) expectSame(said, fresh);
    expect(difference(nothing.logits, fresh.logits)).toBeGreaterThan(apart);
    session.end();
    await served;
  });
});

describe('a session', () => {
  let bench: Bench;
  beforeAll(async () => (bench = await startBench()));

  test('refuses what cannot be continued, and goes on', async () => {
    const { session, say, served } = await open(bench);
    await expect(say('', 1)).rejects.toMatchObject({ code: 'E_PROMPT' });
    await say('1 2', 1);
    await expect(say(text(...bench.text(TINY.context)), 1)).rejects.toMatchObject({ code: 'E_LENGTH' });
    expect((await say('1 2 3', 1)).reused).toBe(2);

    const running = session.generate(plan({ prompt: '1 2 3', maxTokens: 3 }), greedily(bench));
    await running.next();
    await expect(say('4', 1)).rejects.toMatchObject({ code: 'E_ARGUMENT' });
    await running.return();
    session.end();
    await served;
    await expect(say('1', 1)).rejects.toMatchObject({ code: 'E_ARGUMENT' });
  });

  test('whose text ends early has nothing announced: the last token is read', async () => {
    const { session, say, steps, served } = await open(bench);
    const whole = await alone(bench, '1 2 3', 6);
    const stopped = await say('1 2 3', 6, [` ${text(...words(whole.tokens).slice(0, 2))}`]);
    expect(stopped.tokens).toHaveLength(2);
    expect(shapes(steps)).toEqual([[3, 0], ...[3, 4].map((position) => [1, position])]);
    const next = await say(text(1, 2, 3, ...words(stopped.tokens), 7), 2);
    expect(next.reused).toBe(5);

    // A reader that goes away is the same.
    const again = plan({ prompt: text(1, 2, 3), maxTokens: 6 });
    for await (const token of session.generate(again, greedily(bench))) if (token.index === 0) break;
    expect((await say(text(1, 2, 3, words(whole.tokens)[0], 7), 1)).reused).toBe(4);
    session.end();
    await served;
  });
  test('that fails is over, and the parties hear why', async () => {
    const { session, say, served } = await open(bench);
    await say('1 2', 1);
    const stop = new AbortController();
    stop.abort();
    const running = session.generate(plan({ prompt: '1 2 3', maxTokens: 3 }), greedily(bench), { signal: stop.signal });
    await expect(running.next()).rejects.toMatchObject({ code: 'E_ABORTED' });
    await expect(served).rejects.toMatchObject({ code: 'E_ABORTED' });
    await expect(say('1', 1)).rejects.toMatchObject({ code: 'E_ARGUMENT' });
  });
});

/** A tokeniser of TINY's vocabulary whose tokens are bytes, most of them parts of characters. */
const BYTES = (() => {
  const bytes = [...Array.from({ length: 20 }, (_, i) => 0x61 + i), 0xf0, 0x9f, 0x98, 0xc3];
  const all = [...bytes, ...Array.from({ length: TINY.vocab - bytes.length }, (_, i) => 0x80 + i)];
  const chars = [...new Set(all)].map((byte) => toByteChar(byte));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const model = { type: 'BPE', vocab: Object.fromEntries(chars.map((char, id) => [char, id])), merges: [] };
  return new Tokenizer({ pre_tokenizer: byteLevel, decoder: byteLevel, model });
})();

describe('a text that goes on', () => {
  let bench: Bench;
  beforeAll(async () => (bench = await startBench()));

  /** Says prompts one after the other; each but the first continues. */
  async function chat(tokenizer: Tokenizer, turns: readonly (readonly [prompt: string, stop?: string[]])[]) {
    const { client, served } = await openClient(bench);
    const session = new TextSession(client, tokenizer, bench.owner.manifest.plan);
    const said: { ids: number[]; text: string; all: readonly number[]; prompt: readonly number[] }[] = [];
    for (const [prompt, stop] of turns) {
      const parsed = parsePrompt({ prompt, maxTokens: 5, stop, continues: said.length > 0 });
      const planned = planPrompt(parsed, tokenizer, TINY.context, { said: session.said });
      const tokens: Token[] = [];
      const sampler = new Sampler(bench.kernels, parseSampling({ temperature: 3, seed: said.length }));
      for await (const token of session.generate(planned, sampler)) tokens.push(token);
      const text = tokens.map((token) => token.text).join('');
      said.push({ ids: words(tokens), text, all: session.said, prompt: planned.ids });
    }
    session.end();
    await served;
    return said;
  }

  test('is its tokens: a character that is cut between two turns is whole', async () => {
    const turns = await chat(BYTES, [['abc'], [''], [''], ['']]);
    const all = [...BYTES.encode('abc'), ...turns.flatMap(({ ids }) => ids)];
    expect(turns.at(-1)!.all).toEqual(all);
    expect(turns[1].prompt).toEqual(all.slice(0, 8));
    // What is incomplete in the end is not given out; nothing else differs from the text of all tokens.
    const whole = BYTES.decode(all).replace(/\ufffd+$/, '');
    expect(`abc${turns.map(({ text }) => text).join('')}`).toBe(whole);
  });

  test('goes on with the tokens of a line', async () => {
    const [first, second] = await chat(BYTES, [['abc'], ['def']]);
    expect(second.prompt).toEqual([...BYTES.encode('abc'), ...first.ids, ...BYTES.encode('def')]);
  });

  test('ends before a stop string, and goes on from there', async () => {
    const [free] = await chat(NUMBERS, [['1 2 3']]);
    const stop = ` ${free.ids[2]}`;
    const at = free.ids.findIndex((id) => ` ${id}`.startsWith(stop));
    const [first, second] = await chat(NUMBERS, [['1 2 3', [stop]], ['4']]);
    expect(first.all).toEqual([1, 2, 3, ...free.ids.slice(0, at)]);
    expect(second.prompt).toEqual([...first.all, 4]);
  });
});
