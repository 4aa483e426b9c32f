/** The client in a real browser, with servers in processes of their own: the same session as in one thread in Node. */
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { configPath, readConfig } from '../ts/net/node/config-files.js';
import { bundlePage, serveSite } from './browser/site.js';
import {
  copyDeployment,
  listening,
  makeDeployment,
  Repeater,
  type Said,
  serve,
  serveAll,
  transcriptsOf,
} from './support/deployment.js';
import { editJson, temporaryFolder } from './support/fixture-model.js';
import { stopAll } from './support/processes.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const PROMPT = 'in a page';
const TOKENS = 6;
const installed = existsSync(CHROMIUM);
if (!installed) console.log(`comet: no browser at ${CHROMIUM}, its tests are left out (apt-get install chromium)`);

(installed ? describe : describe.skip)('Chromium', () => {
  const folder = temporaryFolder();
  let base: string;
  let site: { url: string; server: Server };
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    base = await copyDeployment(await makeDeployment(folder.dir), join(folder.dir, 'copy'));
    editJson(join(base, 'shares', 'client', 'tokenizer_config.json'), (config) => {
      config.chat_template = '{% for m in messages %}[{{ m.content }}]{% endfor %}';
    });
    site = await serveSite(bundlePage(folder.dir), join(base, 'shares', 'client'));
    browser = await chromium.launch({ executablePath: CHROMIUM });
    page = await browser.newPage();
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.goto(site.url, { waitUntil: 'load' });
  });
  afterEach(stopAll);
  afterAll(async () => {
    await browser?.close();
    site?.server.close();
    folder.remove();
  });

  /** What the page's client says with the addresses of the client's configuration. */
  async function say(limits: object = {}): Promise<Said & { code?: string }> {
    const { peers } = await readConfig(configPath(base, 'client'));
    return page.evaluate(
      ([...args]) => (globalThis as unknown as { sayOver(...args: unknown[]): Promise<never> }).sayOver(...args),
      [peers, limits, PROMPT, TOKENS] as const,
    );
  }

  test('its client and three processes say, byte for byte, what one thread says', async () => {
    const servers = await serveAll(base);
    const said = await say();
    expect(said.tokens).toHaveLength(TOKENS);
    expect(said.told).toEqual(['reading', 'reading', 'summary']);
    const transcripts = await transcriptsOf(servers, said);
    const thread = await Repeater.load(base);
    expect(await thread.repeat(said, PROMPT, TOKENS)).toEqual({ tokens: said.tokens, transcripts });
    expect(complaints).toEqual([]);
  });

  test('answers messages by the chat template of its share', async () => {
    await serveAll(base);
    const { peers } = await readConfig(configPath(base, 'client'));
    const said = await page.evaluate(
      ([...args]) => (globalThis as unknown as { askOver(...args: unknown[]): Promise<object> }).askOver(...args),
      [peers, [{ role: 'user', content: 'xyz' }], 3] as const,
    );
    const usage = { promptTokens: '[xyz]'.length, completionTokens: 3 };
    expect(said).toMatchObject({ type: 'summary', usage, finishReason: 'length', ended: 'length' });
    expect(complaints).toEqual([]);
  });

  test('a party that is absent is named', async () => {
    const [server0, server1] = [serve(base, 'server0'), serve(base, 'server1')];
    await Promise.all([server0, server1].map(listening));
    expect(await say({ connectMs: 500 })).toMatchObject({
      code: 'E_PEER_ABSENT',
      message: expect.stringContaining('dealer'),
    });
  });
});
