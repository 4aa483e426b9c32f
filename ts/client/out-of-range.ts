/**
 * What tells the client that a text left the calibrated range, and the sentence that says where. It is for the client's
 * user alone: peers hear E_ABORTED and no reason (`ts/net/failure.ts`).
 */
import { CometError } from '../core/errors.js';

/** Rows of a step: the first one's position, counted from the first token of the constant prefix, and how many. */
export interface StepRows {
  readonly position: number;
  readonly rows: number;
}

/** How far a normalised row's mean square may be from one. */
const TOLERANCE = 0.2;

/**
 * Refuses attention weights that do not sum to one.
 * The first layer is named where that happens: later ones follow from it.
 * @param checks a bit a layer, row and head, in this order: 1 where they do
 * @throws CometError E_RANGE that names position, layer and wire
 */
export function requireSums(checks: BigUint64Array, { position, rows }: StepRows, heads: number): void {
  const first = checks.indexOf(0n);
  if (first < 0) return;
  const row = Math.floor(first / heads);
  const ofRow = checks.subarray(row * heads, (row + 1) * heads);
  const wrong = ofRow.reduce((sum, bit) => sum + Number(bit === 0n), 0);
  const layer = Math.floor(row / rows);
  throw outOfRange(
    `the attention weights of layer ${layer} at position ${position + (row % rows)} do not sum to one in ${wrong} of ${heads} heads`,
  );
}

/**
 * Refuses final states whose mean square is not one.
 * @param hidden those of the step's last rows, `.. x width`
 * @throws CometError E_RANGE that names position and wire
 */
export function requireNormalised(hidden: Float32Array, { position, rows }: StepRows, width: number): void {
  const first = position + rows - hidden.length / width;
  for (let row = 0; row * width < hidden.length; row++) {
    const values = hidden.subarray(row * width, (row + 1) * width);
    const meanSquare = values.reduce((sum, value) => sum + value * value, 0) / width;
    if (!(Math.abs(meanSquare - 1) < TOLERANCE))
      throw outOfRange(`the final state at position ${first + row} is not normalised`);
  }
}

const outOfRange = (where: string): CometError =>
  new CometError(
    'E_RANGE',
    `${where}: this text left the range that the model was calibrated for; calibrate on text like it ("comet share --calibration FILE", here "comet model calibrate --text FILE")`,
  );
