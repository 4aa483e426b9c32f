/** Under `deno test`: the suites of what must be the same in every runtime. */
import { collect, type Steps } from './jest.js';

declare const Deno: { test(definition: object): void };

const KERNELS = ['kernels', 'kernels-pool', 'gates-kernels', 'float'];
const MODELS = ['model', 'calibrate', 'calibrate-crew', 'decoder', 'twin', 'sparse', 'holes'];
const NET = ['config', 'net/frame', 'net/link', 'net/sessions', 'net/tls'];
const SECURITY = ['security-tape', 'security'];

for (const name of [...KERNELS, ...MODELS, ...NET, ...SECURITY]) {
  const file = new URL(`../${name}.test.ts`, import.meta.url);
  const fn = async (steps: Steps): Promise<void> => (await collect(file)).run(steps);
  // Workers and sockets outlive a step on purpose.
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}
