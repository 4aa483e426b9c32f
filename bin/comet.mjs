#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { main } from '../dist/cli/main.js';

// Every call of a kernel gives an array of its own. V8 counts them against the limit of a heap that is otherwise small, and would collect
// all of it some ten times a second: a fifth to a third of a layer's processor time. Now the heap may grow to five times what is in use.
setFlagsFromString('--heap-growing-percent=400');

process.exitCode = await main(process.argv.slice(2));
