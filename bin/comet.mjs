#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

// Every call of a kernel gives an array of its own. Large ones are given back as soon as they are read (ts/core/release.ts), small ones are
// left to V8, which counts them against the limit of a heap that is otherwise small: now it may double before all of it is collected.
setFlagsFromString('--heap-growing-percent=100');
// The young generation keeps its first size of 1 MB, before the program's modules are read: it would grow to 16, three times over.
setFlagsFromString('--semi-space-growth-factor=1');

if (!existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  console.error('E_UNSUPPORTED: comet is not compiled yet: run "npm run build" or "npm start"');
  process.exit(1);
}
const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv.slice(2));
