/** Choosing tokens, and ending at stop strings. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { Tokenizer } from '../ts/checkpoint/tokenizer.js';
import { parsePrompt, planPrompt } from '../ts/client/request.js';
import { greedy, parseSampling, Sampler, type Sampling } from '../ts/client/sampling.js';
import type { ClientSession } from '../ts/client/session.js';
import { parseStops, StopFilter } from '../ts/client/stopping.js';
import { TextSession } from '../ts/client/text-session.js';
import { CometError } from '../ts/core/errors.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { startBench } from './support/parties.js';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** Of natural logarithms, so that probabilities are what they look like. */
const logits = (...weights: number[]): Float32Array => Float32Array.from(weights, Math.log);
/** Probabilities 0.4, 0.3, 0.2, 0.1, in no order. */
const FOUR = logits(2, 4, 1, 3);
const draws = (row: Float32Array, options: Sampling, count = 400): number[] => {
  const sampler = new Sampler(kernels, parseSampling(options));
  return Array.from({ length: count }, () => sampler.next(row));
};
const drawn = (row: Float32Array, options: Sampling): number[] => [...new Set(draws(row, options))].sort();

describe('tokens', () => {
  test('greedy takes the first of the most likely, whatever the filters and the seed', () => {
    expect(greedy(logits(1, 3, 3, 2))).toBe(1);
    expect(drawn(FOUR, { seed: 5, topK: 3, topP: 0.9 })).toEqual([1]);
  });

  test('a temperature draws by probability', () => {
    const all = draws(FOUR, { temperature: 1, seed: 1 }, 4000);
    for (const [token, p] of [0.2, 0.4, 0.1, 0.3].entries())
      expect(Math.abs(all.filter((t) => t === token).length / all.length - p)).toBeLessThan(0.03);
    const cold = draws(FOUR, { temperature: 0.25, seed: 1 }, 4000);
    const share = 4 ** 4 / (1 + 2 ** 4 + 3 ** 4 + 4 ** 4);
    expect(Math.abs(cold.filter((t) => t === 1).length / cold.length - share)).toBeLessThan(0.03);
  });

  test.each([
    [1, [1]],
    [2, [1, 3]],
    [3, [0, 1, 3]],
    [4, [0, 1, 2, 3]],
    [1000, [0, 1, 2, 3]],
  ])('top-k of %i', (topK, expected) => {
    expect(drawn(FOUR, { temperature: 1, topK })).toEqual(expected);
  });

  test('top-k of equals keeps the first', () => {
    expect(drawn(logits(1, 1, 1, 1), { temperature: 1, topK: 2 })).toEqual([0, 1]);
  });

  test.each([
    [0.0001, [1]],
    [0.39, [1]],
    [0.41, [1, 3]],
    [0.69, [1, 3]],
    [0.71, [0, 1, 3]],
    [0.91, [0, 1, 2, 3]],
    [1, [0, 1, 2, 3]],
  ])('top-p of %d', (topP, expected) => {
    expect(drawn(FOUR, { temperature: 1, topP })).toEqual(expected);
  });

  test('top-p counts what top-k left', () => {
    // Of 4/7 and 3/7, the first alone has more than half.
    expect(drawn(FOUR, { temperature: 1, topK: 2, topP: 0.55 })).toEqual([1]);
    expect(drawn(FOUR, { temperature: 1, topP: 0.55 })).toEqual([1, 3]);
  });

  test('top-p comes after the temperature', () => {
    expect(drawn(FOUR, { temperature: 0.1, topP: 0.9 })).toEqual([1]);
  });

  test('the repetition penalty divides what is likely and multiplies what is not', () => {
    const row = Float32Array.of(2, 1.5, -1, -1.5);
    const plain = new Sampler(kernels, parseSampling({ repetitionPenalty: 2 }));
    expect(plain.next(row)).toBe(0); // 2; then it counts as 1
    expect(plain.next(row)).toBe(1); // 1.5; then as 0.75
    expect(plain.next(row)).toBe(0);
    const told = new Sampler(kernels, parseSampling({ repetitionPenalty: 2 }));
    told.see([2, 0, 1]);
    expect(told.next(Float32Array.of(-1, -1.5, -2, -1.75))).toBe(3);
    expect([...row]).toEqual([2, 1.5, -1, -1.5]);
  });

  test('a penalty below one favours what came before', () => {
    const sampler = new Sampler(kernels, parseSampling({ repetitionPenalty: 0.5 }));
    sampler.see([1]);
    expect(sampler.next(Float32Array.of(2, 1.5))).toBe(1);
  });

  test('a seed gives the same tokens, here and in every runtime', () => {
    const row = Float32Array.from({ length: 50 }, (_, i) => ((i * 37) % 50) / 8);
    const options = { temperature: 0.9, topK: 20, topP: 0.95, repetitionPenalty: 1.3, seed: 42 };
    const recorded = [27, 8, 12, 4, 20, 16, 47, 39, 31, 4, 8, 9];
    expect(draws(row, options, 12)).toEqual(recorded);
    expect(draws(row, { ...options, seed: 43 }, 12)).not.toEqual(recorded);
  });

  test.each([
    [{ temperature: -1 }, 'temperature'],
    [{ temperature: NaN }, 'temperature'],
    [{ temperature: 101 }, 'temperature'],
    [{ topK: 0 }, 'top-k'],
    [{ topK: 1.5 }, 'top-k'],
    [{ topK: NaN }, 'top-k'],
    [{ topP: 0 }, 'top-p'],
    [{ topP: 1.01 }, 'top-p'],
    [{ topP: NaN }, 'top-p'],
    [{ repetitionPenalty: 0 }, 'repetition penalty'],
    [{ repetitionPenalty: -1 }, 'repetition penalty'],
    [{ repetitionPenalty: Infinity }, 'repetition penalty'],
    [{ seed: 0.5 }, 'seed'],
  ])('%j is refused', (options, named) => {
    const make = (): unknown => parseSampling(options);
    expect(make).toThrow(CometError);
    expect(make).toThrow(expect.objectContaining({ code: 'E_ARGUMENT', message: expect.stringContaining(named) }));
  });
});

describe('stop strings', () => {
  /** What is emitted of pieces. */
  const emitted = (stops: string[], pieces: readonly string[]): string => {
    const filter = new StopFilter(stops);
    return pieces.map((piece) => filter.push(piece)).join('') + (filter.stopped ? '' : filter.end());
  };

  test.each([
    ['in one piece', ['stop'], ['go stop now'], 'go '],
    ['over three pieces', ['stop'], ['go s', 'to', 'p now'], 'go '],
    ['after a false start', ['stop'], ['go st', 'sto', 'p'], 'go st'],
    ['that begins itself', ['aab'], ['aa', 'aab'], 'aa'],
    ['at the very beginning', ['x'], ['x', 'y'], ''],
    ['never', ['stop'], ['go sto'], 'go sto'],
    ['not at all', [], ['a', 'b'], 'ab'],
    ['whichever ends first', ['abcd', 'bc'], ['xabcd'], 'xa'],
    ['the longer of two that end together', ['bc', 'abc'], ['xa', 'bc'], 'x'],
    ['of a character outside the plane', ['🙂'], ['a🙂b'], 'a'],
  ])('%s', (_, stops, pieces, expected) => {
    expect(emitted(stops, pieces)).toBe(expected);
  });

  test('hold back as little as can be', () => {
    const filter = new StopFilter(['\n\nQ:']);
    expect(['a\n', '\n', 'b', '\n\nQ'].map((piece) => filter.push(piece))).toEqual(['a', '', '\n\nb', '']);
    expect(filter.stopped).toBe(false);
    expect(filter.end()).toBe('\n\nQ');
  });

  test('do not depend on how the text is cut', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(text, stops, fc.array(fc.nat(5), { minLength: 30, maxLength: 30 }), (all, ends, lengths) => {
        const pieces: string[] = [];
        for (let at = 0, i = 0; at < all.length; at += lengths[i++] + 1)
          pieces.push(all.slice(at, at + lengths[i] + 1));
        // By definition: the first place where a stop string ends, then the longest that ends there.
        for (let end = 1; end <= all.length; end++) {
          const found = ends.filter((stop) => all.slice(0, end).endsWith(stop)).map((stop) => end - stop.length);
          if (found.length > 0) return emitted(ends, pieces) === all.slice(0, Math.min(...found));
        }
        return emitted(ends, pieces) === all;
      }),
    );
  });

  test.each([[['']], [['a', '']], [[1 as never]], ['abc' as never]])('%j is refused', (stops) => {
    expect(() => parseStops(stops)).toThrow(expect.objectContaining({ code: 'E_ARGUMENT' }));
  });

  describe('in a generation', () => {
    const definition = JSON.parse(
      readFileSync(new URL('fixtures/tiny-opt/tokenizer.json', import.meta.url), 'utf8'),
    ) as unknown;
    const tokenizer = new Tokenizer(definition, 0);

    /** A client whose model says `text` after any prompt, token by token. */
    function reciting(text: string): { client: ClientSession; steps: () => number } {
      const ids = tokenizer.encode(text);
      let steps = 0;
      const client = {
        announce: () => {},
        run: () => Promise.resolve(new Float32Array(0)),
        logits: () => {
          const next = ids[steps++];
          return Float32Array.from({ length: 264 }, (_, id) => (id === next ? 1 : 0));
        },
      };
      return { client: client as unknown as ClientSession, steps: () => steps };
    }
    const generated = async (text: string, stop: string[], maxTokens = 40) => {
      const { client, steps } = reciting(text);
      const sampler = new Sampler(kernels, parseSampling({}));
      const tokens = [];
      const { plan } = (await startBench()).owner.manifest;
      const prompt = planPrompt(parsePrompt({ prompt: 'a', stop, maxTokens }), tokenizer, plan.shape.context);
      const session = new TextSession(client, tokenizer, plan);
      for await (const token of session.generate(prompt, sampler, { only: true })) tokens.push(token);
      return { text: tokens.map((token) => token.text).join(''), steps: steps() };
    };

    test('that spans tokens: the text before it is emitted, and no token is computed after', async () => {
      const text = 'he said: the END of it';
      expect(tokenizer.encode('END')).toHaveLength(3);
      const { text: emitted, steps } = await generated(text, ['END']);
      expect(emitted).toBe('he said: the ');
      expect(steps).toBe(tokenizer.encode('he said: the END').length);
    });

    test('that is cut off by the number of tokens is text', async () => {
      const text = 'he said EN';
      expect((await generated(text, ['END'], tokenizer.encode(text).length)).text).toBe(text);
    });

    test('that begins in the middle of a token', async () => {
      expect((await generated('then', ['hen'])).text).toBe('t');
    });
  });
});
