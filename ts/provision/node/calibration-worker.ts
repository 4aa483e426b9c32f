/** A worker thread that calibrates: the model's forward passes over texts, and what is seen in them. */
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { parentPort } from 'node:worker_threads';
import { untyped } from '../../kernels/errors.js';
import { loadKernels } from '../../kernels/load.js';
import { CalibrationPasses, type Texts } from '../calibrate.js';
import type { Seen } from '../collector.js';
import type { PreparedModel } from '../prepare.js';

let passes: CalibrationPasses | undefined;

/** Errors keep only their message across comlink: it carries the code. */
const coded = async <T>(work: () => T | Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw untyped(error);
  }
};

/** What the main thread calls. */
const service = {
  setup: (prepared: PreparedModel, prefix: readonly number[]): Promise<void> =>
    coded(async () => void (passes = new CalibrationPasses(await loadKernels(), prepared, prefix))),
  run: (texts: Texts): Promise<void> => coded(() => passes!.run(texts)),
  seen: (): Promise<Seen> => coded(() => passes!.seen()),
};
export type CalibrationService = typeof service;

expose(service, nodeEndpoint(parentPort!));
