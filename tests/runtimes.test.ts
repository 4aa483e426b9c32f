/** One package, several runtimes: parties in Node and Deno talk to each other and say what one thread in Node says. */
import { join } from 'node:path';
import {
  copyDeployment,
  HOSTED,
  listening,
  makeDeployment,
  Repeater,
  sayIn,
  serve,
  serveAll,
  transcriptsOf,
} from './support/deployment.js';
import { temporaryFolder } from './support/fixture-model.js';
import { expectFailure, lastJson, startIn, stopAll } from './support/processes.js';
import { DENO, NODE } from './support/runtimes.js';

const PROMPT = 'in any runtime';
const TOKENS = 6;
/** A dense session's events. */
const TOLD = ['reading', 'reading', 'summary'];
const folder = temporaryFolder();
let base: string;
let thread: Repeater;

(DENO ? describe : describe.skip)('Deno', () => {
  const deno = DENO!;
  beforeAll(async () => {
    base = await copyDeployment(await makeDeployment(folder.dir, deno), join(folder.dir, 'copy'));
    thread = await Repeater.load(base);
  });
  afterEach(stopAll);
  afterAll(() => folder.remove());

  test.each([
    ['Node', NODE],
    ['Deno', deno],
  ])('server 1 in Deno, server 0 and dealer in Node, client in %s', async (_name, client) => {
    const servers = await serveAll(base, { server1: deno });
    const said = await sayIn(client, base, PROMPT, TOKENS);
    const transcripts = await transcriptsOf(servers, said);
    expect(said.tokens).toHaveLength(TOKENS);
    expect(said.told).toEqual(TOLD);
    expect(await thread.repeat(said, PROMPT, TOKENS)).toEqual({ tokens: said.tokens, transcripts });
  });

  test('the command: servers with workers, a client, an orderly end', async () => {
    const servers = HOSTED.map((role) => serve(base, role, deno, '--threads', '1'));
    await Promise.all(servers.map(listening));
    const args = ['--config', join(base, 'client.json'), '--max-tokens', '3', '--json'];
    const generated = await startIn(deno, 'generate', PROMPT, ...args).finished;
    expect(generated).toMatchObject({ code: 0 });
    expect(lastJson(generated)).toMatchObject({ tokens: 3 });
    for (const { child } of servers) child.kill('SIGTERM');
    for (const { finished } of servers) expect(await finished).toMatchObject({ code: 0, signal: null });
  });

  test('the command with all roles in workers of its own, measured against plaintext', async () => {
    const model = join(folder.dir, 'tiny');
    const { code, stdout, stderr } = await startIn(
      deno,
      'generate',
      PROMPT,
      '--model',
      model,
      '--max-tokens',
      '3',
      '--json',
    ).finished;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { tokens, source, maxAbsLogitError } = lastJson({ stdout });
    expect({ tokens, source }).toEqual({ tokens: 3, source: 'measured' });
    expect(maxAbsLogitError).toBeLessThan(0.1);
  });

  test('failures end as in Node', async () => {
    expectFailure(await startIn(deno, 'generate', '', '--model', join(folder.dir, 'tiny')).finished, 'E_PROMPT');
    expectFailure(await startIn(deno, 'generate', 'x', '--model', join(folder.dir, 'none')).finished, 'E_CHECKPOINT');
  });
});
