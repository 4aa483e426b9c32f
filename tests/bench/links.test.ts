import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const LINKS = fileURLToPath(new URL('../../benches/links.mjs', import.meta.url));

test('a small layer goes through every network, and the report says what each took', async () => {
  const options = ['--shape', 'tiny', '--context', '3', '--tokens', '1', '--json'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [LINKS, ...options]);
  const report = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Record<string, never>;
  expect(report).toMatchObject({ schemaVersion: 1, shape: 'tiny', context: 3, tokens: 1 });
  const networks = report.networks as { name: string; layerMs: number; tokenMs: number; prefillMs: number }[];
  expect(networks.map(({ name }) => name.split(',')[0])).toEqual(['loopback', '1 Gbps', '100 Mbps']);
  for (const { layerMs, tokenMs, prefillMs } of networks)
    expect(Math.min(layerMs, tokenMs, prefillMs)).toBeGreaterThan(0);
  // Rounds wait for each other: 17 of them, one way each, and the way from the client and back.
  expect(networks[2].tokenMs).toBeGreaterThan((17 + 2) * 20);
  expect(Object.keys(report.memory).sort()).toEqual(['client', 'dealer', 'server0', 'server1']);
  expect(stderr).toContain('memory above the bare runtime');
});
