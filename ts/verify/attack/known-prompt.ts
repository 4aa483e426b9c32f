/** An operator who is also a client: knows the first tokens of an epoch, learns names from them and reads the rest. */
import { pause } from '../../core/pause.js';
import type { Classes } from './classes.js';
import type { SetClassifier } from './classifier.js';
import type { Epoch } from './epochs.js';
import { matchNames, type Names } from './match.js';
import { type Answer, answer, type Outcome, outcome } from './score.js';
import type { OpenedSets, OpenedView } from './view.js';

/** What names the known tokens gave. Fractions of 1. */
export interface Identified {
  /** Outputs of which the name was found, of all. */
  readonly identified: number;
  /** Outputs that were given another one's name. */
  readonly mistaken: number;
  /** Of the indices opened after the known tokens, those with a found name. */
  readonly identifiedOpened: number;
}

export interface KnownPrompt {
  readonly shuffled: Outcome & Identified;
  /** The same tokens with all names known. */
  readonly control: Outcome;
}

/** Tokens that are attacked at most, in whole epochs: as many of short ones as of long ones. */
const MOST = 2048;

/** What is attacked, and what the adversary learned. */
export interface KnownPromptSubject {
  readonly classes: Classes;
  readonly classifier: SetClassifier;
  /** The sets before padding, which whoever knows the tokens and the model computes. */
  readonly plain: OpenedView;
  readonly epochs: readonly Epoch[];
  /** Of the whole text: what the classifier answers where all names are known. */
  readonly control: readonly Answer[];
}

/** @returns undefined where no epoch has more than `known` tokens. @throws CometError `E_ABORTED` */
export async function knownPrompt(
  { classes, classifier, plain, epochs, control }: KnownPromptSubject,
  known: number,
  signal?: AbortSignal,
): Promise<KnownPrompt | undefined> {
  const answers: { shuffled: Answer[]; control: Answer[] } = { shuffled: [], control: [] };
  const tally = { right: 0, wrong: 0, outputs: 0, opened: 0, named: 0 };
  for (const { start, opened, orders } of epochs) {
    if (start >= MOST) break;
    if (opened.length <= known) continue;
    await pause(signal);
    const names = matchNames(plain.shape, plain.tokens.slice(start, start + known), opened.slice(0, known));
    for (const [layer, order] of orders.entries()) {
      const outputs = namesByOutput(names[layer]);
      for (const [output, name] of order.entries()) {
        tally.outputs++;
        if (outputs[output] === name) tally.right++;
        else if (outputs[output] >= 0) tally.wrong++;
      }
    }
    const classify = classifier.among(outputsOf(names));
    for (let t = known; t < opened.length; t++) {
      const translated = translate(opened[t], names);
      tally.named += total(translated);
      tally.opened += total(opened[t]);
      answers.shuffled.push(answer(classes, classify(translated), control[start + t].label));
      answers.control.push(control[start + t]);
    }
  }
  if (answers.control.length === 0) return undefined;
  return {
    shuffled: {
      ...outcome(classes, answers.shuffled),
      identified: tally.right / tally.outputs,
      mistaken: tally.wrong / tally.outputs,
      identifiedOpened: tally.named / tally.opened,
    },
    control: outcome(classes, answers.control),
  };
}

const total = (sets: OpenedSets): number => sets.reduce((sum, set) => sum + set.length, 0);

function namesByOutput(names: Int32Array): Int32Array {
  const byOutput = new Int32Array(names.length).fill(-1);
  for (const [name, output] of names.entries()) if (output >= 0) byOutput[output] = name;
  return byOutput;
}

/** Sets as their owners see them, as far as names are known. */
const translate = (sets: OpenedSets, names: Names): OpenedSets =>
  sets.map((set, layer) =>
    Uint16Array.from(Array.from(set, (name) => names[layer][name]).filter((i) => i >= 0)).sort(),
  );

/** Which outputs have a name. */
const outputsOf = (names: Names): Uint8Array[] =>
  names.map((layer) => {
    const known = new Uint8Array(layer.length);
    for (const output of layer) if (output >= 0) known[output] = 1;
    return known;
  });
