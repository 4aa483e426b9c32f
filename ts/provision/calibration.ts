/** What calibration tells of a model: what the wires of the fixed-point program hold on text, in real units and without headroom. */
import { CometError } from '../core/errors.js';
import type { LayerRange, NormRange } from '../plan/ranges.js';

/** What one layer was seen to do. All values are magnitudes in real units. */
export interface LayerCalibration extends LayerRange {
  /** q and k as scores read them: after all norms and rotation, biases included. */
  readonly qkMax: number;
  /** v likewise. */
  readonly vMax: number;
  /** `x Wqkv` before the norm (op 3). */
  readonly rawQkvMax: number;
  /** `x1 Wup` before the norm (op 19); of gated layers `gate` has the other matrix. */
  readonly rawUpMax: number;
  /** Log-sum-exp of the scaled causal scores per head, nats. */
  readonly logZ: { readonly min: number[]; readonly max: number[] };
  /** Scaled causal scores. */
  readonly scoreMax: number;
  /** The residual stream before, in and after the layer. */
  readonly streamMax: number;
  /** The heads' outputs before Wo. */
  readonly oMax: number;
  /** `x1 Wup` after the norm, biases included: pre-activations, where nothing gates them. */
  readonly uhMax: number;
  /** Activations: what the down-projection reads. */
  readonly activationMax: number;
}

/** What a model was seen to do on a text. JSON-serialisable. */
export interface Calibration {
  /** Tokens that were run. */
  readonly tokens: number;
  /** Tokens that every text began with, where there were such; what is measured is of positions behind them. */
  readonly prefix?: readonly number[];
  readonly layers: readonly LayerCalibration[];
  readonly finalNorm: NormRange & { readonly streamMax: number };
  /** The normalised final state. */
  readonly hiddenMax: number;
}

/** A NaN or an infinity on the way makes some maximum one. @throws CometError `E_RANGE` that says where. */
export function requireFinite(value: unknown, where = 'the model'): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new CometError('E_RANGE', `${where} computes values that are not finite on the calibration text`);
  }
  if (value !== null && typeof value === 'object') {
    for (const [key, part] of Object.entries(value))
      requireFinite(part, Number.isNaN(Number(key)) ? key : `${where} ${key}`);
  }
}
