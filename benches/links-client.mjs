// The client of benches/links.mjs, a process of its own: runs prefills and decoding steps of a one-layer model and
// prints what they took as one line of JSON.
import { performance } from 'node:perf_hooks';
import { readConfig } from '../dist/index.js';
import { folderSource } from '../dist/checkpoint/node/folder.js';
import { dialer } from '../dist/net/node/connect.js';
import { ClientSession } from '../dist/client/session.js';
import { RemoteClient } from '../dist/client/remote.js';
import { memoryOf } from './memory.mjs';

const [path, context, tokens] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const PREFILL = context - 1;
const config = await readConfig(path);
const remote = await RemoteClient.load(folderSource(config.share), dialer(config), config.limits);
const client = ClientSession.over(remote.model, await remote.open());

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
await time(prefill, 2);
await time(decode, 4); // the caches are filled
const prefillMs = await time(prefill, 4);
const tokenMs = await time(decode, tokens);
const layerMs = await time(decode, tokens, { ahead: true });
const memory = await memoryOf(process.pid);
client.end();
console.log(JSON.stringify({ prefillMs, layerMs, tokenMs, ...memory }));
