/** Calibration in several threads, each with kernels of its own: windows of a text know nothing of each other. */
import { releaseProxy, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { CometError } from '../../core/errors.js';
import { typed } from '../../kernels/errors.js';
import type { Crew } from '../calibrate.js';
import { modelBytes } from '../memory.js';
import type { PreparedModel } from '../prepare.js';
import type { CalibrationService } from './calibration-worker.js';
import { memoryLimit } from './machine.js';

/** More threads than this wait for memory, mostly. */
const MOST = 8;

/** Copies of a model that the owner has beside those of a crew: the checkpoint, its prepared form, and that as threads share it. */
const OWNED = 3;

type Sized = Pick<PreparedModel, 'shape' | 'variant'>;

/** Threads that calibrate a model: one for each processor, as far as memory has room for a copy of the model in each. */
export function calibrationThreads({ shape, variant }: Sized, limit?: number): number {
  const room = memoryLimit(limit) / modelBytes(shape, variant?.feedForward) - OWNED;
  return Math.max(1, Math.min(MOST, processors(), Math.floor(room)));
}

function processors(): number {
  try {
    return availableParallelism();
  } catch {
    return 1; // Deno asks for a permission.
  }
}

/** Starts `size` threads that calibrate a model behind a prefix. @throws CometError where one cannot hold it. */
export async function startCrew(size: number, prepared: PreparedModel, prefix: readonly number[]): Promise<Crew> {
  const members = Array.from({ length: size }, () => {
    const worker = new Worker(new URL('./calibration-worker.js', import.meta.url));
    return { worker, service: wrap<CalibrationService>(nodeEndpoint(worker)) };
  });
  const lost = new Promise<never>((_, reject) => {
    for (const { worker } of members) {
      worker.once('error', (error) => reject(typed(error)));
      worker.once('exit', () => reject(new CometError('E_ABORTED', 'a thread of the calibration has ended')));
    }
  });
  lost.catch(() => undefined);
  const call = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await Promise.race([work, lost]);
    } catch (error) {
      throw typed(error);
    }
  };
  const end = async (): Promise<void> => {
    await Promise.all(members.map(({ worker }) => worker.terminate()));
    members.forEach(({ service }) => service[releaseProxy]());
  };
  const all = <T>(work: (service: (typeof members)[number]['service']) => Promise<T>): Promise<T[]> =>
    call(Promise.all(members.map(({ service }) => work(service))));
  try {
    const model = shared(prepared);
    await all((service) => service.setup(model, prefix));
  } catch (error) {
    await end();
    throw error;
  }
  return {
    size,
    run: (member, texts) => call(members[member].service.run(texts)),
    seen: () => all((service) => service.seen()),
    end,
  };
}

/** The same values with arrays that all threads read, so that none has a copy. */
function shared<T>(value: T): T {
  if (value instanceof Float32Array) {
    const copy = new Float32Array(new SharedArrayBuffer(value.byteLength));
    copy.set(value);
    return copy as T;
  }
  if (Array.isArray(value)) return value.map(shared) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shared(part as unknown)])) as T;
}
