/** A session of the parties beside the twin, and beside floats. */
import { Twin } from '../../ts/plain/twin.js';
import { type EpochPolicy, EpochSchedule } from '../../ts/plan/epoch.js';
import type { Peaks } from '../../ts/verify/peaks.js';
import { tapeKeys } from '../../ts/verify/tape-keys.js';
import { type Frame, frameOf, WireLog } from '../../ts/verify/wire-log.js';
import { EpochModel } from './epochs.js';
import { type Bench, openClient } from './parties.js';

/** Root mean square of the difference between private and float hidden states. */
export function rmsError(hidden: Float32Array, reference: readonly (readonly number[])[]): number {
  const width = reference[0].length;
  let sum = 0;
  reference.forEach((row, t) => row.forEach((v, i) => (sum += (hidden[t * width + i] - v) ** 2)));
  return Math.sqrt(sum / hidden.length);
}

/** The rms error of a dense session that reads `ids` in one step, beside floats. */
export const rmsOfSession = async (bench: Bench, ids: readonly number[]): Promise<number> =>
  rmsError(await denseStates(bench, ids), bench.forward(ids));

/** The largest rms error of a row in a dense session that reads `ids` in one step, beside floats. */
export async function worstRowOfSession(bench: Bench, ids: readonly number[]): Promise<number> {
  const hidden = await denseStates(bench, ids);
  const width = hidden.length / ids.length;
  const errors = bench.forward(ids).map((row, t) => rmsError(hidden.subarray(t * width, (t + 1) * width), [row]));
  return Math.max(...errors);
}

/** Hidden states of a dense session that reads `ids` in one step. */
async function denseStates(bench: Bench, ids: readonly number[]): Promise<Float32Array> {
  const { client, served } = await openClient(bench);
  client.announce([{ rows: ids.length, position: 0, outputs: 'all', sparse: false }]);
  const hidden = await client.run(ids);
  client.end();
  await served;
  return hidden;
}

/** Root mean square of the difference of two lists. */
export const rmsDifference = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0) / a.length);

/** How a session runs, and what is done to the twin's wires. */
export interface Compared {
  readonly tamper?: (values: BigUint64Array) => void;
  /** Rounds that no log hears of. */
  readonly lost?: (exchange: Frame['exchange']) => boolean;
  readonly sparse?: boolean;
  readonly modes?: string;
  readonly constant?: boolean;
  readonly prefetch?: number;
  readonly apart?: boolean;
  readonly keep?: number;
  readonly epochs?: EpochPolicy;
  /** Takes note of the twin's wires. */
  readonly peaks?: Peaks;
}

/** One session with steps of some rows, beside the twin; the log of all wires. */
export async function comparedWithTwin(
  bench: Bench,
  ids: readonly number[],
  parts: readonly number[],
  { tamper, lost, sparse = false, modes, constant, epochs, peaks, ...rules }: Compared = {},
): Promise<WireLog> {
  const { kernels, owner, parties } = bench;
  const frames: Frame[][] = [[], []];
  const watch = (to: Frame[]) => ({
    onOpened: (step: { step: number }, exchange: Frame['exchange'], opened: Frame['opened']) =>
      void (lost?.(exchange) || to.push(frameOf(step.step, exchange, opened))),
  });
  const watched = { server0: watch(frames[0]), server1: watch(frames[1]) };
  const { client, session, served } = await openClient(bench, watched, { epochs, prefetch: 'none' });
  const log = new WireLog(owner.manifest.plan.shape.layers);
  const keys = {
    ...tapeKeys(parties, session, owner),
    client0: session.maskSeeds.server0!,
    client1: session.maskSeeds.server1!,
  };
  const schedule = new EpochSchedule(epochs ?? { fresh: false });
  const model = new EpochModel(bench, session);
  const { plan } = owner.manifest;
  const twin = new Twin(kernels, { ...owner.model, positionOffset: 2 }, plan, keys, (at, values, unreduced) => {
    const seen = values.slice();
    tamper?.(seen);
    log.expect(at, seen);
    peaks?.see(at, unreduced);
  });
  const first = plan.prefix?.length ?? 0;
  let position = first;
  client.announce(
    parts.map((rows) => ({
      rows,
      position: (position += rows) - rows,
      outputs: 'all' as const,
      sparse,
      modes,
      constant,
      ...rules,
    })),
  );
  position = first;
  for (const [step, rows] of parts.entries()) {
    const part = ids.slice(position, (position += rows));
    model.reach(schedule.next({ rows, sparse }), twin);
    expect(await client.run(part)).toEqual(twin.step(step, part, 'all', { sparse, modes, constant, ...rules }));
  }
  client.end();
  await served;
  log.check(frames[0], frames[1], kernels);
  twin.free();
  return log;
}
