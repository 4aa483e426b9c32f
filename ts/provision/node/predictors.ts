/** The model owner's predictors of sparsity, from a checkpoint folder on disk and back to it. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { folderSource } from '../../checkpoint/node/folder.js';
import { CometError } from '../../core/errors.js';
import { finite } from '../../core/schema.js';
import type { LayerDensity } from '../../cost/planner.js';
import { FloatModel } from '../../plain/float.js';
import { windows } from '../../plain/windows.js';
import { type Evaluation, evaluatePredictors } from '../../predict/evaluate.js';
import { asStored, encodePredictors, PREDICTOR_FORMAT, PREDICTORS, readPredictors } from '../../predict/file.js';
import { Ruler } from '../../predict/loss.js';
import type { ByKind, Predictors } from '../../predict/predictor.js';
import { type PredictorScales, predictorScales } from '../../predict/scales.js';
import type { LayerSparsity } from '../../predict/sparse-run.js';
import { encodeState, readState } from '../../predict/state.js';
import { chooseThresholds, searchWindows } from '../../predict/thresholds.js';
import { trainPredictors } from '../../predict/train.js';
import { readBytes, writeWhole } from './io.js';
import { type Loaded, type OnProgress, weightsHash } from './load.js';
import { findText, type OnNotice, type TextKind, textStart } from './texts.js';

const REPORT = 'predictors.json';
/** A training that is not finished. */
const STATE = 'predictors.state';
/** Inner dimension of predictors unless one is given. */
const RANK = 128;
/** Windows on which thresholds are chosen. */
const TUNE_WINDOWS = 12;

/** What training and tuning have in common. */
export interface TuneOptions {
  /** Path of a text; the folder's calibration.txt, or comet's own, unless given. */
  readonly text?: string;
  /** Most bytes of the text to use. */
  readonly bytes?: number;
  /** Most that cross-entropy may grow by leaving out each kind, as fractions. */
  readonly maxLoss: ByKind;
  /** Where predictors are written, and for tuning read; the model's folder unless given. */
  readonly out?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly onNotice?: OnNotice;
}

export interface TrainModelOptions extends TuneOptions {
  /** One rank for all layers, or one for each; 128 unless given, or the model's width where that is less. */
  readonly rank?: number | readonly number[];
  /** Predictors of this layer and those after it read this layer's input; each its own unless given. */
  readonly fromLayer?: number;
  /** Times that each row is learned from. */
  readonly passes: number;
  readonly seed: number;
}

/** What was written. */
export interface Written {
  readonly predictors: string;
  readonly report: string;
  readonly evaluation: Evaluation;
}

/**
 * Trains predictors, chooses thresholds on text that was not learned from, and writes both files. A training that was stopped goes on
 * where the same command left off.
 * @throws CometError `E_ARGUMENT`, `E_UNSUPPORTED` for a post-norm model, `E_IO`, `E_ABORTED`.
 */
export async function trainModel(model: Loaded, options: TrainModelOptions): Promise<Written> {
  const { kernels, checkpoint, dir } = model;
  if (!checkpoint.variant.normBefore)
    throw new CometError(
      'E_UNSUPPORTED',
      'do_layer_norm_before is false; such a model has no predictors, it runs dense',
    );
  const {
    rank = Math.min(RANK, checkpoint.shape.width),
    fromLayer,
    passes,
    seed,
    out = dir,
    signal,
    onProgress,
  } = options;
  const text = await textOf(model, 'calibration', options);
  const settings = { rank, fromLayer, passes, seed };
  const depends = JSON.stringify({ format: PREDICTOR_FORMAT, ...settings, weights: await weightsHash(dir), text });
  const training = createHash('sha256').update(depends).digest('hex');
  const path = join(out, STATE);
  await mkdir(out, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new CometError('E_IO', `${out} cannot be made (${cause.code})`, { cause });
  });
  const { predictors, unseen, tokens } = await trainPredictors(kernels, checkpoint, model.tokenizer.encode(text), {
    ...settings,
    state: await readState(kernels, folderSource(out), STATE, training),
    onState: (state) => writeWhole(path, encodeState(state, training)),
    signal,
    onProgress: (done, total) => onProgress?.('training', done, total),
  });
  const written = await finish(model, asStored(kernels, predictors), unseen, { ...settings, tokens }, options);
  await rm(path, { force: true });
  return written;
}

/** Chooses thresholds of predictors that exist anew, and writes both files. @throws CometError as {@link trainModel}. */
export async function tuneModel(model: Loaded, options: TuneOptions): Promise<Written> {
  const path = join(options.out ?? model.dir, PREDICTORS);
  const ids = model.tokenizer.encode(await textOf(model, 'calibration', options));
  const some = [...windows(ids, model.checkpoint.shape.context, 2)].slice(0, TUNE_WINDOWS);
  if (some.length === 0) throw new CometError('E_ARGUMENT', 'thresholds need a text of at least two tokens');
  return finish(model, await loadPredictors(model, path), some, undefined, options);
}

export interface EvaluateModelOptions {
  /** Path of a text; the folder's heldout.txt, or comet's own, unless given. */
  readonly text?: string;
  readonly bytes?: number;
  /** Path of the predictors; those in the model's folder unless given. */
  readonly predictors?: string;
  /** Scores in fixed point, of each layer's own scales with those given in their place. */
  readonly fixed?: Partial<PredictorScales>;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly onNotice?: OnNotice;
}

/** What predictors leave out, and what that costs, on a text. @throws CometError `E_ARGUMENT`, `E_CHECKPOINT`, `E_IO`, `E_ABORTED`. */
export async function evaluateModel(model: Loaded, options: EvaluateModelOptions = {}): Promise<Evaluation> {
  const { kernels, checkpoint, dir } = model;
  const { predictors = join(dir, PREDICTORS), fixed, signal, onProgress } = options;
  const ids = model.tokenizer.encode(await textOf(model, 'heldout', options));
  return evaluatePredictors(kernels, checkpoint, await loadPredictors(model, predictors), ids, {
    scalesOf: fixed && ((layer) => ({ ...predictorScales(layer), ...fixed })),
    signal,
    onProgress: (done, total) => onProgress?.('evaluating', done, total),
  });
}

/** The predictors that lie beside a model, if there are any. @throws CometError `E_CHECKPOINT` or `E_VERSION` for unusable ones. */
export async function predictorsOf(model: Loaded): Promise<Predictors | undefined> {
  const path = join(model.dir, PREDICTORS);
  return existsSync(path) ? loadPredictors(model, path) : undefined;
}

const evaluated = v.object({
  evaluation: v.object({
    perLayer: v.array(v.object({ computedDensity: finite, activeDensity: finite, headsSkipped: finite })),
  }),
});

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/**
 * What a model's predictors compute, layer by layer: as their report says, or measured where there is none.
 * @throws CometError `E_CHECKPOINT` for a damaged report.
 */
export async function densitiesOf(
  model: Loaded,
  predictors: Predictors,
  { signal, onProgress, onNotice }: Pick<TuneOptions, 'signal' | 'onProgress' | 'onNotice'> = {},
): Promise<LayerDensity[]> {
  const path = join(model.dir, REPORT);
  if (existsSync(path)) {
    const report = v.safeParse(evaluated, parse(await readBytes(path)));
    if (report.success) return report.output.evaluation.perLayer.map(densityOf);
    throw new CometError('E_CHECKPOINT', `${path} is not a report of predictors; run "comet predictor tune"`);
  }
  onNotice?.(`there is no ${path}: what the predictors compute is measured`);
  const { kernels, checkpoint, tokenizer } = model;
  const ids = tokenizer.encode(await textOf(model, 'calibration', { onNotice }));
  const some = ids.slice(0, TUNE_WINDOWS * checkpoint.shape.context);
  const { perLayer } = await evaluatePredictors(kernels, checkpoint, predictors, some, {
    signal,
    onProgress: (done, total) => onProgress?.('evaluating', done, total),
  });
  return perLayer.map(densityOf);
}

const densityOf = (layer: Pick<LayerSparsity, 'computedDensity' | 'activeDensity' | 'headsSkipped'>): LayerDensity => ({
  predicted: layer.computedDensity,
  active: layer.activeDensity,
  heads: 1 - layer.headsSkipped,
});

/** Reads predictors of a loaded model. @throws CometError `E_CHECKPOINT`, `E_VERSION`. */
export async function loadPredictors({ kernels, checkpoint, dir }: Loaded, path: string): Promise<Predictors> {
  const model = { shape: checkpoint.shape, weights: await weightsHash(dir) };
  return readPredictors(kernels, folderSource(dirname(path)), model, basename(path));
}

const textOf = async (
  model: Loaded,
  kind: TextKind,
  { text, bytes, onNotice }: Pick<TuneOptions, 'text' | 'bytes' | 'onNotice'>,
): Promise<string> => textStart(await findText(model, kind, text, onNotice), bytes);

/** Chooses thresholds on `windows`, evaluates on the same and writes. */
async function finish(
  model: Loaded,
  predictors: Predictors,
  some: readonly (readonly number[])[],
  training: object | undefined,
  { maxLoss, out = model.dir, signal, onProgress }: TuneOptions,
): Promise<Written> {
  const { kernels, checkpoint } = model;
  const float = new FloatModel(kernels, checkpoint);
  const total = searchWindows(checkpoint.shape.layers, some.length);
  let done = 0;
  try {
    const chosen = await chooseThresholds(
      {
        kernels,
        weights: checkpoint,
        ruler: await Ruler.on(kernels, float, some, signal),
        onRun: (count) => onProgress?.('thresholds', (done += count), total),
        signal,
      },
      predictors,
      maxLoss,
    );
    const evaluation = await evaluatePredictors(kernels, checkpoint, chosen, some.flat(), { signal });
    const layers = chosen.layers.map((layer, i) => {
      const { peakHidden, peakMargin, mostNeurons, mostHeads } = evaluation.perLayer[i];
      const most = { neurons: mostNeurons, heads: mostHeads };
      return { ...layer, peaks: { hidden: peakHidden, margin: peakMargin }, most };
    });
    const weights = await weightsHash(model.dir);
    const paths = { predictors: join(out, PREDICTORS), report: join(out, REPORT) };
    await writeWhole(paths.predictors, encodePredictors({ ...chosen, layers }, weights));
    const report = { format: PREDICTOR_FORMAT, weights, training, maxLoss, evaluation };
    await writeWhole(paths.report, `${JSON.stringify(report, null, 2)}\n`);
    return { ...paths, evaluation };
  } finally {
    float.free();
  }
}
