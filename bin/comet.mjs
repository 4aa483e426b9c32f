#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

// Every call of a kernel gives an array of its own. V8 counts them against the limit of a heap that is otherwise small, and would collect
// all of it some ten times a second: a fifth to a third of a layer's processor time. Now the heap may grow to five times what is in use.
setFlagsFromString('--heap-growing-percent=400');
// The young generation keeps its first size of 1 MB, before the program's modules are read: it would grow to 16, three times over, and
// arrays, which lie outside and which it knows little of, would be collected as much later.
setFlagsFromString('--semi-space-growth-factor=1');

if (!existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  console.error('E_UNSUPPORTED: comet is not compiled yet: run "npm run build" or "npm start"');
  process.exit(1);
}
const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv.slice(2));
