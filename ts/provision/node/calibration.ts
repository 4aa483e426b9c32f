/** The calibration of a folder: kept beside the model, or measured now. */
import { commonStart, type Tokenizer } from '../../checkpoint/tokenizer.js';
import { codeOf, CometError } from '../../core/errors.js';
import { calibrate, type CalibrateOptions, FIRST_TOKENS } from '../calibrate.js';
import type { Calibration } from '../calibration.js';
import { matrixWords } from '../memory.js';
import { calibrationThreads, startCrew } from './calibration-crew.js';
import { type Kept, keptPath, readKept, textHash, writeKept } from './kept-calibration.js';
import type { Loaded, OnProgress } from './load.js';
import { findText, type OnNotice, wholeText } from './texts.js';

/** Tokens that a calibration runs unless told otherwise: of a large model fewer, within {@link WORK}. */
const CALIBRATION_TOKENS = 8192;

/** Products of one value with a weight that a calibration takes, about: as many as take a minute or two. */
const WORK = 4e11;

/** Tokens of text, and tokens that begin a text, for a model of so many weights. */
function sizesFor({ prepared: { shape, variant } }: Loaded): { readonly tokens: number; readonly firsts: number } {
  const affordable = WORK / matrixWords(shape, variant?.feedForward);
  const within = (part: number, least: number, most: number): number =>
    Math.floor(Math.max(least, Math.min(most, part * affordable)));
  return { tokens: within(2 / 3, 1024, CALIBRATION_TOKENS), firsts: within(1 / 3, 256, FIRST_TOKENS) };
}

export interface CalibrationOptions {
  /** Path of a text to calibrate on; the folder's calibration.txt unless given, or else comet's own. */
  readonly text?: string;
  /** Most tokens to calibrate on. */
  readonly tokens?: number;
  /** The constant prefix: a text, "none", or what the tokeniser puts before every text ("auto"); as the kept calibration has it unless given. */
  readonly prefix?: string;
  /** Whether all processors calibrate, as far as memory has room; this thread alone unless given. */
  readonly inThreads?: boolean;
  /** Most bytes of memory to use; as many as the machine has, unless given. */
  readonly maxMemory?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly onNotice?: OnNotice;
}

/**
 * The calibration that belongs to a model: what is kept beside it, where that is of its weights, its config.json and the text, if one is
 * named. Otherwise it is measured, and kept where the folder can be written. Whatever is kept and not used is told of.
 */
export async function calibrationOf(model: Loaded, options: CalibrationOptions = {}): Promise<Calibration> {
  const { text, prefix, onNotice } = options;
  const kept = await readKept(model);
  if (typeof kept === 'string') onNotice?.(`${keptPath(model.dir)} ${kept}: it is measured again`);
  const usable = typeof kept === 'object' && hasPrefix(kept.calibration, model, prefix) ? kept : undefined;
  if (usable && text === undefined) return usable.calibration;
  const measured = await measure(model, options, usable);
  // What was measured on another text than the folder's, or behind another prefix, belongs to this call.
  if (text === undefined && prefix === undefined) await keepIfPossible(model, measured, onNotice);
  return measured.calibration;
}

/** Measures a calibration and keeps it beside the model. @returns the path written. @throws CometError E_IO. */
export async function keepCalibration(model: Loaded, options: CalibrationOptions): Promise<string> {
  return writeKept(model, await measure(model, options));
}

/** Measures, unless what is kept was measured on the same text. */
async function measure(model: Loaded, options: CalibrationOptions, kept?: Kept): Promise<Kept> {
  const { text: path, tokens = sizesFor(model).tokens, prefix, signal, onProgress, onNotice } = options;
  const text = wholeText(await findText(model, 'calibration', path, onNotice));
  const hash = textHash(text, tokens);
  if (kept?.text === hash) return kept;
  const ids = model.tokenizer.encode(text);
  const chosen = await prefixFor(model, ids, prefix, onNotice);
  const calibration = await calibrate(model.kernels, model.prepared, ids, {
    tokens,
    firsts: sizesFor(model).firsts,
    prefix: chosen,
    // Behind a prefix special tokens come from chat templates, which do not begin with them again.
    ...(chosen.length > 0 && { never: model.tokenizer.specials }),
    gather: gatherer(model, options),
    signal,
    onProgress: (done, total) => onProgress?.('calibrating', done, total),
  });
  return { calibration, text: hash };
}

/** Threads where they are wanted and there can be more than one. */
function gatherer({ prepared }: Loaded, { inThreads, maxMemory }: CalibrationOptions): CalibrateOptions['gather'] {
  const threads = inThreads ? calibrationThreads(prepared, maxMemory) : 1;
  return threads > 1 ? (...of) => startCrew(threads, ...of) : undefined;
}

const hasPrefix = ({ prefix = [] }: Calibration, { tokenizer }: Loaded, choice?: string): boolean =>
  choice === undefined || prefix.join() === prefixTokens(tokenizer, choice).join();

/** Times the rms of others' that a first token's state may have without a prefix that takes it up. */
const MASSIVE = 8;
/** Tokens of a text that tell how large states of first tokens are, and of the vocabulary. */
const PROBE = { tokens: 64, firsts: 64 };

/**
 * Tokens of the constant prefix. Many models put a massive state on whatever comes first. Where the tokeniser puts nothing there, and no
 * prefix was asked for, what texts may begin with takes it up: a constant, which no wire needs room for.
 */
async function prefixFor(
  model: Loaded,
  ids: readonly number[],
  choice?: string,
  onNotice?: OnNotice,
): Promise<readonly number[]> {
  const { kernels, prepared, tokenizer } = model;
  const chosen = prefixTokens(tokenizer, choice);
  if (choice !== undefined || chosen.length > 0) return chosen;
  const prefix = await beginning(model);
  if (prefix.length === 0 || prepared.shape.context <= prefix.length) return [];
  const largest = ({ layers }: Calibration): number =>
    Math.max(...layers.map(({ normA: { first, sumSquares } }) => Math.sqrt(first.max / sumSquares.max)));
  const probe = { ...PROBE, never: tokenizer.specials };
  const times = largest(await calibrate(kernels, prepared, ids, probe));
  if (times < MASSIVE || largest(await calibrate(kernels, prepared, ids, { ...probe, prefix })) > times / 2) return [];
  const say = `states of first tokens are ${times.toFixed(0)} times as large as others`;
  onNotice?.(`${say}: every text will begin with the tokens ${prefix.join()} ("--prefix none" for nothing)`);
  return prefix;
}

/** Two conversations that have no more in common than all. */
const CHATS = [
  [{ role: 'user', content: 'a' }],
  [
    { role: 'system', content: 'b' },
    { role: 'user', content: 'c' },
  ],
] as const;

/** What texts may begin with: conversations as the chat template writes them, or else what the tokeniser calls the beginning of a text. */
async function beginning({ tokenizer, renderChat }: Loaded): Promise<readonly number[]> {
  const own = tokenizer.bos === undefined ? [] : [tokenizer.bos];
  if (!renderChat) return own;
  try {
    const texts = [await renderChat(CHATS[0]), await renderChat(CHATS[1])];
    const [a, b] = texts.map((text) => tokenizer.encode(text));
    return commonStart(a, b);
  } catch (error) {
    // Templates may refuse a system message.
    if (error instanceof CometError) return own;
    throw error;
  }
}

/** Tokens of the constant prefix that is chosen. @throws CometError E_ARGUMENT for a text without tokens. */
function prefixTokens(tokenizer: Tokenizer, choice = 'auto'): readonly number[] {
  if (choice === 'none') return [];
  if (choice === 'auto') return tokenizer.first;
  const ids = tokenizer.encode(choice).slice(tokenizer.first.length);
  if (ids.length === 0) throw new CometError('E_ARGUMENT', 'the prefix has no tokens: give a text, "auto" or "none"');
  return ids;
}

/** A folder that cannot be written is no reason to fail: the work is done again the next time. */
async function keepIfPossible(model: Loaded, kept: Kept, onNotice?: OnNotice): Promise<void> {
  try {
    onNotice?.(`the calibration is kept as ${await writeKept(model, kept)}`);
  } catch (error) {
    if (codeOf(error) !== 'E_IO') throw error;
  }
}
