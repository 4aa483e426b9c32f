/** A client for tests, in Node or Deno: `client.mjs CONFIG PROMPT TOKENS` prints what `say` returns. */
import { readConfig } from '../../dist/index.js';
import { folderSource } from '../../dist/checkpoint/node/folder.js';
import { dialer } from '../../dist/net/node/connect.js';
import { RemoteClient } from '../../dist/client/remote.js';
import { say } from './say.mjs';

const [path, prompt, maxTokens] = process.argv.slice(2);
const config = await readConfig(path);
const client = await RemoteClient.load(folderSource(config.share), dialer(config), config.limits);
process.stdout.write(`${JSON.stringify(await say(client, prompt, Number(maxTokens)))}\n`);
