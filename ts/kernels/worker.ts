/** A worker of the pool in Node: an {@link Engine} behind comlink, from the module that the pool compiled. */
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { parentPort, workerData } from 'node:worker_threads';
import { Engine } from './engine.js';
import { initKernels } from './load.js';

expose(new Engine(initKernels(workerData as WebAssembly.Module)), nodeEndpoint(parentPort!));
