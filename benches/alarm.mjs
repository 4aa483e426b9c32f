// Wakes this thread at a moment to about a tenth of a millisecond. Timers of the event loop are whole milliseconds, too
// coarse for one-way delays of half of one, and nothing here may spin: another thread sleeps on a futex instead.
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

/** Milliseconds on a clock that all threads share. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

/** Nothing to wait for. */
const NEVER = Number.MAX_VALUE;

/** Calls back once the moment that was set is reached; setting another replaces it. */
export class Alarm {
  #changes = new Int32Array(new SharedArrayBuffer(4));
  #moment = new Float64Array(new SharedArrayBuffer(8)).fill(NEVER);
  #worker = new Worker(new URL(import.meta.url), { workerData: { changes: this.#changes, moment: this.#moment } });

  /** @param {() => void} ring */
  constructor(ring) {
    this.#worker.on('message', ring);
    this.#worker.unref();
  }

  /** @param {number} moment as `now` gives it */
  set(moment) {
    if (moment === this.#moment[0]) return;
    this.#moment[0] = moment;
    Atomics.add(this.#changes, 0, 1);
    Atomics.notify(this.#changes, 0);
  }

  async stop() {
    await this.#worker.terminate();
  }
}

function sleepAndRing({ changes, moment }) {
  for (;;) {
    const seen = Atomics.load(changes, 0);
    const rest = moment[0] - now();
    if (rest <= 0) {
      moment[0] = NEVER;
      parentPort.postMessage(0);
    } else {
      Atomics.wait(changes, 0, seen, moment[0] === NEVER ? Infinity : rest);
    }
  }
}

if (!isMainThread && workerData?.changes) sleepAndRing(workerData);
