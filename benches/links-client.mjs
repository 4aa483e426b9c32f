// The client of benches/links.mjs, a process of its own: runs prefills and decoding steps of a one-layer model and
// prints what they took as one line of JSON.
import { performance } from 'node:perf_hooks';
import { readConfig } from '../dist/index.js';
import { loadKernels } from '../dist/kernels/load.js';
import { dialer } from '../dist/net/node/connect.js';
import { openSession } from '../dist/net/open.js';
import { ClientSession } from '../dist/parties/client.js';
import { clientModel } from '../dist/parties/owner.js';
import { readManifest, readTables } from '../dist/provision/files.js';
import { provisioningId } from '../dist/provision/manifest.js';
import { memoryOf } from './memory.mjs';

const [path, context, tokens] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const PREFILL = context - 1;
const config = await readConfig(path);
const manifest = await readManifest(config.share);
const model = clientModel(await loadKernels(), manifest, await readTables(config.share, manifest));
const channel = dialer(config);
const provisioning = provisioningId(manifest);
const session = await openSession({ role: 'client', provisioning, limits: config.limits, channel });
const client = new ClientSession(model, {
  server0: session.link('server0'),
  server1: session.link('server1'),
  dealer: session.link('dealer'),
  maskKeys: [session.maskSeeds.server0, session.maskSeeds.server1],
});

const ids = ({ rows, position }) => Array.from({ length: rows }, (_, i) => (7 * (position + i)) % 64);

/**
 * Milliseconds a step. The next input leaves when the answer is here; or at once, where `ahead`: then the way to the client
 * and back, which a model of many layers goes once a token and not once a layer, is not in it.
 */
async function time(step, count, { ahead = false } = {}) {
  const begin = performance.now();
  client.announce(Array.from({ length: count }, () => step));
  const answers = [];
  for (let i = 0; i < count; i++) {
    const answer = client.run(ids(step));
    answers.push(answer);
    if (!ahead) await answer;
  }
  await Promise.all(answers);
  return (performance.now() - begin) / count;
}

const prefill = { rows: PREFILL, position: 0, outputs: 'none' };
const decode = { rows: 1, position: PREFILL, outputs: 'none' };
await time(prefill, 1);
await time(decode, 4); // code is hot, the caches are filled
const prefillMs = await time(prefill, 2);
const tokenMs = await time(decode, tokens);
const layerMs = await time(decode, tokens, { ahead: true });
const memory = await memoryOf(process.pid);
client.end();
console.log(JSON.stringify({ prefillMs, layerMs, tokenMs, ...memory }));
