import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';

const net = new URL('../../ts/net/', import.meta.url);
const importsOf = (file: URL) => [...readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)].map((match) => match[1]);

test('only net/node knows Node, so that the rest runs in browsers, Deno and edge runtimes', () => {
  const files = [
    ...readdirSync(net).filter((name) => name.endsWith('.ts')),
    'web/connect.ts',
    '../core/config.ts',
    '../core/limits.ts',
    '../core/errors.ts',
    '../core/schema.ts',
  ];
  expect(files.length).toBeGreaterThan(15);
  for (const file of files) {
    const foreign = importsOf(new URL(file, net)).filter((from) => /^node:|^ws$|\/node\//.test(from));
    expect({ file, foreign }).toEqual({ file, foreign: [] });
  }
});
