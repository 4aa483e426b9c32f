/** The attacks on opened sets: each must succeed where it should, or its failure elsewhere would mean nothing. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codeOf } from '../ts/core/errors.js';
import { attack, type AttackReport, type AttackResult } from '../ts/index.js';
import { loadKernels } from '../ts/kernels/load.js';
import { FloatModel } from '../ts/plain/float.js';
import type { LayerPredictor } from '../ts/predict/predictor.js';
import { PredictedOnly } from '../ts/predict/sparse-run.js';
import { runAttacks } from '../ts/verify/attack/attack.js';
import { Classes } from '../ts/verify/attack/classes.js';
import { likeliest } from '../ts/verify/attack/decode.js';
import { shuffled } from '../ts/verify/attack/epochs.js';
import { invariants } from '../ts/verify/attack/features.js';
import { matchNames } from '../ts/verify/attack/match.js';
import { MITIGATIONS } from '../ts/verify/attack/mitigation-names.js';
import { mitigated, mitigation } from '../ts/verify/attack/mitigations.js';
import { FloatPublicModel, type PublicModel } from '../ts/verify/attack/public-model.js';
import { Random } from '../ts/verify/attack/random.js';
import type { AttackSettings, AttackSubject } from '../ts/verify/attack/report.js';
import { rates } from '../ts/verify/attack/score.js';
import { openedView, type OpenedSets, type OpenedView } from '../ts/verify/attack/view.js';
import { randomModel } from './support/random-model.js';

/** A language of few words, and a model whose sets depend on the word and the one before. */
const VOCAB = 40;
const SHAPE = { layers: 2, neurons: 96, heads: 4 };

function planted(layer: number, word: number, before: number): Uint16Array {
  const random = new Random(layer, word, layer === 0 ? 0 : before);
  const own = Array.from({ length: SHAPE.neurons + SHAPE.heads }, (_, i) => i);
  // Words differ in how many outputs they open as well.
  return Uint16Array.from(own.filter(() => random.next() < 0.05 + (word % 8) / 40));
}
const setsOf = (word: number, before: number): OpenedSets =>
  Array.from({ length: SHAPE.layers }, (_, layer) => planted(layer, word, before));

function reading(length: number, seed: number, session: number) {
  const random = new Random(seed);
  const ids = Array.from({ length }, () => Math.floor(VOCAB * random.next() ** 2));
  const tokens = ids.map((id, t) => setsOf(id, t % session === 0 ? -1 : ids[t - 1]));
  return { ids, view: { shape: SHAPE, tokens } };
}

const neuronsOf = (set: Uint16Array): Uint16Array => set.filter((index) => index < SHAPE.neurons);
const model: PublicModel = {
  shape: SHAPE,
  vocab: VOCAB,
  firstLayer: () => Array.from({ length: VOCAB }, (_, word) => neuronsOf(planted(0, word, 0))),
  begin: () => {
    let before = -1;
    return { sets: (word) => setsOf(word, before), accept: (word) => void (before = word) };
  },
};
const subject: AttackSubject = {
  training: reading(1500, 1, 100),
  target: reading(400, 2, 100),
  sessionTokens: 100,
  model,
};
const settings: AttackSettings = {
  epochTokens: 200,
  seed: 3,
  mitigations: MITIGATIONS,
  guessed: { sessions: 2, tokens: 20 },
};

/** The results of one variant, of all known lengths. */
function of({ mitigations }: AttackReport, name: string, kind: string, variant: string): AttackResult[] {
  const results = mitigations.find(({ mitigation }) => mitigation === name)!.results;
  return results.filter((r) => r.attack === kind && r.variant === variant);
}

describe('on a planted language', () => {
  let report: AttackReport;
  beforeAll(async () => {
    report = await runAttacks(subject, settings);
  });

  test('every attack succeeds on its control', () => {
    expect(report.controlBeatsBaseline).toEqual({
      classifier: true,
      vocabulary: true,
      knownPrompt: true,
      counts: true,
    });
    expect(of(report, 'none', 'classifier', 'control')[0].accuracy).toBeGreaterThan(0.95);
    expect(of(report, 'none', 'vocabulary', 'control')[0].accuracy).toBe(1);
    const { bitsPerToken } = of(report, 'none', 'classifier', 'control')[0];
    // All that there is to know, nearly.
    expect(bitsPerToken).toBeGreaterThan(0.9 * (report.baseline.crossEntropy / Math.LN2));
    expect(bitsPerToken).toBeLessThanOrEqual(report.baseline.crossEntropy / Math.LN2);
  });

  test('names of another epoch are of no use, what needs no names is', () => {
    for (const { mitigation } of report.mitigations) {
      const [other] = of(report, mitigation, 'classifier', 'otherEpoch');
      const [control] = of(report, mitigation, 'classifier', 'control');
      expect(other.accuracy).toBeLessThan(control.accuracy / 2);
    }
    expect(of(report, 'none', 'classifier', 'invariants')[0].beatsBaseline).toBe(true);
    expect(of(report, 'none', 'vocabulary', 'shuffled')[0].accuracy).toBeGreaterThan(0.9);
  });

  test('known tokens give names, more tokens more of them', () => {
    const found = of(report, 'none', 'knownPrompt', 'shuffled');
    expect(found.map(({ known }) => known)).toEqual([16, 64]);
    expect(found[1].identified).toBeGreaterThan(0.9);
    expect(found[0].identified).toBeLessThan(found[1].identified!);
    expect(found[1].mistaken).toBe(0);
    const [, control] = of(report, 'none', 'knownPrompt', 'control');
    expect(found[1].accuracy).toBeGreaterThan(control.accuracy - 0.05);
    expect(found[1].tokens).toBe(control.tokens);
    // An epoch of 25 tokens has room for a known prompt of 16.
    expect(of(report, 'epochs', 'knownPrompt', 'shuffled').map(({ known }) => known)).toEqual([16]);
  });

  test('a constant budget leaves counts next to nothing', () => {
    const [lengths] = of(report, 'budget', 'counts', 'lengths');
    expect(lengths.advantage).toBeLessThan(0.05);
    expect(Math.abs(lengths.bitsPerToken!)).toBeLessThan(0.3);
    expect(of(report, 'none', 'counts', 'lengths')[0].advantage).toBeGreaterThan(0.1);
  });

  test('the same seed gives the same report, another one other orders', async () => {
    const few = { ...settings, mitigations: ['dummies'] as const };
    const small = { ...subject, training: reading(300, 1, 100), target: reading(200, 2, 100) };
    const [first, again] = [await runAttacks(small, few), await runAttacks(small, few)];
    expect(again).toEqual(first);
    const other = await runAttacks(small, { ...few, seed: 4 });
    expect(of(other, 'dummies', 'knownPrompt', 'shuffled')).not.toEqual(
      of(first, 'dummies', 'knownPrompt', 'shuffled'),
    );
    expect(of(other, 'none', 'classifier', 'control')).toEqual(of(first, 'none', 'classifier', 'control'));
  });

  test('what is not run has no verdict, and too little text is refused', async () => {
    const short = { ...settings, epochTokens: 8, mitigations: [], guessed: { sessions: 0, tokens: 1 } };
    expect((await runAttacks(subject, short)).controlBeatsBaseline).toEqual({
      classifier: true,
      vocabulary: false,
      counts: true,
    });
    const failed = runAttacks({ ...subject, training: reading(10, 1, 100) }, settings).then(() => 'nothing', codeOf);
    expect(await failed).toBe('E_ARGUMENT');
    const signal = AbortSignal.abort();
    expect(await runAttacks(subject, { ...settings, signal }).then(() => 'nothing', codeOf)).toBe('E_ABORTED');
  });
});

describe('parts', () => {
  const { view } = subject.target;
  const rises = (set: Uint16Array): boolean => set.every((index, i) => i === 0 || index > set[i - 1]);
  const total = (sets: OpenedSets): number => sets.reduce((sum, set) => sum + set.length, 0);

  test('orders change names within their kind, and nothing else', () => {
    const [first, second] = shuffled(view, 200, 7);
    expect(first.orders).not.toEqual(second.orders);
    for (const order of first.orders) {
      const sorted = [...order].sort((a, b) => a - b);
      expect(sorted).toEqual(sorted.map((_, i) => i));
      expect(Math.min(...order.subarray(SHAPE.neurons))).toBe(SHAPE.neurons);
    }
    const opened: OpenedView = { shape: SHAPE, tokens: first.opened };
    expect(invariants(opened, 200)).toEqual(invariants({ ...view, tokens: first.plain }, 200));
    expect(first.opened.flat().every(rises)).toBe(true);
  });

  test.each(MITIGATIONS)('%s keeps sets in order and within their names', (name) => {
    const how = mitigation(name, subject.training.view, 200);
    const { shape, tokens } = mitigated(view, how, 1);
    expect(tokens.flat().every(rises)).toBe(true);
    expect(Math.max(...tokens.flatMap((sets) => sets.flatMap((set) => [...set])))).toBeLessThan(
      shape.neurons + shape.heads,
    );
    if (name.startsWith('budget')) {
      const heads = tokens.flat().map((set) => set.filter((index) => index >= shape.neurons).length);
      expect(new Set(heads)).toEqual(new Set([shape.heads]));
      for (const [at, sets] of tokens.entries())
        for (const [layer, set] of sets.entries()) {
          const active = view.tokens[at][layer].filter((index) => index < shape.neurons);
          expect(active.every((index) => set.includes(index))).toBe(true);
        }
    }
    if (name === 'dummies') expect(total(tokens[5])).toBeGreaterThan(1.5 * total(view.tokens[5]));
    if (name === 'blocks') expect(shape.neurons).toBe(12);
  });

  test('budget and epochs together are both', () => {
    const [both, budget, epochs] = (['budget+epochs', 'budget', 'epochs'] as const).map((name) =>
      mitigation(name, subject.training.view, 200),
    );
    expect(mitigated(view, both, 1)).toEqual(mitigated(view, budget, 1));
    expect([budget, epochs, both].map(({ epochTokens }) => epochTokens)).toEqual([200, 25, 25]);
  });

  test('a match that is not certain is none', () => {
    const shape = { layers: 1, neurons: 4, heads: 1 };
    const sets = (...lists: number[][]): OpenedSets[] => lists.map((list) => [Uint16Array.from(list)]);
    // Outputs 0 and 1 are opened together; 3 and the head never.
    expect([...matchNames(shape, sets([0, 1], [2]), sets([2, 3], [0]))[0]]).toEqual([2, -1, -1, -1, -1]);
  });

  test('a sequence is decoded by pairs where tokens alone are unclear', () => {
    const ids = Array.from({ length: 300 }, (_, i) => i % 3);
    const classes = new Classes(ids);
    const sure = (word: number) => Float64Array.from({ length: 4 }, (_, c) => (c === word ? -0.01 : -5));
    const [a, b, c] = classes.labels([0, 1, 2]);
    expect([...likeliest(classes, [sure(a), classes.prior, sure(c), classes.prior])]).toEqual([a, b, c, a]);
  });

  test('an advantage within the error of the baseline is none', () => {
    expect(rates(12, 10, 100)).toMatchObject({ advantage: expect.closeTo(0.02), beatsBaseline: false });
    expect(rates(30, 10, 100)).toMatchObject({ accuracy: 0.3, baselineAccuracy: 0.1, beatsBaseline: true });
  });
});

test('the view is what a run with predicted outputs computes, at once or token by token', async () => {
  const kernels = await loadKernels();
  const { model: weights, text } = randomModel(3);
  const { width, ffn, heads } = weights.shape;
  const random = new Random(5);
  const values = (size: number) => Float32Array.from({ length: size }, () => random.next() - 0.5);
  const layer = (_: unknown, from: number): LayerPredictor => {
    const outputs = from + 1 < weights.layers.length ? ffn + heads : ffn;
    return {
      from,
      rank: 8,
      down: values(width * 8),
      up: values(8 * outputs),
      thresholds: new Float32Array(outputs).fill(0.1),
      prices: { neurons: 1, heads: 1 },
      peaks: { hidden: 0, margin: 0 },
    };
  };
  const predictors = { shape: { width, ffn, heads }, layers: weights.layers.map(layer) };
  const ids = text(12);
  const view = await openedView(kernels, weights, predictors, ids);
  const float = new FloatModel(kernels, weights);
  const sparse = new PredictedOnly(kernels, weights, predictors);
  float.forward(ids, undefined, sparse);
  const opened = view.tokens.flat().reduce((sum, set) => sum + set.length, 0);
  const { computedDensity, headsSkipped } = sparse.total();
  const layers = weights.layers.length;
  expect(opened).toBeCloseTo(ids.length * layers * (ffn * computedDensity + heads * (1 - headsSkipped)), 6);
  sparse.free();
  float.free();

  const open = new FloatPublicModel(kernels, weights, predictors);
  const guessing = open.begin();
  for (const [t, id] of ids.entries()) {
    guessing.sets((id + 1) % weights.shape.vocab); // leaves no trace
    expect(guessing.sets(id)).toEqual(view.tokens[t]);
    expect(open.firstLayer(t)[id]).toEqual(view.tokens[t][0].filter((index) => index < ffn));
    guessing.accept(id);
  }
  open.free();
});

const shipped = fileURLToPath(new URL('../models/comet-16m', import.meta.url));
(existsSync(`${shipped}/predictors.safetensors`) ? test : test.skip)(
  'the shipped model: controls beat the baseline on little text',
  async () => {
    const text = { bytes: 900, trainingBytes: 6_000 };
    const report = await attack(shipped, {
      ...text,
      epochTokens: 60,
      mitigations: [],
      guessSessions: 1,
      guessTokens: 2,
    });
    expect(report.controlBeatsBaseline).toMatchObject({ classifier: true, knownPrompt: true });
    expect(of(report, 'none', 'classifier', 'control')[0].accuracy).toBeGreaterThan(0.4);
    expect(of(report, 'none', 'vocabulary', 'control')[0].accuracy).toBe(1);
  },
  600_000,
);
