/** A worker thread with one hosted role. */
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { parentPort } from 'node:worker_threads';
import { untyped } from '../kernels/errors.js';
import { loadKernels } from '../kernels/load.js';
import { KernelPool } from '../kernels/pool.js';
import type { EmbeddedEnds } from '../net/embedded.js';
import type { ObserverName } from '../observe/observer.js';
import { PartyProfile } from '../observe/profile.js';
import { Recorder } from '../observe/recorder.js';
import { pooled } from '../weights/pooled.js';
import type { MaskedTensor } from '../weights/tensors.js';
import { type Counts, HostedParty, type Setup } from './hosted.js';

let party: HostedParty | undefined;

const OBSERVERS = { profile: PartyProfile, trace: Recorder } as const;

/** Errors keep only their message across comlink: it carries the code. */
const coded = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw untyped(error);
  }
};

/** What the main thread calls. */
const service = {
  setup: (setup: Setup, observe?: ObserverName): Promise<void> =>
    coded(async () => {
      const observer = observe && new OBSERVERS[observe]();
      const { instances = 1 } = setup;
      // Its threads end with this one.
      const place = instances > 1 ? pooled(await KernelPool.start(instances)) : undefined;
      party = await HostedParty.create(await loadKernels(observer?.during), setup, observer, place);
    }),
  add: (tensor: MaskedTensor): Promise<void> => coded(() => party!.add(tensor)),
  serve: (ends: EmbeddedEnds<MessagePort>): Promise<void> => coded(() => party!.serve(ends)),
  counts: (): Counts => party!.counts(),
};
export type HostedService = typeof service;

expose(service, nodeEndpoint(parentPort!));
