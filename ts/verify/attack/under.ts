/** The attacks on openings under one mitigation. */
import type { Classes } from './classes.js';
import { lesson, type Lesson, numberClassifier, SetClassifier, test } from './classifier.js';
import { type Epoch, openings, shuffled } from './epochs.js';
import { countsOf, invariants } from './features.js';
import { knownPrompt, type KnownPromptSubject } from './known-prompt.js';
import type { MitigationName } from './mitigation-names.js';
import { mitigated, type Mitigation, mitigation } from './mitigations.js';
import type { AttackResult, AttackSettings, AttackSubject, MitigationReport, Reading } from './report.js';
import { rates } from './score.js';
import type { OpenedSets, OpenedView } from './view.js';
import { expectations, guessWords } from './vocabulary.js';

/** Parts of the work of one mitigation that progress counts. */
export const PARTS = 4;
/** Tokens on which the names of another epoch are tried: enough to see that they are of no use. */
const COLLAPSED = 1024;
/** Lengths of known prompts grow by this factor. */
const LONGER = 4;
const SHORTEST_PROMPT = 16;

/** All attacks under one mitigation. @throws CometError `E_ABORTED`. */
export async function attackUnder(
  name: MitigationName,
  classes: Classes,
  labels: Uint16Array,
  subject: AttackSubject,
  settings: AttackSettings,
  onPart: (part: number) => void,
): Promise<MitigationReport> {
  const { training, target } = subject;
  const { seed } = settings;
  const how = mitigation(name, training.view, settings.epochTokens);
  const learned = mitigated(training.view, how, seed + 1);
  const seen = mitigated(target.view, how, seed + 2);
  const epochs = shuffled(seen, how.epochTokens, seed);
  const taught = lesson(classes, training.ids);
  const scene: Scene = { how, classes, labels, learned, seen, epochs, opened: openings(epochs), taught };
  const { results, ...learnedSets } = await bySets(scene, settings);
  onPart(1);
  results.push(...(await byVocabulary(scene, subject, settings)));
  onPart(2);
  results.push(...(await byKnownPrompt(scene, target, learnedSets, settings)));
  onPart(3);
  const byCount = numberClassifier(taught, countsOf(learned));
  const lengths = await test(classes, byCount, countsOf(seen), labels, settings.signal);
  results.push({ attack: 'counts', variant: 'lengths', ...lengths.each });
  results.push({ attack: 'counts', variant: 'lengthsSequence', ...lengths.sequence });
  onPart(4);
  return { mitigation: name, epochTokens: how.epochTokens, opened: density(seen), results };
}

/** One mitigation at work. */
interface Scene {
  readonly how: Mitigation;
  readonly classes: Classes;
  readonly labels: Uint16Array;
  readonly taught: Lesson;
  /** The adversary's text as it would be opened under the outputs' own names. */
  readonly learned: OpenedView;
  /** The attacked text likewise, and as it is opened. */
  readonly seen: OpenedView;
  readonly epochs: readonly Epoch[];
  readonly opened: readonly OpenedSets[];
}

async function bySets({ how, classes, labels, taught, learned, seen, opened }: Scene, { signal }: AttackSettings) {
  const classifier = SetClassifier.train(taught, learned);
  const control = await test(classes, classifier.classify, seen.tokens, labels, signal);
  // One order is as good as another: what was learned under the outputs' own names is to these epochs what any other epoch would be.
  const some = opened.slice(0, COLLAPSED);
  const others = await test(classes, classifier.classify, some, labels.subarray(0, some.length), signal);
  const byShape = numberClassifier(taught, invariants(learned, how.epochTokens));
  const shape = await test(classes, byShape, invariants({ ...seen, tokens: opened }, how.epochTokens), labels, signal);
  const results: AttackResult[] = [
    { attack: 'classifier', variant: 'control', ...control.each },
    { attack: 'classifier', variant: 'controlSequence', ...control.sequence },
    { attack: 'classifier', variant: 'otherEpoch', ...others.each },
    { attack: 'classifier', variant: 'invariants', ...shape.each },
    { attack: 'classifier', variant: 'invariantsSequence', ...shape.sequence },
  ];
  return { results, classifier, control: control.answers };
}

async function byVocabulary(
  { how, classes, seen, opened }: Scene,
  { training, target, sessionTokens, model }: AttackSubject,
  { seed, guessed, signal }: AttackSettings,
): Promise<AttackResult[]> {
  const expected = expectations(training.view, how, seed + 3);
  const results: AttackResult[] = [];
  for (const variant of ['control', 'shuffled', 'knownPrefix'] as const) {
    const named = variant === 'control';
    let [right, frequent, tokens] = [0, 0, 0];
    for (let start = 0; start < Math.min(guessed.sessions * sessionTokens, target.ids.length); start += sessionTokens) {
      const end = start + Math.min(guessed.tokens, sessionTokens);
      const ids = target.ids.slice(start, end);
      const known = variant === 'knownPrefix' ? ids : undefined;
      const sets = (named ? seen.tokens : opened).slice(start, end);
      const words = await guessWords(sets, { model, mitigation: how, expected, named, known, start, signal });
      tokens += ids.length;
      right += ids.filter((id, t) => id === words[t]).length;
      frequent += ids.filter((id) => id === classes.ids[0]).length;
    }
    results.push({ attack: 'vocabulary', variant, ...rates(right, frequent, tokens) });
  }
  return results;
}

async function byKnownPrompt(
  { how, classes, seen, epochs }: Scene,
  target: Reading,
  learned: Pick<KnownPromptSubject, 'classifier' | 'control'>,
  { signal }: AttackSettings,
): Promise<AttackResult[]> {
  const plain = { shape: seen.shape, tokens: target.view.tokens.map((sets) => how.coarse(sets)) };
  const results: AttackResult[] = [];
  for (let known = SHORTEST_PROMPT; known < how.epochTokens; known *= LONGER) {
    const found = await knownPrompt({ classes, plain, epochs, ...learned }, known, signal);
    if (!found) break;
    results.push({ attack: 'knownPrompt', variant: 'control', known, ...found.control });
    results.push({ attack: 'knownPrompt', variant: 'shuffled', known, ...found.shuffled });
  }
  return results;
}

function density({ shape: { layers, neurons, heads }, tokens }: OpenedView): number {
  const opened = tokens.reduce((sum, sets) => sum + sets.reduce((total, set) => total + set.length, 0), 0);
  return opened / (tokens.length * layers * (neurons + heads));
}
