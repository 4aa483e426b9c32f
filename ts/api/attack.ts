/** What the sets that sparse sessions open tell of a text. */
import { join } from 'node:path';
import { CometError } from '../core/errors.js';
import type { WorkOptions } from '../plain/windows.js';
import { PREDICTORS } from '../predict/file.js';
import type { Predictors } from '../predict/predictor.js';
import { type Loaded, loadModel } from '../provision/node/load.js';
import { loadPredictors } from '../provision/node/predictors.js';
import { findText, type TextKind, textStart } from '../provision/node/texts.js';
import { type MitigationName, MITIGATIONS } from '../verify/attack/mitigation-names.js';
import type { AttackReport, Reading } from '../verify/attack/report.js';
import { checkArguments } from './arguments.js';
import { type CallOptions, memoryOf, workOf } from './call.js';

/** Options of {@link attack}. */
export interface AttackOptions extends CallOptions {
  /** Path of the text that is attacked; the model's heldout.txt, or comet's own, unless given. */
  readonly text?: string;
  /** Most bytes of it. */
  readonly bytes?: number;
  /** Path of the adversary's text; the model's calibration.txt, or comet's own, unless given. */
  readonly training?: string;
  readonly trainingBytes?: number;
  /** Path of the predictors; those in the model's folder unless given. */
  readonly predictors?: string;
  /** Tokens under one secret order; the model's context, a session, unless given. */
  readonly epochTokens?: number;
  /** Seeds orders and padding. */
  readonly seed?: number;
  /** All unless given; `none` is always run. */
  readonly mitigations?: readonly MitigationName[];
  /** Sessions whose first tokens are guessed from the vocabulary, and how many tokens of each. */
  readonly guessSessions?: number;
  readonly guessTokens?: number;
}

/**
 * Attacks what a sparse mode opens of a text: what its shuffled sets still tell (docs/attacks.md).
 */
export async function attack(model: string | undefined, options: AttackOptions = {}): Promise<AttackReport> {
  checkArguments('attack', { ...options, model });
  if (options.guessSessions === 0 && options.guessTokens !== undefined)
    throw new CometError('E_ARGUMENT', 'no session is guessed: leave out the number of tokens to guess, or guess some');
  const { bytes = 8_192, trainingBytes = 65_536, seed = 0, mitigations = MITIGATIONS, signal, onEvent } = options;
  const loaded = await loadModel(model, [], memoryOf(options), signal);
  const { kernels, checkpoint, dir } = loaded;
  const predictors = await loadPredictors(loaded, options.predictors ?? join(dir, PREDICTORS));
  const { onProgress, onNotice } = workOf({ signal, onEvent });
  const read = async (kind: TextKind, path: string | undefined, most: number, stage: string): Promise<Reading> => {
    const text = textStart(await findText(loaded, kind, path, onNotice), most);
    return readOpened(loaded, predictors, text, {
      signal,
      onProgress: (done, total) => onProgress(stage, done, total),
    });
  };
  const target = await read('heldout', options.text, bytes, 'opening');
  const training = await read('calibration', options.training, trainingBytes, 'learning');
  const sessionTokens = checkpoint.shape.context;
  const { epochTokens = sessionTokens, guessSessions = 2, guessTokens = 16 } = options;
  const { FloatPublicModel } = await import('../verify/attack/public-model.js');
  const { runAttacks } = await import('../verify/attack/attack.js');
  const publicModel = new FloatPublicModel(kernels, checkpoint, predictors);
  try {
    const guessed = { sessions: guessSessions, tokens: guessTokens };
    const settings = { epochTokens, seed, mitigations, guessed, signal, onProgress };
    return await runAttacks({ training, target, sessionTokens, model: publicModel }, settings);
  } finally {
    publicModel.free();
  }
}

async function readOpened(
  { kernels, checkpoint, tokenizer }: Loaded,
  predictors: Predictors,
  text: string,
  work: WorkOptions,
): Promise<Reading> {
  const ids = tokenizer.encode(text);
  const { openedView } = await import('../verify/attack/view.js');
  return { ids, view: await openedView(kernels, checkpoint, predictors, ids, work) };
}
